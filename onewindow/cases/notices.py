"""Facts of the papers 文书 the acts issue, frozen and signed inside the ledger row of the act."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines
from onewindow.cases.models import Case
from onewindow.catalogue.afterwards import CHANGES
from onewindow.catalogue.procedure import Citation
from onewindow.documents import papers
from onewindow.documents.models import Paper
from onewindow.kernel import clock, ledger
from onewindow.kernel.models import Entry


@dataclass(frozen=True)
class Kind:
    template: str
    title: str
    # The nature 字 in the number: 新卫健受字〔2026〕第0000012号.
    nature: str
    # The article of 行政许可法 the act stands on; for what is no licence the item's own words say it.
    article: str = ""
    # Must reach its addressee 送达; what is handed over on the spot or is no act of law need not.
    served: bool = True


LICENCE_LAW = "《中华人民共和国行政许可法》"
REVIEW_ORGAN = re.compile(r"向([^，。；（]{2,30}?(?:人民政府|局|厅|委员会|部门))(?:（[^）]*）)?申请(?:行政)?复议")
# 投诉监督电话 where the item names none of its own.
COMPLAINTS = "12345 政务服务便民热线"
KINDS = {
    "receipt": Kind("receipt", "材料接收凭证", "收", served=False),
    "prereview": Kind("prereview_remarks", "预审意见告知书", "预", served=False),
    "correction": Kind("correction", "补正告知书", "补", "第三十二条"),
    "lapse": Kind("termination", "退件通知书", "退"),
    "special": Kind("special_procedure", "特别程序告知书", "特"),
    "extension": Kind("extension", "延期决定通知书", "延", "第四十二条"),
    "termination": Kind("termination", "终止办理通知书", "终"),
    "visit_notice": Kind("proceeding", "现场核查通知书", "核", "第三十四条第三款"),
    "visit_record": Kind("proceeding", "现场核查笔录", "勘", "第三十四条第三款"),
    "hearing_right": Kind("proceeding", "听证告知书", "听告", "第四十七条"),
    "hearing_notice": Kind("proceeding", "听证通知书", "听通", "第四十八条"),
    "hearing_announcement": Kind("proceeding", "听证公告", "听公", "第四十六条", served=False),
    "hearing_minutes": Kind("proceeding", "听证笔录", "听录", "第四十八条"),
    "third_party": Kind("proceeding", "利害关系人告知书", "利", "第三十六条"),
    "expert_opinion": Kind("proceeding", "专家评审意见书", "评"),
    "consultation": Kind("proceeding", "征求意见函", "函"),
    "discussion": Kind("proceeding", "集体讨论笔录", "议"),
    "acceptance": Kind("acceptance", "受理通知书", "受", "第三十二条"),
    "refusal": Kind("refusal_to_accept", "不予受理决定书", "不受", "第三十二条"),
    "granted": Kind("decision_granted", "准予决定书", "准", "第三十八条第一款"),
    "denied": Kind("decision_denied", "不予决定书", "不准", "第三十八条第二款"),
    "withdrawal": Kind("withdrawal", "准予撤回通知书", "撤"),
    "forwarded": Kind("forwarding", "初审转报通知书", "转", "第三十五条"),
    "revoked": Kind("certificate_ended", "撤销决定书", "撤销"),
    "recalled": Kind("certificate_ended", "撤回决定书", "撤回"),
    "withdrawn_licence": Kind("certificate_ended", "吊销决定书", "吊"),
    "cancelled": Kind("certificate_ended", "注销决定书", "注"),
    "promise": Kind("promise_letter", "承诺书", "诺", served=False),
    "gap_receipt": Kind("receipt", "容缺材料接收凭证", "缺收", served=False),
    "gap_lapse": Kind("gap_lapse", "视为撤回通知书", "视撤"),
    "later_check": Kind("later_check", "事后核查记录", "后核", served=False),
    "correction_order": Kind("correction_order", "责令限期改正通知书", "改"),
    "delivery": Kind("delivery", "送达回证", "送", served=False),
    "transfer": Kind("transfer", "移送通知书", "移"),
}


def number_of(case: Case, nature: str, nth: int = 1) -> str:
    """Organ's short name, nature, year of the act (GB/T 9704) and the case's serial: unique without a counter.

    In a later year the serial begins with the case's own year: another case bears the plain one then.
    """
    organ = case.agency.short_name.removeprefix("区").removesuffix("局").removesuffix("分局") or case.agency_id
    again = f"-{nth}" if nth > 1 else ""
    year = clock.today().year
    serial = case.number[8:15] if case.number[6:8] == f"{year % 100:02d}" else case.number[6:15]
    return f"{settings.DISTRICT_NAME[0]}{organ}{nature}字〔{year}〕第{serial}号{again}"


def title_of(case: Case, kind: str) -> str:
    licence = "行政许可" if case.guide.kind == "行政许可" else ""
    if kind in {"revoked", "recalled", "cancelled"} and licence:
        return KINDS[kind].title.replace("决定书", f"{licence}决定书")
    change = CHANGES[case.guide.concerns.act] if case.guide.concerns else ""
    if change:
        return {"granted": f"准予{change}{licence}决定书", "denied": f"不予{change}{licence}决定书"}.get(
            kind, KINDS[kind].title
        )
    titles = {"granted": f"准予{licence}决定书", "denied": f"不予{licence}决定书"}
    return titles.get(kind, KINDS[kind].title)


def paper(case: Case, kind: str, *, by: ledger.Actor, nth: int = 1, **facts: Any) -> dict[str, Any]:
    """What goes into the ledger row: number, facts and signature. The PDF is made from it at the first look.

    It reads the case with its version, agency, site and mandate, and nothing else.
    """
    agency: Agency = case.agency
    contacts = case.guide.contacts
    whole = {
        "title": title_of(case, kind),
        "number": number_of(case, KINDS[kind].nature, nth),
        "case_number": case.number,
        "organ": agency.name,
        # A guide of before a transfer names the lines of the organ that had the power then.
        "organ_phone": (contacts.consult if case.guide.agency == agency.pk else "") or agency.phone,
        "complaint_phone": contacts.complain or COMPLAINTS,
        "officer": by.name if isinstance(by, Principal) and by.is_staff else "",
        "applicant": case.applicant_name,
        "agent": case.mandate.agent.name if case.mandate else "",
        "place": case.site.name if case.site else "",
        "submitted_on": deadlines.on(case.submitted_at).isoformat() if case.submitted_at else "",
        "accepted_on": deadlines.on(case.accepted_at).isoformat() if case.accepted_at else "",
        "item": case.guide.name,
        "item_kind": case.guide.kind,
        **_basis(case, kind),
        "date": clock.today().isoformat(),
        "time": clock.now().astimezone(clock.SHANGHAI).strftime("%H:%M"),
        "remedies": case.guide.remedies.model_dump(),
        "review_organ": _review_organ(case),
        # A utility or a notary decides no administrative act: nobody is sent to 复议 about it.
        "administrative": bool(case.guide.remedies.reconsideration or not case.guide.complete),
        "verify_url": f"{settings.PUBLIC_URL}/verify/",
        "sandbox": settings.SANDBOX,
        "provisional": _provisional(facts),
        **facts,
    }
    sealed = papers.seal_facts(KINDS[kind].template, whole)
    return {
        "kind": kind, "facts": whole,
        "template_digest": sealed.template_digest, "signature": sealed.signature, "key_id": sealed.key_id,
    }  # fmt: skip


# Facts that are days a period ends on.
COUNTED = ("due_on", "promised_on", "until", "before", "answer_by", "gap_until", "correct_by", "check_until")


def _provisional(facts: dict[str, Any]) -> str:
    """Years a paper names whose holidays nobody knows yet: its days are 暂定 then, and it must say so."""
    days = [day for key in COUNTED if (day := facts.get(key))]
    known = clock.calendar().official if days else frozenset()
    this = clock.today().year
    return "、".join(sorted({day[:4] for day in days if int(day[:4]) > this and int(day[:4]) not in known}))


def _basis(case: Case, kind: str) -> dict[str, list[str]]:
    """The item's own, and with it what the act itself stands on: words of the item, else 行政许可法 for a licence."""
    guide, article = case.guide, KINDS[kind].article
    own: Sequence[Citation] = guide.intake.basis if kind in {"correction", "acceptance", "refusal"} else ()
    if kind == "extension" and guide.extension:
        own = guide.extension.basis
    act = [f"{cite.law}{cite.article}" for cite in own]
    if article and not act and guide.kind == "行政许可":
        act = [LICENCE_LAW + article]
    item = [f"{cite.law}{cite.article}" for cite in guide.basis]
    return {"basis": list(dict.fromkeys([*item, *act])), "act_basis": act}


