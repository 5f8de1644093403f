"""The certificate a change, renewal, reissue or cancellation is about, and a renewal's days (行政许可法 §49, §50)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from onewindow.cases.models import OPEN_STATES, Case
from onewindow.catalogue.afterwards import CHANGES, Concerns
from onewindow.catalogue.models import Item
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.forms import SECRET_KINDS


def held(case: Case) -> QuerySet[Certificate]:
    """The applicant's own certificates this item can be about, those that run out first on top."""
    assert case.guide.concerns is not None
    own = Q(organisation_id=case.organisation_id) if case.organisation_id else Q(person_id=case.person_id)
    if case.organisation_id is None:
        own &= Q(organisation__isnull=True)
    found = Certificate.objects.filter(own, type_name__in=case.guide.concerns.certificates)
    return found.filter(state=Certificate.State.VALID).select_related("agency").order_by("valid_until", "pk")


def fault(case: Case, certificate: Certificate | None) -> str:
    """Why this case cannot be about it, in words that say what to do; "" when it can."""
    concerns = case.guide.concerns
    if concerns is None:
        return ""
    if certificate is None:
        return "还没有选是哪一张证照"
    if certificate.type_name not in concerns.certificates:
        return f"这张是“{certificate.type_name}”，这件事只办“{'、'.join(concerns.certificates)}”的{word(concerns)}"
    if certificate.state != Certificate.State.VALID:
        return f"这张证照{certificate.get_state_display()}，不能再{word(concerns)}"
    if concerns.act != "cancel" and not certificate.is_valid and case.submitted_at is None:
        return f"这张证照已过有效期，不能再{word(concerns)}。{concerns.late or '请重新申请新证。'}"
    return ""


def word(concerns: Concerns) -> str:
    return CHANGES[concerns.act]


def apply_by(certificate: Certificate, concerns: Concerns) -> date | None:
    """The last day to apply for renewal in time."""
    if concerns.act != "renew" or certificate.valid_until is None:
        return None
    return certificate.valid_until - timedelta(days=concerns.before_days)


def in_time(case: Case) -> bool:
    """Whether the renewal of a licence 许可 was applied for in time, or still can be."""
    concerns = case.guide.concerns
    if (
        concerns is None
        or case.guide.kind != "行政许可"
        or case.concerns is None
        or (last := apply_by(case.concerns, concerns)) is None
    ):
        return False
    asked = case.submitted_at
    return (asked.astimezone(clock.SHANGHAI).date() if asked else clock.today()) <= last


def lapsed_into_renewal(case: Case) -> bool:
    """视为准予延续: applied for in time, and no answer before the certificate ran out (行政许可法 §50)."""
    if not in_time(case):
        return False
    until = case.concerns.valid_until if case.concerns else None
    return until is not None and until < clock.today()


def told(case: Case) -> str:
    """What the day of expiry means for a renewal that is under way; "" otherwise."""
    until = case.concerns.valid_until if case.concerns else None
    if case.state not in OPEN_STATES or case.outcome or until is None or not in_time(case):
        return ""
    return f"原证 {until:%Y年%-m月%-d日} 到期，在那以前没有作出决定的，依法视为准予延续（行政许可法第五十条）。"


def variants(certificate: Certificate | None) -> list[tuple[str, Item]]:
    """(变更、延续 …, item): what can be applied for about it while it stands."""
    if certificate is None or certificate.state != Certificate.State.VALID:
        return []
    marks = {f"{act}:{certificate.type_name}": said for act, said in CHANGES.items()}
    items = Item.objects.filter(concerns__overlap=list(marks), complete=True).order_by("code")
    return [(marks[mark], item) for item in items for mark in item.concerns if mark in marks]


def filled(case: Case, certificate: Certificate, *, whole: bool) -> dict[str, Any]:
    """What the form can take over: the face of the certificate, and if it is the applicant's own, what was said then.

    Personal numbers are never taken over.
    """
    concerns = case.guide.concerns
    assert concerns is not None
    face: dict[str, Any] = {
        "number": certificate.number, "valid_from": certificate.valid_from.isoformat(),
        "valid_until": certificate.valid_until.isoformat() if certificate.valid_until else "",
    }  # fmt: skip
    earlier = Case.objects.select_related("version").filter(number=certificate.case_number).first() if whole else None
    kinds = {field.key: field.kind for field in earlier.guide.form.walk()} if earlier else {}
    found: dict[str, Any] = {}
    for field in case.guide.form.walk():
        source = concerns.fills.get(field.key, field.key)
        if field.key in concerns.fills and face.get(source):
            found[field.key] = face[source]
        elif earlier and kinds.get(source) == field.kind and field.kind not in SECRET_KINDS | {"group", "file"}:
            value = earlier.form.get(source)
            if value not in (None, "") and _fits(field, value):
                found[field.key] = value
    return found


def _fits(field: Any, value: Any) -> bool:
    return not field.choices or value in {choice.value for choice in field.choices}
