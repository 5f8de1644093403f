"""What those who apply together are told: the invitation, what happens to the case, and that they are asked again."""

from __future__ import annotations

from typing import Any

from onewindow.cases.messages import TOLD, recipient
from onewindow.cases.models import Case, Party
from onewindow.kernel import secrecy
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

# To the applicant, by the answer of one of them.
ANSWERS = {"case.party_confirmed": "party_confirmed", "case.party_declined": "party_declined"}


def on_entry(entry: Entry) -> None:
    if entry.kind != "case":
        return
    if entry.event == "case.party_invited":
        _invite(entry)
    elif entry.event in ANSWERS:
        case = _case(entry)
        user, phone = recipient(case)
        if Party.objects.get(pk=entry.data["party"]).confirmed_how != Party.How.WINDOW:
            notify(user=user, phone=phone, template=ANSWERS[entry.event], **_shared(case, entry))
    elif entry.event == "case.confirmations_voided":
        case = _case(entry)
        for party in case.parties.current().filter(pk__in=entry.data["parties"]).select_related("user"):
            _tell(party, "party_again", case, entry)
    elif entry.event in TOLD and not entry.data.get("quiet"):
        case = _case(entry)
        for party in case.parties.current().filter(joined_at__isnull=False).select_related("user"):
            _tell(party, "party_news", case, entry)


def _case(entry: Entry) -> Case:
    return Case.objects.select_related("item", "filed_by").get(number=entry.subject)


def _invite(entry: Entry) -> None:
    """To the number the applicant gave; the link itself is passed on by the applicant too."""
    case, party = _case(entry), Party.objects.get(pk=entry.data["party"])
    if party.phone:
        shared = _shared(case, entry) | {"link": f"/parties/{party.number}/"}
        notify(phone=party.phone, template="party_invited", **shared)


def _tell(party: Party, template: str, case: Case, entry: Entry) -> None:
    shared = _shared(case, entry) | {"link": f"/parties/{party.number}/"}
    phone = "" if party.user else party.phone or (party.person.phone if party.person else "")
    if party.user or phone:
        notify(user=party.user, phone=phone, template=template, **shared)


def _shared(case: Case, entry: Entry) -> dict[str, Any]:
    facts = {"item": str(case.item), "number": case.number, "applicant": secrecy.mask_name(case.applicant_name)}
    return {"context": facts, "subject": case.number, "entry": entry.pk, "link": f"/my/cases/{case.number}/"}
