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


def off_roster(window: Window, moment: datetime | None = None) -> OffRoster | None:
    """None while the window serves whoever it serves. One statement outside extended sessions."""
    local = (moment or clock.now()).astimezone(clock.SHANGHAI)
    extended = Hours.objects.filter(site=window.site_id, kind__in=Hours.EXTENDED)
    running = extended.filter(opens__lte=local.time(), closes__gt=local.time())
    if not running.exists() or not Attendance.objects.filter(site=window.site_id).exists():
        return None
    timetable, queues = Timetable.of(window.site_id), list(window.queues.select_related("zone"))
    periods = {queue: timetable.open_now(queue, local) for queue in queues}
    missing = {queue: period for queue, period in periods.items() if period and not _on_it(window, period, local)}
    return _of(window, missing, len(missing) == len(queues), timetable, local) if missing else None


def _on_it(window: Window, period: Period, local: datetime) -> bool:
    duties = Duty.objects.in_force().filter(window=window, day=local.date(), session=period.kind)
    return not period.extended or duties.exists()


def _of(
    window: Window, missing: Mapping[Queue, Period], altogether: bool, timetable: Timetable, local: datetime
) -> OffRoster:
    first = min(missing.values(), key=lambda period: period.opens)
    since = datetime.combine(local.date(), first.opens, clock.SHANGHAI)
    opens = min(filter(None, (timetable.next_opening(queue, local) for queue in missing)), default=None)
    return OffRoster(window, first.kind, since, tuple(queue.pk for queue in missing), altogether, opens)
