"""审查: step by step, each step's opinion with name and time (bare signatures are faulted)."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, steps
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

ADVICE = {"agree": "建议准予", "disagree": "建议不予"}


@transition(
    "case.reviewed", label="签署审查意见", source={State.REVIEWING}, target=None, allowed=guards.reviewer,
    tone="primary", retry=False,
)  # fmt: skip
def give_opinion(case: Case, *, by: Actor, advice: str, opinion: str, step: str = "") -> dict[str, Any]:
    """The step's opinion; when all that run at once are done the next begins, after the last the decision.

    `step` is the key of an open step, where the officer's post has several. Not tried again on a moved case: an
    opinion on the first step must not become one on the second.
    """
    if advice not in ADVICE:
        raise ValueError("请选择建议准予或建议不予。")
    opinion = wording(opinion, least=2, otherwise="请写明审查意见。")
    assert isinstance(by, Principal)
    within = {each["key"]: each for each in steps.mine(case, by) if each["key"].startswith("review-")}
    done = within.get(step) if step else next(iter(within.values()))
    if done is None:
        raise WrongState(case, "这个环节的意见已经签过了，或者由别人办理。请看过最新情况再决定。")
    case.open_steps = [each for each in case.open_steps if each["key"] != done["key"]]
    if not steps.reviews(case):
        case.step += len(steps.group_at(case, case.step))
        if case.step >= len(case.review_steps):
            case.state = State.DECIDING
    deadlines.refresh(case)
    return {"step": done["name"], "advice": ADVICE[advice], "opinion": opinion}
