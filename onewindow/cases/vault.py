"""What the applicant has handed in or been issued before, offered again for the papers that ask for it by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, CasePaper
from onewindow.documents import papers
from onewindow.documents.models import Certificate, File
from onewindow.kernel.forms import SECRET_KINDS

OFFERED = 3


@dataclass(frozen=True)
class Kept:
    """`key` is what the page sends back: "paper:<uuid>" or "certificate:<number>"."""

    key: str
    title: str
    name: str
    since: datetime
    note: str


# Of the latest of so many cases, what was said then is offered now.
REMEMBERED = 5


def said_before(case: Case, principal: Principal) -> dict[str, Any]:
    """Known fact (FormField.prefill) → what the applicant wrote there last; personal numbers are never among them."""
    if not guards.applicant(case, principal):
        return {}
    mine = Case.objects.of_applicant(principal).filter(_owned(case), submitted_at__isnull=False).exclude(pk=case.pk)
    found: dict[str, Any] = {}
    for earlier in mine.select_related("version").order_by("-id")[:REMEMBERED]:
        for field in earlier.guide.form.walk():
            if field.prefill and field.kind not in SECRET_KINDS and (value := earlier.form.get(field.key)):
                found.setdefault(field.prefill, value)
    return found


def _owned(case: Case) -> Q:
    """Of the same person, or of the same body: what a firm handed in is not offered for its agent's own matters."""
    if case.organisation_id:
        return Q(organisation_id=case.organisation_id)
    return Q(person_id=case.person_id, organisation__isnull=True)


def offers(case: Case, titles: Iterable[str], principal: Principal) -> dict[str, list[Kept]]:
    """By title, newest first: only what the person could open anyway, own cases and own valid certificates."""
    wanted = set(titles)
    found: dict[str, list[Kept]] = {}
    if not wanted or not guards.applicant(case, principal):
        return found
    for certificate in _certificates(case, principal).filter(type_name__in=wanted).order_by("-issued_at"):
        if certificate.is_valid:
            note = f"电子证照 {certificate.number}"
            kept = Kept(
                f"certificate:{certificate.number}", certificate.type_name, certificate.type_name,
                certificate.issued_at, note,
            )  # fmt: skip
            found.setdefault(certificate.type_name, []).append(kept)
    for paper in _papers(case, principal).filter(title__in=wanted):
        assert paper.file is not None
        kept = Kept(f"paper:{paper.pk}", paper.title, paper.file.name, paper.added_at, f"办“{paper.case.item}”时交的")
        known = found.setdefault(paper.title, [])
        if len(known) < OFFERED and not any(each.name == kept.name and each.note == kept.note for each in known):
            known.append(kept)
    return found


def _certificates(case: Case, principal: Principal) -> QuerySet[Certificate]:
    """A neighbour's agent 代办 is offered what went through the agent's hands, not the neighbour's certificates."""
    if not case.organisation_id and case.person_id != principal.person_id:
        return Certificate.objects.none()
    return Certificate.objects.filter(_owned(case), state=Certificate.State.VALID)


def _papers(case: Case, principal: Principal) -> QuerySet[CasePaper]:
    mine = Case.objects.of_applicant(principal).filter(_owned(case)).exclude(pk=case.pk)
    clean = CasePaper.objects.filter(case__in=mine, removed_at__isnull=True, file__scan=File.Scan.CLEAN)
    return clean.select_related("file", "case__item").order_by("-added_at")


def take(case: Case, key: str, title: str, principal: Principal) -> File | None:
    """The file behind an offer, None when it is not one; a certificate's PDF is made now if nobody has looked yet."""
    if not guards.applicant(case, principal):
        return None
    kind, _, mark = key.partition(":")
    if kind == "certificate":
        own = _certificates(case, principal).filter(number=mark, type_name=title).first()
        return papers.certificate_pdf(own) if own and own.is_valid else None
    paper = next((each for each in _papers(case, principal).filter(title=title) if str(each.pk) == mark), None)
    return paper.file if paper else None
