"""延长审批 (行政许可法 §42): asked for by who reviews, granted by the head once, before expiry, with reasons."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

RUNNING = frozenset({State.REVIEWING, State.DECIDING, State.PAUSED})


def _ensure_lawful(case: Case, days: int) -> None:
    most = deadlines.longest_extension(case.guide)
    if not most or case.statutory_due is None:
        raise ValueError("这个事项的时限，法律没有规定可以延长。")
    if case.is_extended:
        raise ValueError("已经延长过一次，依法不能再延长。")
    if case.statutory_due < clock.today():
        raise ValueError("法定时限已过，不能再延长。")
    if not 1 <= days <= most:
        raise ValueError(f"最多延长 {most} {case.extension_unit}。")


@transition("case.extension_asked", label="提请延期", source=RUNNING, target=None, allowed=guards.asks_extension)
def ask(case: Case, *, by: Actor, days: int, reason: str) -> dict[str, Any]:
    """By whoever has the case before them; no date moves before the head has granted it."""
    _ensure_lawful(case, days)
    if case.extension:
        raise WrongState(case, "已经提请过延期，等负责人批准。")
    reason = wording(reason, least=6, otherwise="请写明为什么在时限内办不完。")
    to = "governor" if deadlines.governor_extends(case.guide) else "head"
    asked = {"days": days, "reason": reason, "by_name": by.name, "at": clock.now().isoformat(), "to": to}
    case.extension = {"asked": asked}
    return {"words": f"{days} {case.extension_unit}", "reason": reason}


@transition("case.extended", label="延长审批", source=RUNNING, target=None, allowed=guards.extender)
def extend(case: Case, *, by: Actor, days: int, reason: str) -> dict[str, Any]:
    """延期: once, before expiry, by the head of the organ, with the reason told; asked for or not."""
    _ensure_lawful(case, days)
    reason = wording(reason, least=6, otherwise="请写明延长的理由，要告诉申请人。")
    assert case.statutory_due is not None
    before, asked = case.statutory_due.isoformat(), case.extension.get("asked", {})
    case.extension = {"days": days, "reason": reason, "at": clock.now().isoformat()}
    deadlines.refresh(case)
    due = case.statutory_due.isoformat()
    facts: dict[str, Any] = {
        "days": days, "unit": case.extension_unit, "reason": reason, "before": before, "due_on": due,
    }  # fmt: skip
    if asked:
        facts["asked_by"] = asked["by_name"]
    if deadlines.governor_extends(case.guide):
        facts["by_government"] = settings.DISTRICT_NAME + "人民政府"
    return {**facts, "paper": notices.paper(case, "extension", by=by, **facts)}


@transition("case.extension_declined", label="不同意延期", source=RUNNING, target=None, allowed=guards.extender)
def decline(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    """The period stays as it was; whoever asked may ask again with better reasons."""
    if "asked" not in case.extension:
        raise WrongState(case, "没有等批准的延期。")
    reason = wording(reason, least=4, otherwise="请写明为什么不同意，提请的人会看到。")
    case.extension = {}
    return {"reason": reason}
