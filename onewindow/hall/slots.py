"""Slots 时段 of the coming days, from opening hours and the windows of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.models import Count

from onewindow.hall.hours import Period, Timetable
from onewindow.hall.models import Queue, Slot
from onewindow.hall.sessions import Week
from onewindow.kernel import clock

# Working rules [GK]: half an hour a slot, six of ten places are booked, most of those online; two weeks ahead.
MINUTES, BOOKED_SHARE, ONLINE_SHARE, DAYS = 30, 0.6, 0.8, 14


def make(site_id: str, days: int = DAYS) -> int:
    """Those that are missing; places somebody has changed stay as they are. How many were made."""
    timetable = Timetable.of(site_id)
    queues = Queue.objects.filter(site=site_id).annotate(staffed=Count("windows"))
    first = clock.today()
    wanted = [
        slot
        for queue in queues
        for ahead in range(days)
        for slot in _of_day(queue, queue.staffed, timetable, first + timedelta(days=ahead))
    ]
    before = Slot.objects.filter(queue__site=site_id).count()
    Slot.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=2000)
    return Slot.objects.filter(queue__site=site_id).count() - before


def make_extended(week: Week, staffed: Mapping[tuple[date, str, int], int]) -> None:
    """Of the sessions of a published roster: as many places as its windows can serve."""
    wanted = [
        slot
        for (day, kind, queue), windows in staffed.items()
        for period in week.timetable.periods(week.queues[queue], day)
        if period.kind == kind
        for slot in _of_period(week.queues[queue], windows, day, period)
    ]
    Slot.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=2000)


def _of_day(queue: Queue, windows: int, timetable: Timetable, day: date) -> list[Slot]:
    return [
        slot
        for period in timetable.served(queue, day)
        for slot in _of_period(queue, timetable.rostered.get((day, period.kind, queue.pk), windows), day, period)
    ]


def _of_period(queue: Queue, windows: int, day: date, period: Period) -> list[Slot]:
    places = int(windows * MINUTES / queue.usual_minutes * BOOKED_SHARE)
    online = round(places * ONLINE_SHARE)
    found: list[Slot] = []
    starts = datetime.combine(day, period.opens, clock.SHANGHAI)
    closes = datetime.combine(day, period.closes, clock.SHANGHAI)
    while places and starts + timedelta(minutes=MINUTES) <= closes:
        ends = starts + timedelta(minutes=MINUTES)
        found.append(Slot(queue=queue, starts=starts, ends=ends, online=online, onsite=places - online))
        starts = ends
    return found
