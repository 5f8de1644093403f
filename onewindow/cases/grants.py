"""许可公示: a decision that grants a licence is public and anybody may look it up (行政许可法 §40).

With the decision, so well within the seven working days of 双公示. Never where the guide says that it is not public.
"""

from __future__ import annotations

import unicodedata
from datetime import date

from django.db.models import Q, QuerySet

from onewindow.cases.models import Case, Grant
from onewindow.catalogue.guide import Guide
from onewindow.documents import verification
from onewindow.documents.models import Certificate
from onewindow.kernel.models import Entry

DECIDED = {"case.granted", "case.deemed_renewed"}


def is_public(guide: Guide) -> bool:
    """By its nature: a licence, unless the guide keeps it back; that one gave its licence up is said at the licence."""
    gives_up = guide.concerns is not None and guide.concerns.act == "cancel"
    return guide.kind == "行政许可" and guide.publicity != "none" and not gives_up


def on_entry(entry: Entry) -> None:
    """A subscriber of the ledger; the unique row keeps a repeated one to one line."""
    if entry.event not in DECIDED:
        return
    case = Case.objects.select_related("version", "organisation").get(number=entry.subject)
    if not is_public(case.guide):
        return
    facts = entry.data["paper"]["facts"]
    issued = Certificate.objects.select_related("agency", "managed_by").filter(number=facts["certificate"]).first()
    holder = verification.shown(issued).holder if issued else case.applicant_masked
    Grant.objects.get_or_create(
        entry=entry.pk,
        defaults={
            "case": case, "item_id": case.item_id, "item_name": facts["item"], "agency_id": case.agency_id,
            "number": facts["number"], "holder": holder, "certificate": issued,
            "credit_code": case.organisation.credit_code if case.organisation else "",
            "decided_on": date.fromisoformat(facts["date"]), "pairs": pairs(f"{holder} {facts['item']}"),
        },
    )  # fmt: skip


def pairs(words: str) -> list[str]:
    plain = _plain(words)
    return sorted({two for at in range(len(plain) - 1) if " " not in (two := plain[at : at + 2])})


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).upper().split())


def public() -> QuerySet[Grant]:
    """Newest first; an item that is kept back now is kept back for what was granted before, too."""
    rows = Grant.objects.filter(item__grants_hidden=False).order_by("-pk")
    return rows.select_related("item", "agency", "certificate__managed_by").defer(
        "pairs", "certificate__facts", "certificate__signature"
    )


def sought(words: str) -> Q:
    """Part of a holder's or an item's name, or a whole number: of the decision, the licence, the body."""
    plain = _plain(words)
    number = plain.replace(" ", "")
    found = Q(number=words.strip()) | Q(certificate__number=number) | Q(credit_code=number)
    two = pairs(words)
    return found | Q(pairs__contains=two) if two else found
