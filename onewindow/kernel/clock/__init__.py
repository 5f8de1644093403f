"""The only source of time: now, today, and the district's working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from onewindow.kernel.clock.rows import (
    NoCalendar,
    calendar,
    content_of,
    differs,
    edition,
    ensure_known,
    forget,
    hold,
    in_force,
    load_holidays,
    of_content,
    publish,
    read_content,
    read_file,
    using,
    watched,
)
from onewindow.kernel.clock.working import SHANGHAI, WEEKDAYS, Calendar, Day, Due, Unit, add_months, day_of

__all__ = [
    "SHANGHAI", "WEEKDAYS", "Calendar", "Day", "Due", "NoCalendar", "Unit", "add_months", "calendar", "content_of",
    "day_of", "differs", "edition", "ensure_known", "forget", "hold", "in_force", "load_holidays", "now", "of_content",
    "publish", "read_content", "read_file", "today", "using", "watched", "working_days_left",
]  # fmt: skip


def now() -> datetime:
    return timezone.now() + _ahead() if settings.CLOCK_FILE else timezone.now()


def _ahead() -> timedelta:
    """In trials time is moved for several processes at once; read anew each time (settings refuse it in production)."""
    try:
        return timedelta(seconds=float(Path(settings.CLOCK_FILE).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return timedelta()


def today() -> date:
    """The date in the district, whatever the server's zone."""
    return now().astimezone(SHANGHAI).date()


def working_days_left(start: date, due: date) -> int:
    """By the district's calendar: 0 on the last day, negative when it is past."""
    return calendar().working_days_left(start, due)
