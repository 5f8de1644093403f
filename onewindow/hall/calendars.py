"""Bookings as iCalendar (RFC 5545): lines folded at 75 octets, text escaped, times in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from icalendar import Calendar, Event

from onewindow.hall.models import Booking
from onewindow.kernel import clock


def of(bookings: Iterable[Booking]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//OneWindow//预约//ZH")
    calendar.add("version", "2.0")
    for booking in bookings:
        event = Event()
        event.add("uid", f"{booking.number}@onewindow")
        event.add("sequence", booking.revision)
        event.add("dtstamp", clock.now().astimezone(UTC))
        event.add("dtstart", _utc(booking.slot.starts))
        event.add("dtend", _utc(booking.slot.ends))
        what = booking.item or booking.slot.queue
        event.add("summary", f"{what}（{booking.slot.queue.zone.name}）")
        event.add("location", f"{booking.slot.queue.site.name} {booking.slot.queue.site.address}".strip())
        event.add("description", f"预约号 {booking.number}，到大厅取号机签到。")
        cancelled = booking.state not in {Booking.State.BOOKED, Booking.State.ARRIVED}
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
