"""What stops a running period, or ends it: 特别程序 (行政许可法 §45), 终止."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.catalogue.procedure import PROCEDURES
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

# 行政许可法 §45: their time is not counted for any licence. Anything else needs a law the item cites.
BY_LAW = {"hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"}
LONGEST = 180


def basis_of(case: Case, procedure: str) -> str:
    """The law that stops the clock for this procedure here; ValueError when there is none."""
    own = next((each for each in case.guide.pauses if each.procedure == procedure), None)
    if own:
        return "、".join(f"{cite.law}{cite.article}" for cite in own.cites)
    if procedure in BY_LAW:
        return "《中华人民共和国行政许可法》第四十五条"
    name = PROCEDURES.get(procedure, procedure)
    raise ValueError(f"“{name}”不能停止计时：法律没有这样规定，这个事项的规程也没有引用另外的依据。请在时限内安排。")


@transition(
    "case.paused", label="进入特别程序", source={State.REVIEWING, State.DECIDING}, target=State.PAUSED,
    allowed=guards.examiner,
)  # fmt: skip
def pause(case: Case, *, by: Actor, procedure: str, days: int, reason: str) -> dict[str, Any]:
    """特别程序: told in writing with the time needed; the days from today to the day named are not counted."""
    basis = basis_of(case, procedure)
    reason = wording(reason, least=4, otherwise="请写明为什么需要这个程序。")
    if not 1 <= days <= LONGEST:
        raise ValueError(f"所需时间应在 1 到 {LONGEST} 个工作日之间。")
    today = clock.today()
    until = clock.calendar().due(today, days).date
    stop = {
        "procedure": procedure, "from": today.isoformat(), "until": until.isoformat(), "days": days, "basis": basis,
        "reason": reason, "ended": "", "result": "", "overrun": False,
    }  # fmt: skip
    case.stops = [*case.stops, stop]
    case.state = State.PAUSED
    deadlines.refresh(case)
    due = case.statutory_due or case.promised_due
    facts: dict[str, Any] = {
        "procedure": PROCEDURES[procedure], "days": days, "from_day": stop["from"], "until": stop["until"],
        "stop_basis": basis, "reason": reason, "due_on": due.isoformat() if due else "",
    }  # fmt: skip
    issued = notices.paper(case, "special", by=by, nth=len(case.stops), **facts)
    return {"procedure": PROCEDURES[procedure], "reason": reason, "until": stop["until"], "paper": issued}


@transition(
    "case.resumed", label="特别程序结束", source={State.PAUSED}, target=None,
    allowed=guards.ender, tone="primary",
)  # fmt: skip
def resume(case: Case, *, by: Actor, result: str) -> dict[str, Any]:
    """The clock goes on the next day; days beyond the one that was named have counted.

    Supervision learns of those days, also where no timer ran on them.
    """
    result = wording(result, least=2, otherwise="请写明特别程序的结果。")
    last, today = case.stops[-1], clock.today().isoformat()
    over = last["overrun"] or last["until"] < today
    case.stops = [*case.stops[:-1], last | {"ended": today, "result": result, "overrun": over}]
    case.state = State.REVIEWING if case.step < len(case.review_steps) else State.DECIDING
    deadlines.refresh(case)
    late = {"overrun": True, "until": last["until"]} if over else {}
    due = case.due_on.isoformat() if case.due_on else ""
    # Where no period runs there is no day to tell.
    return {"procedure": PROCEDURES[last["procedure"]], "result": result, "due_on": due, "quiet": not due, **late}


@transition(
    "case.stop_overrun", label="特别程序超过告知的时间", source={State.PAUSED}, target=State.PAUSED,
    allowed=guards.timer,
)  # fmt: skip
def note_overrun(case: Case, *, by: Actor) -> dict[str, Any]:
    """A stop longer than announced counts again; supervision reads the row."""
    last = case.stops[-1]
    if last["overrun"] or last["until"] >= clock.today().isoformat():
        raise WrongState(case, "还没有超过告知的时间。")
    case.stops = [*case.stops[:-1], last | {"overrun": True}]
    return {"procedure": PROCEDURES[last["procedure"]], "until": last["until"]}


@transition(
    "case.terminated", label="终止办理", source={State.REVIEWING, State.DECIDING, State.PAUSED},
    target=State.TERMINATED, allowed=guards.decider, tone="danger",
)  # fmt: skip
def terminate(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    """终止: the matter cannot go on (the applicant died or ended, the subject is gone, a law changed)."""
    reason = wording(reason, least=8, otherwise="请写明终止的事实和理由，至少八个字。")
    case.finished_at = clock.now()
    case.state = State.TERMINATED
    deadlines.refresh(case)
    papers = notices.handed_in(case)
    return {"reason": reason, "paper": notices.paper(case, "termination", by=by, reason=reason, papers=papers)}
