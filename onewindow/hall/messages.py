"""What people of the hall are told: a place is free, a time is closed, the roster names one, a colleague asks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from onewindow.accounts.models import User
from onewindow.hall.models import Booking
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

# Acts that give or take duties; before the publishing of a roster nobody is told.
ROSTER = {"roster.published", "roster.assigned", "roster.removed", "roster.replaced", "roster.rewritten"}


def on_entry(entry: Entry) -> None:
    if entry.event == "booking.made" and entry.data.get("channel") == "desk":
        _confirm(entry, "booking_made")
    elif entry.event == "booking.moved" and _at_desk(entry):
        _confirm(entry, "booking_moved")
    elif entry.event == "booking.offered":
        until = datetime.fromisoformat(entry.data["until"]).astimezone(clock.SHANGHAI)
        _tell(entry, "booking_offered", due_on=f"{until:%-H:%M}")
    elif entry.event == "booking.displaced":
        starts = datetime.fromisoformat(entry.data["starts"]).astimezone(clock.SHANGHAI)
        _tell(entry, "booking_displaced", due_on=f"{starts:%-m月%-d日 %H:%M}", what=entry.data["why"])
    elif entry.event in ROSTER and entry.data["users"]:
        _tell_officers(entry, User.objects.filter(pk__in=entry.data["users"]), "roster_published")
    elif entry.event == "swap.asked":
        _tell_officers(entry, User.objects.filter(pk=entry.data["of"]), "swap_asked")


def _at_desk(entry: Entry) -> bool:
    return Booking.objects.filter(number=entry.subject, made_by__isnull=False).exists()


def _confirm(entry: Entry, template: str) -> None:
    """What was booked at the desk, on the phone of whoever it is for."""
    slot = Booking.objects.select_related("slot__queue__site").get(number=entry.subject).slot
    starts = slot.starts.astimezone(clock.SHANGHAI)
    _tell(entry, template, due_on=f"{starts:%-m月%-d日 %H:%M}", what=slot.queue.site.name)


def _tell(entry: Entry, template: str, **context: str) -> None:
    booking = Booking.objects.select_related("user", "item", "slot__queue").get(number=entry.subject)
    what = str(booking.item or booking.slot.queue)
    link = f"/my/bookings/{booking.number}/" if booking.user_id else ""
    notify(
        user=booking.user, phone=booking.phone, template=template, subject=booking.number, entry=entry.pk, link=link,
        context={"item": what, "number": booking.number} | context,
    )  # fmt: skip


def _tell_officers(entry: Entry, users: QuerySet[User], template: str) -> None:
    for user in users.order_by("pk"):
        notify(
            user=user, template=template, context={"agent": entry.actor_name}, subject=entry.subject, entry=entry.pk,
            link="/desk/duties/",
        )  # fmt: skip
