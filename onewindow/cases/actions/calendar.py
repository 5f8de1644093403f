"""日历变更: proposed, previewed, applied by one act; the earlier list applied again is the same act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases import calendar
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import CalendarChange
from onewindow.kernel import clock
from onewindow.kernel.clock import Calendar, NoCalendar
from onewindow.kernel.flow import Stale, transition
from onewindow.kernel.ledger import Actor, System

State = CalendarChange.State


def may_change(change: CalendarChange | None, by: Actor) -> bool:
    """运维 or 大厅管理 of the whole district."""
    return isinstance(by, Principal) and (by.has_at(None, "operator") or by.over_district("manager"))


def in_force() -> Calendar:
    """An empty one where there is none yet or the rows are damaged: publishing a whole list is how that is mended."""
    try:
        return clock.calendar()
    except NoCalendar:
        return Calendar(edition=clock.in_force())


def with_years(current: Calendar, lists: Calendar) -> Calendar:
    """The years of the lists as they say, the other years as they are."""
    if empty := sorted(lists.official - {day.year for day in lists.off}):
        raise ValueError(f"{empty[0]} 年没有一天放假，不像是完整的放假安排。请核对文件。")
    for day in sorted(lists.makeup):
        if day.weekday() < 5:
            raise ValueError(f"{day} 是周{clock.WEEKDAYS[day.weekday()]}，本来就上班，不用写成调休上班。")
    off, makeup = (
        {day: name for day, name in days.items() if day.year not in lists.official}
        for days in (current.off, current.makeup)
    )
    off, makeup = off | dict(lists.off), makeup | dict(lists.makeup)
    return replace(current, off=off, makeup=makeup, official=current.official | lists.official, edition=0)


def with_day(current: Calendar, day: date, *, working: bool, name: str) -> Calendar:
    """A single day by announcement: closed, or worked."""
    name = wording(name, least=2, otherwise="请写明这一天为什么放假或上班，日历上会这样显示。")
    if day.year not in current.official:
        raise ValueError(f"{day.year} 年的放假安排还没有公布。请先上传全年的安排，再改单独的一天。")
    if current.is_working(day) == working:
        raise ValueError(f"{day} 现在就是{'工作日' if working else '休息日'}，不用改。")
    off, makeup = ({d: n for d, n in days.items() if d != day} for days in (current.off, current.makeup))
    weekend = day.weekday() >= 5
    if working and weekend:
        makeup[day] = name
    elif not working and not weekend:
        off[day] = name
    return replace(current, off=off, makeup=makeup, edition=0)


def difference(old: Calendar, new: Calendar) -> list[tuple[date, str, str]]:
    """The days the two see differently: day, what it was, what it becomes."""
    days = {*old.off, *old.makeup, *new.off, *new.makeup}
    return [(day, _is(old, day), _is(new, day)) for day in sorted(days) if _is(old, day) != _is(new, day)]


def _is(calendar: Calendar, day: date) -> str:
    if day in calendar.makeup:
        return f"调休上班（{calendar.makeup[day]}）"
    if name := calendar.holiday(day):
        return f"{name}放假"
    return "上班" if calendar.is_working(day) else f"周{clock.WEEKDAYS[day.weekday()]}休息"


@transaction.atomic
def propose(wanted: Calendar, *, source: str, by: Principal) -> CalendarChange:
    """Keeps the list; the worker counts what it would move. No case and no day is changed."""
    if not may_change(None, by):
        raise PermissionDenied("只有运维或者大厅管理可以变更工作日历。")
    source = wording(source, least=4, otherwise="请写明依据，例如“国办发明电〔2026〕7号”或者公告的名称。")[:200]
    old = in_force()
    if old.official == wanted.official and not difference(old, wanted):
        raise ValueError("这份安排和现在的工作日历一样，没有要改的。")
    change = CalendarChange.objects.create(
        source=source, content=clock.content_of(wanted), base=old.edition, by_name=by.name
    )
    _to_worker()
    return change


def propose_earlier(change: CalendarChange, *, by: Principal) -> CalendarChange:
    """撤销: the list that held before an applied change, proposed again."""
    if change.state != State.APPLIED or not change.base:
        raise ValueError("这次变更没有启用过，或者在它之前没有日历，不用撤销。")
    return propose(change.earlier, source=f"恢复第 {change.base} 版日历（撤销变更 {change.pk}）", by=by)


def _to_worker() -> None:
    from onewindow.cases import tasks  # they import this module

    tasks.change_calendar.defer()


def by_worker(change: CalendarChange, by: Actor) -> bool:
    return isinstance(by, System)


@transition(
    "calendar.previewed", label="计算预览", source={State.COUNTING}, target=State.PROPOSED, allowed=by_worker,
    writes=True,
)  # fmt: skip
def preview(change: CalendarChange, *, by: Actor) -> None:
    calendar.preview(change)


@transition(
    "calendar.ordered", label="启用工作日历", source={State.PROPOSED}, target=State.APPLYING, allowed=may_change,
    writes=True,
)  # fmt: skip
def apply(change: CalendarChange, *, by: Actor) -> None:
    """启用: the one act of a person; the worker carries it out (cases.calendar_work)."""
    _still_fits(change)
    change.counted_at = clock.now()
    _to_worker()


@transition(
    "calendar.applied", label="日历生效", source={State.APPLYING}, target=State.APPLIED, allowed=by_worker, writes=True
)
def take_effect(change: CalendarChange, *, by: Actor) -> dict[str, Any]:
    """The days, every cached date and the ledger's rows in one transaction, whose caller holds the calendar."""
    _still_fits(change)
    new = clock.publish(change.calendar, change.source)
    change.edition = new.edition
    calendar.move(change, new, by=by)
    days = [[day.isoformat(), was, becomes] for day, was, becomes in difference(change.earlier, new)]
    return {
        "edition": new.edition, "source": change.source, "days": days, "moves": calendar.digest(change),
        "summary": {key: value for key, value in change.summary.items() if key != "agencies"},
    }  # fmt: skip


def _still_fits(change: CalendarChange) -> None:
    if change.base != clock.in_force():
        raise Stale(change, "预览之后工作日历又变过，这份预览不再准确。请用同一份安排重新预览。")


@transition("calendar.failed", label="没有做成", source=CalendarChange.WORK, target=None, allowed=by_worker)
def fail(change: CalendarChange, *, by: Actor, words: str) -> dict[str, Any]:
    """As it was before the worker took it; the keeper reads why. What could not be counted can only be sent again."""
    change.state = State.PROPOSED if change.state == State.APPLYING else State.DROPPED
    return {"words": words}


@transition(
    "calendar.dropped", label="放弃", source={State.PROPOSED}, target=State.DROPPED, allowed=may_change, writes=True
)
def drop(change: CalendarChange, *, by: Actor) -> None:
    """Nothing was moved; what it would have moved is forgotten."""
    change.moves.all().delete()
