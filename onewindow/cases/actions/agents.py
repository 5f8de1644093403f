"""代办人: the principal stops the agent, for this case or altogether; the open case stays."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.actions import revoke_mandate
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.models import CLOSED_STATES, Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor


@transition(
    "case.agent_stopped", label="停止代办", source=frozenset(State) - set(CLOSED_STATES), target=None,
    allowed=guards.principal, writes=True,
)  # fmt: skip
def stop_agent(case: Case, *, by: Actor, altogether: bool = False) -> dict[str, Any]:
    """From this moment the agent finds nothing and may do nothing here (民法典 §173)."""
    if case.agent_stopped_at or case.mandate is None:
        raise WrongState(case, "已经停止代办了。")
    case.agent_stopped_at = clock.now()
    if altogether and isinstance(by, Principal):
        revoke_mandate(case.mandate, by=by, reason="委托人在办件里收回")
    return {"told": case.mandate.agent.name, "words": "委托全部收回" if altogether else "只停这一件"}
