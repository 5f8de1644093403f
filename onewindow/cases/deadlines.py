"""Dates from facts: pure functions of events and the frozen item version, never edited; lists read a cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from onewindow.cases.models import State
from onewindow.kernel import clock

if TYPE_CHECKING:
    from onewindow.cases.models import Case
    from onewindow.catalogue.guide import Limit
    from onewindow.kernel.clock import Due

# 行政许可法 §32(4): everything that is missing is told at once, within five working days of receipt.
CORRECTION_DAYS = 5
# 行政许可法 §44: the certificate reaches the applicant within ten working days of the decision.
DELIVERY_DAYS = 10
# Online applications are looked at within one working day (practice: 安阳市政务服务条例 §42); a promise, not a law.
PREREVIEW_DAYS = 1


@dataclass(frozen=True)
class Deadline:
    """One running or finished clock: what it is, why, and the calendar's day-by-day derivation."""

    key: str
    title: str
    basis: str
    start: date
    due: Due

    @property
    def date(self) -> date:
        return self.due.date


def on(value: datetime) -> date:
    return value.astimezone(clock.SHANGHAI).date()


def _running(key: str, title: str, basis: str, start: datetime, limit: Limit | int) -> Deadline:
    day, calendar = on(start), clock.calendar()
    due = calendar.due(day, limit) if isinstance(limit, int) else calendar.due(day, limit.days, limit.unit)
    return Deadline(key, title, basis, day, due)


def prereview(requested: datetime) -> Deadline:
    return _running("prereview", "预审", "网上申请一个工作日内查看", requested, PREREVIEW_DAYS)


def intake(received: datetime) -> Deadline:
    basis = "行政许可法第三十二条：五个工作日内一次性告知，逾期不告知即为受理"
    return _running("intake", "受理", basis, received, CORRECTION_DAYS)


def is_silent(case: Case) -> bool:
    """逾期不告知: nothing was told in time, so the application counts as accepted since it was received."""
    return case.submitted_at is not None and intake(case.submitted_at).date < clock.today()


def statutory(accepted: datetime, limit: Limit) -> Deadline:
    basis = "、".join(f"{cite.law}{cite.article}" for cite in limit.basis) or limit.note or "法定办结时限"
    return _running("statutory", "法定办结", basis, accepted, limit)


def promised(accepted: datetime, limit: Limit) -> Deadline:
    return _running("promised", "承诺办结", limit.note or "本单位承诺的办结时限", accepted, limit)


def delivery(decided: datetime) -> Deadline:
    return _running("delivery", "送达", "行政许可法第四十四条：自决定之日起十个工作日内送达", decided, DELIVERY_DAYS)


def all_of(case: Case) -> list[Deadline]:
    """Every clock the case's events have started, in the order of the law."""
    guide, found = case.guide, []
    if case.state == State.PREREVIEW and case.declared_at:
        found.append(prereview(case.declared_at))
    if case.submitted_at:
        found.append(intake(case.submitted_at))
    if case.accepted_at and guide.statutory:
        found.append(statutory(case.accepted_at, guide.statutory))
    if case.accepted_at and guide.promised:
        found.append(promised(case.accepted_at, guide.promised))
    if case.decided_at:
        found.append(delivery(case.decided_at))
    return found


def refresh(case: Case) -> None:
    """Set the cached dates from the case's events; call it in the act that made the event."""
    dates = {deadline.key: deadline.date for deadline in all_of(case)}
    case.statutory_due, case.promised_due = dates.get("statutory"), dates.get("promised")
    if case.state == State.PREREVIEW:
        case.due_on = dates.get("prereview")
    elif case.state in {State.SUBMITTED, State.RECEIVED}:
        case.due_on = dates.get("intake")
    elif case.state in {State.REVIEWING, State.DECIDING}:
        case.due_on = min(filter(None, [case.promised_due, case.statutory_due]), default=None)
    elif case.state == State.DECIDED:
        case.due_on = dates.get("delivery")
    else:
        case.due_on = None
