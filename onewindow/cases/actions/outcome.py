"""决定, 制证, 送达, 办结."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from onewindow.accounts import divisions
from onewindow.cases import deadlines, notices, timeline
from onewindow.cases.actions import gap, guards, later_check, proceedings
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.documents import certificates
from onewindow.documents.models import Certificate
from onewindow.kernel import clock, secrecy
from onewindow.kernel.flow import transition
from onewindow.kernel.forms import display_values
from onewindow.kernel.ledger import Actor


@transition(
    "case.granted", label="准予", source={State.DECIDING}, target=State.DECIDED, allowed=guards.decider, writes=True,
    tone="primary",
)  # fmt: skip
def grant(case: Case, *, by: Actor, opinion: str = "") -> dict[str, Any]:
    """准予: the decision letter, and with it the certificate (行政许可法 §38, §39, §44)."""
    opinion = wording(opinion)
    gap.ensure_closed(case)
    proceedings.ensure_done(case, grant=True)
    later_check.schedule(case)
    case.outcome, case.decided_at = Case.Outcome.GRANTED, clock.now()
    case.state = State.DECIDED
    deadlines.refresh(case)
    certificate = _certificate(case, by)
    facts: dict[str, Any] = {
        "outcome": "准予",
        "opinion": opinion,
        "result": case.guide.result.name,
        "certificate": certificate.number if certificate else "",
        "valid_until": certificate.valid_until.isoformat() if certificate and certificate.valid_until else "",
        "check_until": case.check_on.isoformat() if case.check_on else "",
    }
    issued = notices.paper(case, "granted", by=by, **facts)
    return {"opinion": opinion, "certificate": facts["certificate"], "paper": issued}


@transition(
    "case.denied", label="不予", source={State.DECIDING}, target=State.DECIDED, allowed=guards.decider, tone="danger"
)
def deny(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    """不予: in writing with reasons and the right to reconsideration and suit (行政许可法 §38)."""
    reason = wording(reason, least=8, otherwise="不予决定必须写明事实和理由，至少八个字。")
    gap.ensure_closed(case)
    proceedings.ensure_done(case, grant=False)
    case.outcome, case.decided_at = Case.Outcome.DENIED, clock.now()
    case.state = State.DECIDED
    deadlines.refresh(case)
    return {"reason": reason, "paper": notices.paper(case, "denied", by=by, outcome="不予", reason=reason)}


DELIVERY_WAYS = {
    "window": "窗口领取",
    "online": "网上送达（电子文书进入申请人账户）",
    "post": "邮寄",
    "agent": "代办员送达",
}


@transition("case.delivered", label="送达", source={State.DECIDED}, target=State.DELIVERED, allowed=guards.clerk)
def deliver(case: Case, *, by: Actor, way: str, receiver: str = "", tracking: str = "") -> dict[str, Any]:
    """送达: by the chosen way, with its proof 送达回证."""
    if way not in DELIVERY_WAYS:
        raise ValueError("请选择送达方式。")
    if way == "online" and case.channel == Case.Channel.DESK and not (case.person and case.person.users.exists()):
        raise ValueError("申请人没有网上账户，不能网上送达，请选择其他方式。")
    receiver = wording(receiver) or case.applicant_name
    tracking = wording(tracking, least=4 * (way == "post"), otherwise="邮寄送达请填写邮寄单号。")
    case.delivery, case.delivered_at = way, clock.now()
    case.state = State.DELIVERED
    deadlines.refresh(case)
    facts: dict[str, Any] = {
        "way": DELIVERY_WAYS[way], "receiver": receiver, "tracking": tracking, "delivered_papers": _delivered(case),
    }  # fmt: skip
    return {"way": DELIVERY_WAYS[way], "paper": notices.paper(case, "delivery", by=by, **facts)}


def _delivered(case: Case) -> list[str]:
    """The decision and the certificate, with their numbers."""
    number = notices.number_of(case, notices.KINDS[case.outcome].nature)
    delivered = [f"{notices.title_of(case, case.outcome)}（{number}）"]
    if certificate := timeline.certificate(case):
        delivered.append(f"{certificate.type_name}（{certificate.number}）")
    return delivered


@transition("case.finished", label="办结", source={State.DELIVERED}, target=State.FINISHED, allowed=guards.clerk)
def finish(case: Case, *, by: Actor) -> None:
    case.finished_at = clock.now()
    case.state = State.FINISHED
    deadlines.refresh(case)


def _certificate(case: Case, by: Actor) -> Certificate | None:
    result = case.guide.result
    if result.kind not in {"certificate", "document"}:
        return None
    shown = display_values(case.guide.form, case.form, divisions.in_full)
    today = clock.today()
    until = clock.add_months(today, result.valid_months) if result.valid_months else None
    holder = shown.get(result.holder, "") or case.applicant_name
    return certificates.issue_certificate(
        type_name=result.name,
        prefix=case.item_id[:3],
        holder=holder,
        holder_index=secrecy.index(holder, purpose="holder"),
        person=case.person,
        organisation=case.organisation,
        agency=case.agency,
        case_number=case.number,
        facts={
            "title": result.name, "holder": holder, "organ": case.agency.name,
            "body": case.organisation_id is not None or result.holder_is_body,
            "lines": [[label, shown[key]] for label, key in result.shows.items() if shown.get(key, holder) != holder],
            "note": result.note, "item": case.guide.name,
            "issued_on": today.isoformat(), "valid_until": until.isoformat() if until else "",
            "sandbox": settings.SANDBOX,
        },
        valid_from=today,
        valid_until=until,
        by=by,
    )  # fmt: skip
