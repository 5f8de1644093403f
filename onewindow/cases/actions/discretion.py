"""裁量: a decision offers what the written standard allows for the facts found; a departure takes two people."""

from __future__ import annotations

from typing import Any

from onewindow.cases import weighing
from onewindow.cases.actions import outcome as decisions
from onewindow.cases.actions import second
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case
from onewindow.catalogue.afterwards import ALLOWED
from onewindow.kernel.forms import validate
from onewindow.kernel.ledger import Actor


def decide(
    case: Case, *, by: Actor, outcome: str, facts: dict[str, Any], reason: str = "", amount: float | None = None,
    departure: str = "", conditions: str = "", concealed: bool = False, seen: int | None = None,
) -> Case:  # fmt: skip
    """Within the standard the decision takes effect at once; outside it is proposed for a second signature."""
    standard = case.guide.discretion
    if standard is None or outcome not in ALLOWED:
        raise ValueError("请选择怎样决定。")
    checked = validate(weighing.schema(standard), facts)
    if checked.errors:
        raise ValueError("；".join(checked.errors.values()))
    found = weighing.weigh(case, checked.clean)
    if found.labels:
        raise ValueError(f"还要填写：{'、'.join(found.labels)}。")
    reason = wording(reason, least=8 * (outcome == "deny"), otherwise="不予决定必须写明事实和理由，至少八个字。")
    weighed = {
        "facts": checked.clean, "outcome": outcome, "amount": amount,
        "conditions": _conditions(found, outcome, conditions), "departure": "",
        "row": found.row.text if found.row else "",
    }  # fmt: skip
    act = "deny" if outcome == "deny" else "grant"
    said: dict[str, Any] = {"reason": reason, "concealed": concealed} if act == "deny" else {"opinion": reason}
    if found.allows(outcome, amount):
        return second.ACTS[act](case, by=by, seen=seen, weighed=weighed, **said)
    weighed["departure"] = wording(
        departure, least=8, otherwise="基准不允许这样决定。确需偏离的，请写明理由（至少八个字），由第二人签字。"
    )
    return second.propose(case, by=by, seen=seen, act=act, said=_said(case, weighed, reason), weighed=weighed, **said)


def _conditions(found: weighing.Weighing, outcome: str, words: str) -> list[str]:
    """附款: of the row that applies; a departure writes its own."""
    if outcome != "conditional":
        return []
    if found.row and outcome in found.row.outcomes:
        return list(found.row.conditions)
    own = [line for each in words.splitlines() if (line := wording(each))]
    if not own:
        raise ValueError("附条件准予的，请写明附带的条件，一行一条。")
    return own


def _said(case: Case, weighed: dict[str, Any], reason: str) -> dict[str, str]:
    """What the second person reads."""
    assert case.guide.discretion is not None
    said = {"拟作决定": ALLOWED[weighed["outcome"]] + decisions.amount_words(case, weighed)}
    said |= dict(weighing.words(case.guide.discretion, weighed["facts"]))
    if weighed["conditions"]:
        said["附带的条件"] = "；".join(weighed["conditions"])
    return said | {"基准": weighed["row"] or "没有适用的情形", "偏离的理由": weighed["departure"], "意见": reason}
