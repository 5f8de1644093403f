"""补正: everything that is missing told at once; the whole set handed in starts the organ's days anew."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines, notices, readiness
from onewindow.cases.actions import gap, guards, intake
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor


@transition(
    "case.correction_asked", label="告知补正", source={State.SUBMITTED, State.RECEIVED}, target=State.CORRECTING,
    allowed=guards.clerk_here,
)  # fmt: skip
def ask_for_corrections(case: Case, *, by: Actor, remarks: list[dict[str, str]], why_again: str = "") -> dict[str, Any]:
    """补正告知: one notice with all defects and the standard each paper must meet (行政许可法 §32(4)).

    A second one only for what the new papers themselves brought up, and it says so.
    """
    if deadlines.is_silent(case):
        raise ValueError("告知补正的期限已过，依法视为受理，不能再要求补正。请受理，需要核实的在审查中核实。")
    if not remarks:
        raise ValueError("请在要补正的每一处写清缺什么、怎么改；要一次写全，以后不能再另提。")
    again = bool(case.corrections)
    why_again = wording(
        why_again, least=6 * again, otherwise="已经告知过一次补正。再次告知只能针对新交的材料带来的问题，请写明是什么。"
    )
    remarks, nth = intake.remark_on(case, remarks)
    asked = {"asked_at": clock.now().isoformat(), "items": remarks, "why_again": why_again, "answered_at": ""}
    case.corrections = [*case.corrections, asked]
    case.state = State.CORRECTING
    deadlines.refresh(case)
    facts: dict[str, Any] = {
        "remarks": intake.labelled(case, remarks), "why_again": why_again,
        "answer_by": case.due_on.isoformat() if case.due_on else "",
    }  # fmt: skip
    return {
        "remarks": remarks,
        "why_again": why_again,
        "paper": notices.paper(case, "correction", by=by, nth=nth, **facts),
    }


@transition(
    "case.corrected", label="提交补正", source={State.CORRECTING}, target=State.RECEIVED, allowed=guards.filer,
    tone="primary",
)  # fmt: skip
def hand_in_corrections(case: Case, *, by: Actor) -> dict[str, Any]:
    """补正完毕: the day the whole set is in is the day acceptance will be dated (§32(5))."""
    promised = Promised(bool(case.gaps), case.by_promise, frozenset(case.promise.get("proofs", ())))
    readiness.ensure(case, for_prereview=True, promised=promised)
    gap.settle(case)
    now = clock.now()
    case.corrections = [*case.corrections[:-1], case.corrections[-1] | {"answered_at": now.isoformat()}]
    case.complete_at = now
    case.received_at = case.received_at or now
    case.state = State.RECEIVED
    deadlines.refresh(case)
    nth = len(case.corrections) + 1
    return {"paper": notices.paper(case, "receipt", by=by, nth=nth, papers=notices.handed_in(case))}


@transition(
    "case.correction_reminded", label="提醒补正", source={State.CORRECTING}, target=State.CORRECTING,
    allowed=guards.timer,
)  # fmt: skip
def remind(case: Case, *, by: Actor) -> dict[str, Any]:
    """Once, the working day before the applicant's period ends."""
    last = case.corrections[-1]
    if last.get("reminded") or not case.due_on or clock.calendar().next_working(clock.today()) < case.due_on:
        raise WrongState(case, "还不到提醒的时候。")
    case.corrections = [*case.corrections[:-1], last | {"reminded": True}]
    return {"due_on": case.due_on.isoformat()}


@transition(
    "case.lapsed", label="逾期未补正，退件", source={State.CORRECTING}, target=State.LAPSED, allowed=guards.timer
)
def lapse(case: Case, *, by: Actor) -> dict[str, Any]:
    """退件: nothing was mended in the applicant's own period; one may apply again any time."""
    if not case.due_on or case.due_on >= clock.today():
        raise WrongState(case, "补正的期限还没有到。")
    answer_by = case.due_on.isoformat()
    case.finished_at = clock.now()
    case.state = State.LAPSED
    deadlines.refresh(case)
    papers = notices.handed_in(case)
    reason = "在补正期限内没有补正"
    return {
        "reason": reason,
        "paper": notices.paper(case, "lapse", by=by, reason=reason, answer_by=answer_by, papers=papers),
    }
