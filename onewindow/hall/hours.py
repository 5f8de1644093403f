"""Opening hours 开放时间: when a queue is served. They never feed the legal clock: 延时服务 makes no working day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from onewindow.hall.models import Attendance, Duty, Hours, Queue, SpecialDay
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

    @property
    def extended(self) -> bool:
        return self.kind in Hours.EXTENDED


@dataclass(frozen=True)
class Timetable:
    """The rows of a site, read once; it answers for any of its queues, or (None) for a place that has none.

    `periods` are the opening hours as written; `served` leaves out extended sessions in which no window on the
    published roster serves the queue, where the site keeps rosters (`kept`).
    """

    hours: tuple[Hours, ...]
    special: tuple[SpecialDay, ...]
    kept: bool = False
    # (day, session, queue): how many windows on a published roster serve it.
    rostered: Mapping[tuple[date, str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, site_id: str, first: date | None = None, last: date | None = None) -> Timetable:
        """For the days asked for, or from yesterday to three weeks ahead."""
        first = first or clock.today() - timedelta(days=1)
        last = last or clock.today() + timedelta(days=AHEAD)
        kept = Attendance.objects.filter(site=site_id).exists()
        return cls(
            tuple(Hours.objects.filter(site=site_id)),
            tuple(SpecialDay.objects.filter(site=site_id, day__range=(first, last))),
            kept,
            _rostered(site_id, first, last) if kept else {},
        )

    def periods(self, queue: Queue | None, day: date) -> list[Period]:
        """Of the day, in order; a special day of the queue goes before its zone's, that before the site's.

        Without rows never closed.
        """
        if chosen := self.special_day(queue, day):
            if chosen.opens is None or chosen.closes is None:
                return []
            return [Period(chosen.opens, chosen.closes, Hours.Kind.REGULAR)]
        if not self.hours:
            return [Period(time.min, time.max, Hours.Kind.REGULAR)]
        weekday = _weekday(day)
        rows = [row for row in self.hours if row.weekday == weekday and _about(row, queue)]
        return sorted((Period(row.opens, row.closes, row.kind) for row in rows), key=lambda period: period.opens)

    def special_day(self, queue: Queue | None, day: date) -> SpecialDay | None:
        known = [row for row in self.special if row.day == day and _about(row, queue)]
        return max(known, key=_closeness, default=None)

    def why_closed(self, queue: Queue) -> str:
        """The reason of today's exception, while it keeps the queue closed."""
        special = self.special_day(queue, clock.today())
        return special.reason if special and self.now(queue) is None else ""

    def served(self, queue: Queue | None, day: date) -> list[Period]:
        return [period for period in self.periods(queue, day) if self._staffed(queue, day, period)]

    def _staffed(self, queue: Queue | None, day: date, period: Period) -> bool:
        return not (self.kept and period.extended) or (day, period.kind, queue and queue.pk) in self.rostered

    def now(self, queue: Queue | None, moment: datetime | None = None) -> Period | None:
        """The period that is running and served."""
        period = self.open_now(queue, moment)
        day = (moment or clock.now()).astimezone(clock.SHANGHAI).date()
        return period if period and self._staffed(queue, day, period) else None

    def open_now(self, queue: Queue | None, moment: datetime | None = None) -> Period | None:
        """The period that is running by the opening hours, whoever is on the roster."""
        local = (moment or clock.now()).astimezone(clock.SHANGHAI)
        return next((period for period in self.periods(queue, local.date()) if local.time() in period), None)

    def next_opening(self, queue: Queue | None, moment: datetime | None = None) -> datetime | None:
        local = (moment or clock.now()).astimezone(clock.SHANGHAI)
        for ahead in range(AHEAD + 1):
            day = local.date() + timedelta(days=ahead)
            for period in self.served(queue, day):
                opens = datetime.combine(day, period.opens, clock.SHANGHAI)
                if opens > local:
                    return opens
        return None

    def closed_words(self, queue: Queue) -> str:
        """Why there is no number now and when there will be; empty while the queue is served."""
        if self.now(queue) is not None:
            return ""
        running, opens = self.open_now(queue), self.next_opening(queue)
        when = f"，{opens:%-m月%-d日 %H:%M} 开始服务" if opens else ""
        if running:
            return f"“{queue.name}”今天的{Hours.Kind(running.kind).label}没有排窗口值班{when}。"
        why = f"（{reason}）" if (reason := self.why_closed(queue)) else ""
        return f"“{queue.name}”现在不在服务时间{why}{when}。"


def _rostered(site_id: str, first: date, last: date) -> Mapping[tuple[date, str, int], int]:
    duties = Duty.objects.in_force().filter(roster__site=site_id, day__range=(first, last))
    rows = duties.order_by("id").values_list("day", "session", "window__queues")
    return Counter(row for row in rows if row[2] is not None)


def _about(row: Hours | SpecialDay, queue: Queue | None) -> bool:
    """The row speaks of the whole site, of the queue's zone or of the queue."""
    if queue is None:
        return row.queue_id is None and row.zone_id is None
    return row.queue_id in {None, queue.pk} and row.zone_id in {None, queue.zone_id}


def _closeness(row: SpecialDay) -> int:
    return 2 if row.queue_id else 1 if row.zone_id else 0


def _weekday(day: date) -> int | None:
    """A make-up workday 调休上班 is served like a Monday, a holiday not at all; a plain Saturday has its own hours."""
    calendar = clock.calendar()
    if calendar.is_working(day):
        return day.isoweekday() if day.weekday() < 5 else 1
    return None if calendar.holiday(day) or day.weekday() < 5 else day.isoweekday()


def open_queues(queues: Iterable[Queue], timetable: Timetable) -> dict[int, Period]:
    """Which of them are served at this moment, by primary key."""
    found = {queue.pk: timetable.now(queue) for queue in queues}
    return {pk: period for pk, period in found.items() if period is not None}
