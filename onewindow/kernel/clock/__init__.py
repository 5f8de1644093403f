"""The only source of time: now, today, and the district's working days."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from onewindow.kernel.clock.rows import calendar, forget, load_holidays, read_file
from onewindow.kernel.clock.working import SHANGHAI, Calendar, Day, Due, Unit, add_months, day_of

__all__ = [
    "SHANGHAI", "Calendar", "Day", "Due", "Unit", "add_months", "calendar", "day_of", "forget", "load_holidays", "now",
    "read_file", "today", "working_days_left",
]  # fmt: skip


def now() -> datetime:
    return timezone.now()


def today() -> date:
    """The date in the district, whatever the server's zone."""
    return now().astimezone(SHANGHAI).date()


def working_days_left(start: date, due: date) -> int:
    """By the district's calendar: 0 on the last day, negative when it is past."""
    return calendar().working_days_left(start, due)
