"""转报: the preliminary review ends here; an upper organ decides, its word is kept with the case (许可法 §35, §43)."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

RESULTS = {"granted": "准予", "denied": "不予", "returned": "退回"}


def goes_up(case: Case) -> bool:
    return case.guide.forwarding is not None


@transition(
    "case.forwarded", label="转报办结", source={State.DECIDING}, target=State.FORWARDED, allowed=guards.decider,
    when=goes_up, tone="primary",
)  # fmt: skip
def forward(case: Case, *, by: Actor, opinion: str, upper_number: str = "") -> dict[str, Any]:
    """Everything goes up with the opinion; the upper organ does not ask the applicant again (§35)."""
    assert case.guide.forwarding is not None
    opinion = wording(opinion, least=6, otherwise="请写明初审意见，至少六个字。")
    case.forwarded = {
        "organ": case.guide.forwarding.organ, "opinion": opinion, "on": clock.today().isoformat(),
        "number": wording(upper_number), "result": "", "result_on": "", "note": "",
    }  # fmt: skip
    case.finished_at = clock.now()
    case.state = State.FORWARDED
    deadlines.refresh(case)
    facts: dict[str, Any] = {"upper_organ": case.forwarded["organ"], "opinion": opinion, "upper_number": upper_number}
    return {**facts, "paper": notices.paper(case, "forwarded", by=by, papers=notices.handed_in(case), **facts)}


@transition(
    "case.upper_noted", label="登记上级办理情况", source={State.FORWARDED}, target=State.FORWARDED,
    allowed=guards.officer, retry=False,
)  # fmt: skip
def note_upper(case: Case, *, by: Actor, number: str = "", result: str = "", note: str = "") -> dict[str, Any]:
    """The number the upper organ gave it, and later what it decided."""
    number, note = wording(number) or case.forwarded["number"], wording(note)
    if result and result not in RESULTS:
        raise ValueError("请选择上级的决定。")
    if result and case.forwarded["result"]:
        raise ValueError(f"上级的决定已经登记为“{RESULTS[case.forwarded['result']]}”，不能再改。")
    if not result and number == case.forwarded["number"]:
        raise ValueError("请填写上级的办件编号或者决定。")
    told = {"result": result, "result_on": clock.today().isoformat()} if result else {}
    case.forwarded = {**case.forwarded, "number": number, "note": note or case.forwarded["note"], **told}
    said = f"{case.forwarded['organ']}：{RESULTS[result] if result else '已收到'}"
    return {"told": said, "reason": note, "upper_number": number}
