"""What the applicant is told when something happens to the case; the texts are data (data/xindu/notices.yaml)."""

from __future__ import annotations

from onewindow.cases.models import Case
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

# Ledger event → notice template.
TOLD = {
    "case.prereview_returned": "prereview_returned",
    "case.prereview_passed": "prereview_passed",
    "case.received": "received",
    "case.accepted": "accepted",
    "case.refused": "refused",
    "case.granted": "granted",
    "case.denied": "denied",
    "case.delivered": "delivered",
    "case.withdrawn": "withdrawn",
}


def on_entry(entry: Entry) -> None:
    template = TOLD.get(entry.event)
    if template is None:
        return
    case = Case.objects.select_related("filed_by", "item").get(number=entry.subject)
    notify(
        user=case.filed_by if case.channel == Case.Channel.ONLINE else None,
        phone=case.applicant_phone,
        template=template,
        context={"item": str(case.item), "number": case.number, "due_on": entry.data.get("due_on", "")},
        subject=case.number,
        entry=entry.pk,
        link=f"/my/cases/{case.number}/",
    )
