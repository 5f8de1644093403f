"""解除不得再次申请: what was found was set aside, by the organ itself, on reconsideration or in court."""

from __future__ import annotations

from typing import Any

from onewindow.cases import bars
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor


@transition(
    "case.bar_lifted", label="解除不得再次申请",
    source={State.REFUSED, State.DECIDED, State.DELIVERED, State.FINISHED}, target=None, allowed=guards.head,
    when=bars.holds,
)  # fmt: skip
def lift(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    reason = wording(reason, least=8, otherwise="请写明为什么解除，例如复议决定书、判决书的文号，至少八个字。")
    case.barred = case.barred | {"lifted_at": clock.now().isoformat(), "lifted_why": reason}
    return {"reason": reason}