def _review_organ(case: Case) -> str:
    """复议机关, as the item's own words name it for a refusal; it is the same for what else is decided."""
    named = REVIEW_ORGAN.search(case.guide.remedies.reconsideration)
    return named[1] if named else "有管辖权的人民政府"


def paper_of(entry: Entry) -> Paper | None:
    """The paper the act issued, made into a row the first time anyone needs it."""
    issued = entry.data.get("paper")
    if issued is None:
        return None
    kind = KINDS[issued["kind"]]
    return papers.issue_paper(
        kind=issued["kind"],
        title=issued["facts"]["title"],
        template=kind.template,
        subject=entry.subject,
        entry_id=entry.pk,
        number=issued["facts"]["number"],
        facts=issued["facts"],
        issued_at=entry.at,
        sealed=papers.Sealed(issued["template_digest"], issued["signature"], issued["key_id"]),
    )


def handed_in(case: Case) -> list[dict[str, Any]]:
    """材料清单: every paper with its count and form, as receipts and acceptances list it."""
    names = {material.key: material.name for material in case.guide.materials}
    with (
        connection.cursor() as cursor
    ):  # on the road of every receipt and acceptance: the ORM costs three times as much
        cursor.execute(
            "SELECT material, paper_form, count(*) FROM cases_casepaper WHERE case_id = %s AND removed_at IS NULL "
            "GROUP BY material, paper_form ORDER BY min(added_at)",
            [case.pk],
        )
        rows = cursor.fetchall()
    forms = {"": "电子", "original": "原件", "copy": "复印件"}
    return [
        {"name": names.get(material, material), "count": count, "form": forms.get(paper_form, paper_form)}
        for material, paper_form, count in rows
    ]
