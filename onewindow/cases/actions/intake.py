"""From the draft to acceptance: 预审, 提交, 收件, 受理, 不予受理, 撤回."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

# What the applicant declares (行政许可法 §31); the version is in the ledger row.
DECLARATION = "本人承诺所填内容和提交的材料真实有效，愿意承担相应的法律责任。"


@transition(
    "case.prereview_requested", label="提交预审", source={State.DRAFT, State.RETURNED}, target=State.PREREVIEW,
    allowed=guards.applicant,
)  # fmt: skip
def request_prereview(case: Case, *, by: Actor) -> dict[str, Any]:
    """预审: an officer looks before anything is formal; no legal clock runs."""
    case.declared_at = clock.now()
    case.state = State.PREREVIEW
    deadlines.refresh(case)
    return {"declaration": DECLARATION}


@transition(
    "case.prereview_returned", label="退回修改", source={State.PREREVIEW}, target=State.RETURNED,
    allowed=guards.clerk,
)  # fmt: skip
def return_with_remarks(case: Case, *, by: Actor, remarks: list[dict[str, str]]) -> dict[str, Any]:
    """Every remark at once, each at the field or paper it is about (一次性告知)."""
    if not remarks:
        raise ValueError("请至少写一条预审意见，告诉申请人改哪里、怎么改。")
    rounds = sum(1 for _ in case.remarks) and max(remark.get("round", 1) for remark in case.remarks)
    case.remarks = [*case.remarks, *({**remark, "fixed": False, "round": rounds + 1} for remark in remarks)]
    case.state = State.RETURNED
    deadlines.refresh(case)
    issued = notices.paper(case, "prereview", by=by, nth=rounds + 1, remarks=labelled(case, remarks))
    return {"remarks": remarks, "paper": issued}


def labelled(case: Case, remarks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Remarks with the name of the field or paper they stand at."""
    names = {f"form:{field.key}": field.label for field in case.guide.form.walk()}
    names |= {f"material:{material.key}": material.name for material in case.guide.materials}
    return [{"on": names.get(remark["on"], "整份申请"), "text": remark["text"]} for remark in remarks]


@transition(
    "case.prereview_passed", label="预审通过", source={State.PREREVIEW}, target=State.PASSED, allowed=guards.clerk
)
def pass_prereview(case: Case, *, by: Actor) -> None:
    case.remarks = [remark | {"fixed": True} for remark in case.remarks]
    case.state = State.PASSED
    deadlines.refresh(case)


def may_submit(case: Case, by: Actor) -> bool:
    return guards.applicant(case, by) or (case.channel == Case.Channel.DESK and guards.clerk(case, by))


@transition(
    "case.submitted", label="正式提交", source={State.DRAFT, State.RETURNED, State.PASSED}, target=State.SUBMITTED,
    allowed=may_submit,
)  # fmt: skip
def submit(case: Case, *, by: Actor) -> dict[str, Any]:
    """提交: the organ's five working days to say what is missing begin (行政许可法 §32)."""
    case.submitted_at = clock.now()
    case.state = State.SUBMITTED
    deadlines.refresh(case)
    return {"declaration": DECLARATION}


@transition("case.received", label="收件", source={State.SUBMITTED}, target=State.RECEIVED, allowed=guards.clerk)
def receive(case: Case, *, by: Actor) -> dict[str, Any]:
    """收件: the papers are in hand, listed with counts; acceptance is decided later."""
    case.received_at = clock.now()
    case.state = State.RECEIVED
    deadlines.refresh(case)
    return {"paper": notices.paper(case, "receipt", by=by, papers=notices.handed_in(case))}


@transition(
    "case.accepted", label="受理", source={State.SUBMITTED, State.RECEIVED}, target=None, allowed=guards.clerk,
    tone="primary",
)  # fmt: skip
def accept(case: Case, *, by: Actor) -> dict[str, Any]:
    """受理: statutory and promised clocks start the next day (行政许可法 §42, §82)."""
    case.accepted_at = clock.now()
    case.step = 0
    case.state = State.REVIEWING if case.review_steps else State.DECIDING
    deadlines.refresh(case)
    due = case.statutory_due or case.promised_due
    facts = {
        "papers": notices.handed_in(case),
        "accepted_on": clock.today().isoformat(),
        "due_on": due.isoformat() if due else "",
        "promised_on": case.promised_due.isoformat() if case.promised_due else "",
    }
    return {"due_on": facts["due_on"], "paper": notices.paper(case, "acceptance", by=by, **facts)}


REFUSAL_GROUNDS = {
    "not_required": "依法不需要取得行政许可或者办理该事项",
    "other_organ": "不属于本机关职权范围",
    "false_papers": "隐瞒有关情况或者提供虚假材料",
}


@transition(
    "case.refused", label="不予受理", source={State.SUBMITTED, State.RECEIVED}, target=State.REFUSED,
    allowed=guards.clerk, tone="danger",
)  # fmt: skip
def refuse_to_accept(case: Case, *, by: Actor, ground: str, reason: str, right_organ: str = "") -> dict[str, Any]:
    """不予受理: in writing, with the reason and, where it is another organ's power, its name (行政许可法 §32)."""
    if ground not in REFUSAL_GROUNDS:
        raise ValueError("请选择不予受理的理由。")
    if ground == "other_organ" and not right_organ.strip():
        raise ValueError("不属于本机关职权的，请写明应当向哪个机关申请。")
    if len(reason.strip()) < 4:
        raise ValueError("请写明不予受理的具体原因，至少四个字。")
    case.finished_at = clock.now()
    case.state = State.REFUSED
    deadlines.refresh(case)
    facts = {"ground": REFUSAL_GROUNDS[ground], "reason": reason.strip(), "right_organ": right_organ.strip()}
    return {**facts, "paper": notices.paper(case, "refusal", by=by, **facts)}


@transition(
    "case.withdrawn",
    label="撤回申请",
    source={
        State.DRAFT, State.PREREVIEW, State.RETURNED, State.PASSED, State.SUBMITTED, State.RECEIVED,
        State.REVIEWING, State.DECIDING,
    },
    target=State.WITHDRAWN,
    allowed=guards.applicant,
    tone="danger",
)  # fmt: skip
def withdraw(case: Case, *, by: Actor, reason: str = "") -> dict[str, Any]:
    """撤回: any time before the decision; papers go back."""
    was_formal = case.submitted_at is not None
    case.finished_at = clock.now()
    case.state = State.WITHDRAWN
    deadlines.refresh(case)
    if not was_formal:
        return {"reason": reason}
    return {"reason": reason, "paper": notices.paper(case, "withdrawal", by=by, reason=reason)}


def submit_in_person(case: Case, *, by: Principal) -> Case:
    """At the window submission and receipt are one moment."""
    submit(case, by=by)
    return receive(case, by=by)  # type: ignore[no-any-return]
