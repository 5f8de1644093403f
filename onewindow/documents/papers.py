"""Papers of the acts 文书 and certificates 证照 as PDFs: made once, from the facts that were sealed at the act."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from onewindow.documents import files, seals
from onewindow.documents.facts import Sealed, check_facts, seal_facts
from onewindow.documents.models import Certificate, File, Issued, Paper, PdfDigest
from onewindow.documents.typesetting import render

__all__ = ["Sealed", "certificate_pdf", "check_facts", "issue_paper", "paper_pdf", "render", "seal_facts", "sealed_of"]

IssuedT = TypeVar("IssuedT", bound=Issued)
# The applicant's own words carry no seal of an organ, nor does what officers wrote for one another.
UNSEALED = frozenset({"application_form", "promise_letter", "approval_form"})


class Forged(Exception):
    """The facts in the database are not those that were sealed: no PDF is made from them."""


def issue_paper(
    *,
    kind: str,
    title: str,
    template: str,
    subject: str,
    entry_id: int,
    number: str,
    facts: dict[str, Any],
    issued_at: datetime,
    sealed: Sealed,
) -> Paper:
    """The row of the paper the ledger entry issued; asking again, or at once, gives the same row."""
    paper, _ = Paper.objects.get_or_create(
        entry=entry_id,
        defaults={
            "kind": kind, "title": title, "template": template, "subject": subject, "number": number,
            "facts": facts, "issued_at": issued_at, "template_digest": sealed.template_digest,
            "signature": sealed.signature, "key_id": sealed.key_id,
        },
    )  # fmt: skip
    return paper


def sealed_of(issued: Issued) -> Sealed:
    return Sealed(issued.template_digest, issued.signature, issued.key_id)


def paper_pdf(paper: Paper) -> File:
    with transaction.atomic():
        return _pdf(_locked(paper), paper.title)


def certificate_pdf(certificate: Certificate) -> File:
    """Also remembers the hash, so that the file is recognised when somebody drops it on the verification page."""
    with transaction.atomic():
        locked = _locked(certificate)
        file = _pdf(locked, certificate.type_name)
        PdfDigest.remember(file.sha256, locked)
        return file


def _locked(issued: IssuedT) -> IssuedT:
    """The row, locked: of many who ask at once the first makes the PDF and the others find it."""
    return type(issued)._default_manager.select_for_update(of=("self",)).get(pk=issued.pk)


def _pdf(issued: Issued, title: str) -> File:
    if issued.pdf is not None:
        return issued.pdf
    if not check_facts(issued.facts, sealed_of(issued)):
        raise Forged(f"{issued.number}：数据库中的内容与签发时封存的不一致，不能制作文书")
    pdf = render(issued.template, issued.facts, issued.template_digest)
    if issued.template not in UNSEALED:
        pdf = seals.signer().seal(pdf, organ=issued.facts["organ"], number=issued.number)
    issued.pdf = files.keep_made(pdf, f"{title} {issued.number}.pdf")
    type(issued)._default_manager.filter(pk=issued.pk).update(pdf=issued.pdf)
    return issued.pdf
