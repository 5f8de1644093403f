"""制证: the certificate of a grant, and what it does to the certificate it is about (行政许可法 §39, §49, §50, §70)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings

from onewindow.accounts import divisions
from onewindow.cases import concerning
from onewindow.cases.models import Case
from onewindow.documents import certificates
from onewindow.documents.models import Certificate
from onewindow.kernel import clock, secrecy
from onewindow.kernel.flow import WrongState
from onewindow.kernel.forms import display_values
from onewindow.kernel.ledger import Actor


def certify(case: Case, by: Actor, months: int | None = None) -> dict[str, Any]:
    """Issue what the item issues; the certificate it is about ends in the same transaction. Facts for the decision.

    `months`: how long it is valid where a standard of discretion left that to the decision.
    """
    old = case.concerns
    if problem := concerning.fault(case, old):
        raise WrongState(case, f"{problem}，不能准予。")
    shown = display_values(case.guide.form, case.form, divisions.in_full)
    issued, shows = _issue(case, by, months, shown), case.guide.result.shows
    facts: dict[str, Any] = {
        "result": case.guide.result.name,
        # 内容和范围, as the certificate has it too.
        "content": "；".join(f"{label}：{shown[key]}" for label, key in shows.items() if shown.get(key)),
        "certificate": issued.number if issued else "",
        "valid_until": issued.valid_until.isoformat() if issued and issued.valid_until else "",
    }
    if old is None or case.guide.concerns is None:
        return facts
    act = concerning.word(case.guide.concerns)
    if case.guide.concerns.act == "cancel" or issued is None:
        certificates.cancel(old, by=by, ground="持证人申请注销")
    else:
        certificates.supersede(old, by=by, ground=f"{act}，换发新证", successor=issued)
    return facts | {"change": act, "old_certificate": old.number, "old_type": old.type_name}


def _until(case: Case, months: int | None) -> date | None:
    """A renewal goes on where the old one ends; a change or a reissue keeps its end."""
    concerns, old = case.guide.concerns, case.concerns
    if concerns and old and concerns.act in {"change", "reissue"}:
        return old.valid_until
    months = months or case.guide.result.valid_months
    if not months:
        return None
    start = clock.today()
    if concerns and old and concerns.act == "renew" and old.valid_until:
        start = old.valid_until
    return clock.add_months(start, months)


def _issue(case: Case, by: Actor, months: int | None, shown: dict[str, str]) -> Certificate | None:
    result = case.guide.result
    if result.kind not in {"certificate", "document"}:
        return None
    today, until = clock.today(), _until(case, months)
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
