"""What the applicant has handed in or been issued before, offered again for the papers that ask for it by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, CasePaper
from onewindow.catalogue.guide import Guide
from onewindow.documents import papers
from onewindow.documents.models import Certificate, File, PdfDigest
from onewindow.kernel import clock
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
OWN = ("person.", "organisation.")


def said_before(case: Case, principal: Principal) -> dict[str, Any]:
    """Known fact (FormField.prefill) → what the applicant wrote there last; no personal numbers, and of nobody else."""
    if not guards.applicant(case, principal):
        return {}
    mine = Case.objects.of_applicant(principal).filter(_owned(case), submitted_at__isnull=False).exclude(pk=case.pk)
    found: dict[str, Any] = {}
    for earlier in mine.select_related("version").order_by("-id")[:REMEMBERED]:
        for field in earlier.guide.form.walk():
            own = field.prefill.startswith(OWN) and field.kind not in SECRET_KINDS
            if own and (value := earlier.form.get(field.key)):
                found.setdefault(field.prefill, value)
    return found


def _owned(case: Case) -> Q:
    """Of the same person, or of the same body: what a firm handed in is not offered for its agent's own matters."""
    if case.organisation_id:
        return Q(organisation_id=case.organisation_id)
    return Q(person_id=case.person_id, organisation__isnull=True)


def offers(case: Case, titles: Iterable[str], principal: Principal) -> dict[str, list[Kept]]:
    """By title, newest first: only what the person could open anyway, own cases and own valid certificates."""
    fresh = freshness(case.guide)
    wanted = {title: fresh.get(title) for title in titles}
    if not wanted or not guards.applicant(case, principal):
        return {}
    return _offered(_certificates(case, principal), _papers(case, principal), wanted)


def freshness(guide: Guide) -> dict[str, int | None]:
    """Title → months after which a paper handed in is too old to be taken again; None: never."""
    return {paper.name: paper.fresh_months for paper in guide.materials}


def _is_old(paper: CasePaper, months: int | None) -> bool:
    return months is not None and clock.day_of(paper.added_at) < clock.add_months(clock.today(), -months)


def _offered(
    certificates: QuerySet[Certificate], handed_in: QuerySet[CasePaper], wanted: Mapping[str, int | None]
) -> dict[str, list[Kept]]:
    """`wanted`: title → months (`freshness`)."""
    found: dict[str, list[Kept]] = {}
    for certificate in certificates.filter(type_name__in=wanted).order_by("-issued_at"):
        if certificate.is_valid:
            note = f"电子证照 {certificate.number}"
            kept = Kept(
                f"certificate:{certificate.number}", certificate.type_name, certificate.type_name,
                certificate.issued_at, note,
            )  # fmt: skip
            found.setdefault(certificate.type_name, []).append(kept)
    for paper in handed_in.filter(title__in=wanted):
        assert paper.file is not None
        if _is_old(paper, wanted[paper.title]):
            continue
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
    return _clean(mine)


def _clean(cases: QuerySet[Case]) -> QuerySet[CasePaper]:
    """Not the PDF of a certificate that has ended since, or has run out: it would be handed in as if it held."""
    kept = CasePaper.objects.filter(case__in=cases, removed_at__isnull=True, file__scan=File.Scan.CLEAN)
    over = ~Q(certificate__state=Certificate.State.VALID) | Q(certificate__valid_until__lt=clock.today())
    ended = PdfDigest.objects.filter(over, sha256=OuterRef("file__sha256"))
    return kept.exclude(Exists(ended)).select_related("file", "case__item").order_by("-added_at")


def take(case: Case, key: str, title: str, principal: Principal) -> File | None:
    """The file behind an offer, None when it is not one; a certificate's PDF is made now if nobody has looked yet."""
    if not guards.applicant(case, principal):
        return None
    return _taken(case, _certificates(case, principal), _papers(case, principal), key, title)


def _taken(
    case: Case, certificates: QuerySet[Certificate], handed_in: QuerySet[CasePaper], key: str, title: str
) -> File | None:
    kind, _, mark = key.partition(":")
    if kind == "certificate":
        own = certificates.filter(number=mark, type_name=title).first()
        return papers.certificate_pdf(own) if own and own.is_valid else None
    paper = next((each for each in handed_in.filter(title=title) if str(each.pk) == mark), None)
    return paper.file if paper and not _is_old(paper, freshness(case.guide).get(title)) else None


def offers_at_window(person: Person, wanted: Mapping[str, int | None]) -> dict[str, list[Kept]]:
    """To the person whose card is on the counter; drafts never handed in stay theirs, a firm's papers the firm's."""
    return _offered(*_of(person), wanted)


def take_at_window(case: Case, key: str, title: str, by: Principal) -> File | None:
    """Not for whoever came instead 代办人: papers of other matters are the person's to give."""
    if case.channel != Case.Channel.DESK or case.person is None or case.organisation_id or case.mandate_id:
        return None
    return _taken(case, *_of(case.person), key, title) if guards.clerk(case, by) else None


def _of(person: Person) -> tuple[QuerySet[Certificate], QuerySet[CasePaper]]:
    own = {"person": person, "organisation": None}
    handed_in = _clean(Case.objects.filter(submitted_at__isnull=False, **own))
    return Certificate.objects.filter(state=Certificate.State.VALID, **own), handed_in
