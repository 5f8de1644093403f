"""Extended sessions 延时场次 of a site and week, as its opening hours and the holidays make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from onewindow.hall.hours import Period, Timetable
from onewindow.hall.models import Duty, Hours, Queue, Window
from onewindow.kernel import clock

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Session:
    """From the first queue that opens to the last that closes."""

    day: date
    kind: str
    opens: time
    closes: time

    @property
    def key(self) -> str:
        return f"{self.day.isoformat()}.{self.kind}"

    @property
    def label(self) -> str:
        return str(Hours.Kind(self.kind).label)

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.day, self.opens, clock.SHANGHAI)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.day, self.closes, clock.SHANGHAI)

    @property
    def over(self) -> bool:
        return self.ends <= clock.now()

    def __str__(self) -> str:
        return f"{self.day:%-m月%-d日}（周{WEEKDAYS[self.day.weekday()]}）{self.label}"


@dataclass(frozen=True)
class Week:
    """Seven days of a site; read once, for any number of windows."""

    monday: date
    timetable: Timetable
    queues: dict[int, Queue]

    @classmethod
    def of(cls, site_id: str, monday: date) -> Week:
        queues = {queue.pk: queue for queue in Queue.objects.filter(site=site_id).select_related("zone")}
        return cls(monday, Timetable.of(site_id, monday, monday + timedelta(days=6)), queues)

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    def sessions(self) -> list[Session]:
        found: dict[tuple[date, str], list[Period]] = {}
        for day in self.days:
            for queue in self.queues.values():
                for period in self.timetable.periods(queue, day):
                    if period.extended:
                        found.setdefault((day, period.kind), []).append(period)
        made = [
            Session(day, kind, min(each.opens for each in periods), max(each.closes for each in periods))
            for (day, kind), periods in found.items()
        ]
        return sorted(made, key=lambda session: session.starts)

    def hours_of(self, window: Window, day: date, kind: str) -> Period | None:
        """When the window's queues are open in the session; None: its business does not take part."""
        periods = [
            period
            for queue in window.queues.all()
            for period in self.timetable.periods(self.queues[queue.pk], day)
            if period.kind == kind
        ]
        if not periods:
            return None
        return Period(min(each.opens for each in periods), max(each.closes for each in periods), kind)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def running(site_id: str, moment: datetime | None = None) -> Session | None:
    """The extended session that is on by the opening hours."""
    now = (moment or clock.now()).astimezone(clock.SHANGHAI)
    week = Week.of(site_id, monday_of(now.date()))
    return next((each for each in week.sessions() if each.starts <= now < each.ends), None)


def label_of(duty: Duty) -> str:
    return f"{duty.day:%-m月%-d日}（周{WEEKDAYS[duty.day.weekday()]}）{duty.get_session_display()}"
