"""Opening hours 开放时间: when a queue is served. They never feed the legal clock: 延时服务 makes no working day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from onewindow.hall.models import Hours, Queue, SpecialDay
from onewindow.kernel import clock

# How far ahead the next opening is looked for.
AHEAD = 21


@dataclass(frozen=True)
class Period:
    opens: time
    closes: time
    kind: str

    def __contains__(self, moment: time) -> bool:
        return self.opens <= moment < self.closes


@dataclass(frozen=True)
class Timetable:
    """The rows of a site, read once; it answers for any of its queues."""

    hours: tuple[Hours, ...]
    special: tuple[SpecialDay, ...]

    @classmethod
    def of(cls, site_id: str) -> Timetable:
        today = clock.today()
        days = Q(day__range=(today - timedelta(days=1), today + timedelta(days=AHEAD)))
        return cls(tuple(Hours.objects.filter(site=site_id)), tuple(SpecialDay.objects.filter(days, site=site_id)))

    def periods(self, queue: Queue, day: date) -> list[Period]:
        """Of the day, in order; the queue's own special day goes before the site's. Without rows never closed."""
        special = [row for row in self.special if row.day == day and row.queue_id in {None, queue.pk}]
        if special:
            chosen = max(special, key=lambda row: row.queue_id is not None)
            if chosen.opens is None or chosen.closes is None:
                return []
            return [Period(chosen.opens, chosen.closes, Hours.Kind.REGULAR)]
        if not self.hours:
            return [Period(time.min, time.max, Hours.Kind.REGULAR)]
        weekday = _weekday(day)
        rows = [row for row in self.hours if row.weekday == weekday and row.queue_id in {None, queue.pk}]
        return sorted((Period(row.opens, row.closes, row.kind) for row in rows), key=lambda period: period.opens)

    def now(self, queue: Queue, moment: datetime | None = None) -> Period | None:
        """The period that is running."""
        local = (moment or clock.now()).astimezone(clock.SHANGHAI)
        return next((period for period in self.periods(queue, local.date()) if local.time() in period), None)

    def next_opening(self, queue: Queue, moment: datetime | None = None) -> datetime | None:
        local = (moment or clock.now()).astimezone(clock.SHANGHAI)
        for ahead in range(AHEAD + 1):
            day = local.date() + timedelta(days=ahead)
            for period in self.periods(queue, day):
                opens = datetime.combine(day, period.opens, clock.SHANGHAI)
                if opens > local:
                    return opens
        return None


def _weekday(day: date) -> int | None:
    """A make-up workday 调休上班 is served like a Monday, a holiday not at all; a plain Saturday has its own hours."""
    calendar = clock.calendar()
    if calendar.is_working(day):
        return day.isoweekday() if day.weekday() < 5 else 1
    return None if day in calendar.off or day.weekday() < 5 else day.isoweekday()


def open_queues(queues: Iterable[Queue], timetable: Timetable) -> dict[int, Period]:
    """Which of them are served at this moment, by primary key."""
    found = {queue.pk: timetable.now(queue) for queue in queues}
    return {pk: period for pk, period in found.items() if period is not None}
