"""What the neighbour is told of an errand, with the link to their own page; and the agent, when they stop it."""

from __future__ import annotations

from django.conf import settings

from onewindow.accounts.models import User
from onewindow.agents.models import Errand
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

TOLD = {
    "errand.entrusted": "errand_entrusted", "errand.paper_taken": "errand_paper_taken",
    "errand.returned": "errand_returned", "errand.paper_lost": "errand_paper_lost",
    "errand.finished": "errand_finished", "errand.dropped": "errand_dropped",
}  # fmt: skip


def on_entry(entry: Entry) -> None:
    template = TOLD.get(entry.event)
    if template is None:
        return
    errand = Errand.objects.select_related("item", "agent", "person").get(number=entry.subject)
    if errand.mandate_id is None:
        return
    account = User.objects.filter(person=errand.person_id, kind=User.Kind.CITIZEN, is_active=True).first()
    facts = {
        "agent": errand.agent.name, "item": str(errand.item), "number": errand.number,
        "receipt": entry.data.get("receipt", ""), "what": entry.data.get("paper", ""),
        "link": f"{settings.PUBLIC_URL}/errands/{errand.secret}/",
    }  # fmt: skip
    notify(
        template=template, context=facts, user=account, phone=errand.phone, subject=errand.number, entry=entry.pk,
        link=f"/errands/{errand.secret}/",
    )  # fmt: skip
