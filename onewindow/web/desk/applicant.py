"""Who applies at the window: the card that is read, or the visitor whose number is there; and what was scanned."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from onewindow.cases.actions import drafts
from onewindow.cases.models import Case
from onewindow.documents import files, uploads
from onewindow.documents.models import File
from onewindow.hall.actions import calling
from onewindow.hall.models import Ticket
from onewindow.web.account.guards import SignedIn

Scans = dict[str, list[File]]


def known(request: SignedIn) -> Ticket | None:
    """The number at the clerk's window, when it says who came."""
    ticket = calling.of_officer(request.principal)
    return ticket if ticket and ticket.visit.person else None


def said(request: SignedIn) -> dict[str, str]:
    """Name, number, phone: typed or read; of the number's holder when the clerk has looked at the card."""
    typed = {key: request.POST.get(f"applicant-{key}", "").strip() for key in ("name", "number", "phone")}
    ticket = known(request) if request.POST.get("number-holder") else None
    if ticket is None or str(ticket.pk) != request.POST["number-holder"]:
        return typed
    person = ticket.visit.person
    assert person is not None
    return {"name": person.name, "number": person.number, "phone": typed["phone"] or person.phone}


def scans(request: SignedIn) -> Scans:
    """By material: what was scanned now, and what was kept when the page came back with a fault."""
    owner = request.principal.key
    found: Scans = {}
    for name in request.FILES:
        if not name.startswith("scan-"):
            continue
        for sent in request.FILES.getlist(name):
            uploads.count(owner)
            kept = files.store(cast(BinaryIO, sent.file), sent.name or "扫描件", owner)
            found.setdefault(name.removeprefix("scan-"), []).append(kept)
    before = dict(pair.partition(" ")[::2] for pair in request.POST.getlist("scanned-before") if " " in pair)
    for file in File.objects.filter(pk__in=[pk for pk in before if _is_key(pk)], owner=owner):
        found.setdefault(before[str(file.pk)], []).append(file)
    return found


def _is_key(text: str) -> bool:
    return len(text) == 36 and set(text) <= set("0123456789abcdef-")


def keep(case: Case, scanned: Scans, *, by: Any) -> None:
    for key, kept in scanned.items():
        for file in kept:
            drafts.add_paper(case, key, file, by=by)
