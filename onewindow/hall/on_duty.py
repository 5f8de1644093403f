"""Whether a window serves now: in an extended session only those on the published roster do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from onewindow.hall.hours import Period, Timetable
from onewindow.hall.models import Attendance, Duty, Hours, Queue, Window
from onewindow.kernel import clock


@dataclass(frozen=True)
class OffRoster:
    """A window that is not on the roster of a running session: its queues that are in it, and since when."""

    window: Window
    kind: str
    since: datetime
    queues: tuple[int, ...]
    # None of its queues has other hours at this moment.
    altogether: bool
    opens: datetime | None

    @property
    def label(self) -> str:
        return str(Hours.Kind(self.kind).label)

    @property
    def when(self) -> str:
        return f"；{self.opens:%-m月%-d日 %H:%M} 开始服务" if self.opens else ""

    def __str__(self) -> str:
        return (
            f"{self.window} 号窗口不在今天{self.label}的值班表上，只能叫 {self.since:%-H:%M} 以前取的号{self.when}。"
            "要在延时里办事，请大厅管理把窗口排上。"
        )


@dataclass(frozen=True)
class Running:
    """An extended session of a site that keeps rosters: since when each queue is in it, and who is on the roster."""

    timetable: Timetable
    moment: datetime
    periods: Mapping[int, Period]
    on_it: frozenset[tuple[int, str]]

    def closed(self, window: int, queue: int) -> Period | None:
        """The session in which the window calls nobody of the queue who came after it began."""
        period = self.periods.get(queue)
        return period if period and (window, period.kind) not in self.on_it else None

    def since(self, period: Period) -> datetime:
        return datetime.combine(self.moment.date(), period.opens, clock.SHANGHAI)


def running(site_id: str, moment: datetime | None = None) -> Running | None:
    """One statement outside extended sessions."""
    local = (moment or clock.now()).astimezone(clock.SHANGHAI)
    extended = Hours.objects.filter(site=site_id, kind__in=Hours.EXTENDED)
    now = extended.filter(opens__lte=local.time(), closes__gt=local.time())
    if not now.exists() or not Attendance.objects.filter(site=site_id).exists():
        return None
    timetable = Timetable.of(site_id)
    open_now = {queue.pk: timetable.open_now(queue, local) for queue in Queue.objects.filter(site=site_id)}
    duties = Duty.objects.in_force().filter(roster__site=site_id, day=local.date())
    return Running(
        timetable, local, {pk: period for pk, period in open_now.items() if period and period.extended},
        frozenset(duties.order_by("pk").values_list("window", "session")),
    )  # fmt: skip


def off_roster(window: Window, moment: datetime | None = None) -> OffRoster | None:
    """None while the window serves whoever it serves."""
    session = running(window.site_id, moment)
    if session is None:
        return None
    queues = list(window.queues.select_related("zone"))
    closed = {queue: session.closed(window.pk, queue.pk) for queue in queues}
    missing = {queue: period for queue, period in closed.items() if period}
    altogether = len(missing) == len(queues)
    return _of(window, missing, altogether, session.timetable, session.moment) if missing else None


def _of(
    window: Window, missing: Mapping[Queue, Period], altogether: bool, timetable: Timetable, local: datetime
) -> OffRoster:
    first = min(missing.values(), key=lambda period: period.opens)
    since = datetime.combine(local.date(), first.opens, clock.SHANGHAI)
    opens = min(filter(None, (timetable.next_opening(queue, local) for queue in missing)), default=None)
    return OffRoster(window, first.kind, since, tuple(queue.pk for queue in missing), altogether, opens)
