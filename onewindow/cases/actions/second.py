"""第二人签字: what takes two people. One proposes; another decider or the head of the organ signs, or sends it back.

A signature is the act itself: until it is there nothing has taken effect, and its ledger row names both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import Guard, Transition, WrongState, transition
from onewindow.kernel.ledger import Actor

STATES = {State.DECIDING, State.DECIDED, State.DELIVERED, State.FINISHED}
# Act → what is done once the second person has signed; filled by the modules that hold the acts.
ACTS: dict[str, Callable[..., Case]] = {}


@transition("case.proposed", label="提请第二人签字", source=STATES, target=None, allowed=guards.decider)
def propose(case: Case, *, by: Actor, act: str, said: dict[str, str], **facts: Any) -> dict[str, Any]:
    """`said` is what the second person reads: label → words."""
    if case.proposal:
        raise WrongState(case, "已经提请第二人签字，请等签字或退回以后再办。")
    # In pairs: the database does not keep the order of an object.
    pairs = [list(pair) for pair in said.items()]
    case.proposal = {"act": act, "said": pairs, "facts": facts, "at": clock.now().isoformat(), "by_name": by.name}
    case.proposed_by = by.key
    return {"act": words(case), "said": said}


@transition("case.proposal_returned", label="退回，不签字", source=STATES, target=None, allowed=guards.signer)
def send_back(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    """By the second person, or by who proposed it and thought again."""
    reason = wording(reason, least=4, otherwise="请写明为什么不签字，至少四个字。")
    act = words(case)
    case.proposal, case.proposed_by = {}, ""
    return {"act": act, "reason": reason}


def sign(case: Case, *, by: Actor, seen: int | None = None) -> Case:
    """The proposed act, with what was proposed. The row is the act's own."""
    act = ACTS.get(case.proposal.get("act", ""))
    if act is None:
        raise WrongState(case, "没有等第二人签字的决定。")
    return act(case, by=by, seen=seen, **case.proposal["facts"])


def words(case: Case) -> str:
    """What was proposed, as the act is called."""
    return ACTS[case.proposal["act"]].transition.label if case.proposal else ""  # type: ignore[attr-defined]


def offered(act: Callable[..., Case], label: str, allowed: Guard, tone: str = "") -> None:
    """How the desk offers what leads to another act's row; it is in no registry, because it has no row of its own."""
    act.transition = Transition(  # type: ignore[attr-defined]
        "", label, frozenset(STATES), None, allowed, False, lambda *a, **k: None, tone, False
    )


offered(sign, "签字同意", guards.second, "primary")


def signed(case: Case, by: Actor, act: str) -> dict[str, Any]:
    """Inside the act: both names, and the proposal is over. WrongState when this act was not proposed."""
    if case.proposal.get("act") != act or not guards.second(case, by):
        raise WrongState(case, "这个决定要由一人提请、另一人签字，不能由同一人作出。")
    names = {"proposed_by": case.proposal["by_name"], "signed_by": by.name}
    case.proposal, case.proposed_by = {}, ""
    return names
