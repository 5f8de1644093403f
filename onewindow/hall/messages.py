"""What somebody on the waiting list 候补 is told: the place is kept for half an hour only."""

from __future__ import annotations

from datetime import datetime

from onewindow.hall.models import Booking
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify


def on_entry(entry: Entry) -> None:
    if entry.event != "booking.offered":
        return
    booking = Booking.objects.select_related("user", "item", "slot__queue").get(number=entry.subject)
    until = datetime.fromisoformat(entry.data["until"]).astimezone(clock.SHANGHAI)
    what = str(booking.item or booking.slot.queue)
    notify(
        user=booking.user,
        template="booking_offered",
        context={"item": what, "number": booking.number, "due_on": f"{until:%-H:%M}"},
        subject=booking.number,
        entry=entry.pk,
        link=f"/my/bookings/{booking.number}/",
    )
