"""审查: step by step, each step's opinion with name and time (bare signatures are faulted)."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

ADVICE = {"agree": "建议准予", "disagree": "建议不予"}


@transition(
    "case.reviewed", label="签署审查意见", source={State.REVIEWING}, target=None, allowed=guards.reviewer,
    tone="primary", retry=False,
)  # fmt: skip
def give_opinion(case: Case, *, by: Actor, advice: str, opinion: str) -> dict[str, Any]:
    """The step's opinion; after the last step the case waits for the decision.

    Not tried again on a moved case: an opinion on the first step must not become one on the second.
    """
    if advice not in ADVICE:
        raise ValueError("请选择建议准予或建议不予。")
    opinion = wording(opinion, least=2, otherwise="请写明审查意见。")
    step = case.current_step
    case.step, case.step_at = case.step + 1, clock.now()
    if case.step >= len(case.review_steps):
        case.state = State.DECIDING
    deadlines.refresh(case)
    return {"step": step.name if step else "审查", "advice": ADVICE[advice], "opinion": opinion}
