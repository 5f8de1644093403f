"""A finished case invites its applicant to rate it."""

from __future__ import annotations

from datetime import datetime

from onewindow.cases.messages import recipient
from onewindow.cases.models import Case
from onewindow.feedback.actions import invite, invite_at_window
from onewindow.hall.models import Ticket
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify


def on_entry(entry: Entry) -> None:
    if entry.event == "ticket.done":
        _at_window(entry.subject)
    if entry.event not in {"case.finished", "case.finished_outside"}:
        return
    case = Case.objects.select_related("filed_by", "item").get(number=entry.subject)
    rating = invite(case)
    user, phone = recipient(case)
    notify(
        user=user,
        phone=phone,
        template="rating_invitation",
        context={"item": str(case.item), "number": case.number},
        subject=case.number,
        entry=entry.pk,
        link=f"/rate/{rating.token}/",
    )


def _at_window(subject: str) -> None:
    """Whichever door the number was finished through; the screen of the window asks, no message is sent."""
    site, day, number = subject.rsplit("-", 2)
    ticket = Ticket.objects.filter(site=site, day=datetime.strptime(day, "%Y%m%d").date(), number=number).first()
    if ticket:
        invite_at_window(ticket)
