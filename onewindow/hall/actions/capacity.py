"""预约容量: more or fewer places in a slot, never fewer than are booked; a slot closed tells everybody who had one."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.hall.actions import booking
from onewindow.hall.actions.rostering import manages
from onewindow.hall.models import Booking, Slot
from onewindow.kernel import clock, ledger, secrecy
from onewindow.kernel.flow import Conflict

# Bookings named in one refusal.
NAMED = 6
MOST = 999


class TooFew(ValueError):
    """More are booked than places are wanted; says who."""


def set_places(slot: Slot, *, online: int, onsite: int, by: Principal) -> Slot:
    """One guarded statement: of a manager and somebody who books at that moment one is refused."""
    _ensure_keeper(slot, by)
    if not (0 <= online <= MOST and 0 <= onsite <= MOST):
        raise ValueError(f"名额是 0 到 {MOST}。")
    before = (slot.online, slot.onsite)
    with transaction.atomic():
        room = Slot.objects.filter(pk=slot.pk, taken_online__lte=online, taken_onsite__lte=onsite)
        if not room.update(online=online, onsite=onsite):
            slot.refresh_from_db()
            raise TooFew(_who(slot, online, onsite))
        data = {"before": before, "after": (online, onsite)}
        ledger.record(("slot", str(slot.pk)), "slot.resized", by=by, data=data)
        slot.refresh_from_db()
        booking.offer_next(slot)
    return slot


def _who(slot: Slot, online: int, onsite: int) -> str:
    said = []
    for channel, wanted, taken in (("online", online, slot.taken_online), ("onsite", onsite, slot.taken_onsite)):
        if taken > wanted:
            said.append(f"{Booking.Channel(channel).label}已约出 {taken} 个，不能改成 {wanted} 个")
    names = [f"{each.number} {name_of(each)}" for each in booked(slot)[: NAMED + 1]]
    more = "等" if len(names) > NAMED else ""
    return f"{'；'.join(said)}。已预约的：{'、'.join(names[:NAMED])}{more}。可以请他们改约，或关闭这个时段。"


def booked(slot: Slot) -> list[Booking]:
    """Who holds a place, in the order they booked."""
    held = slot.bookings.filter(state__in=Booking.HOLDING).select_related("person", "user", "item", "case")
    return list(held.order_by("pk"))


def name_of(each: Booking) -> str:
    known = each.person or each.user
    return secrecy.mask_name(each.guest or (known.name if known else "") or "市民")


def close(slots: Iterable[Slot], *, why: str, by: Principal) -> int:
    """关闭时段: nobody books any more, and who had is told and offered other times. How many were told.

    Closed first, then each booking in a transaction of its own, in the order its holder would take; whoever slipped in
    between is found by `tasks.sweep`, as after a crash.
    """
    why = why.strip()[:60]
    if len(why) < 2:
        raise ValueError("请写关闭的原因，已预约的人会看到。")
    chosen = list(slots)
    for slot in chosen:
        _ensure_keeper(slot, by)
        with transaction.atomic():
            if Slot.objects.filter(pk=slot.pk, closed_at=None).update(closed_at=clock.now(), closed_why=why):
                ledger.record(("slot", str(slot.pk)), "slot.closed", by=by, data={"why": why})
    return displace_all(Booking.objects.filter(slot__in=[slot.pk for slot in chosen]))


def displace_all(bookings: Iterable[Booking]) -> int:
    """Of closed slots: every live booking moves to “请改约”, once."""
    moved = 0
    known = bookings.filter(state__in=Booking.LIVE, slot__closed_at__isnull=False)  # type: ignore[attr-defined]
    for each in known.select_related("slot").order_by("pk"):
        try:
            booking.displace(each, by=booking.CLOCK, why=each.slot.closed_why)
            moved += 1
        except Conflict:  # cancelled at the same moment
            continue
    return moved


def reopen(slot: Slot, *, by: Principal) -> None:
    """重新开放: who was asked to choose another time is not called back."""
    _ensure_keeper(slot, by)
    with transaction.atomic():
        if Slot.objects.filter(pk=slot.pk, closed_at__isnull=False).update(closed_at=None, closed_why=""):
            ledger.record(("slot", str(slot.pk)), "slot.reopened", by=by, data={})


def _ensure_keeper(slot: Slot, by: Principal) -> None:
    if not manages(by, slot.queue.site_id):
        raise PermissionDenied("预约容量由大厅管理调整。")


def others(each: Booking, most: int = 6) -> list[Slot]:
    """The next times of the same business that have room for the party."""
    later = Slot.objects.filter(queue=each.slot.queue_id, starts__gt=clock.now(), closed_at=None)
    later = later.exclude(pk=each.slot_id).select_related("queue").order_by("starts")
    return [slot for slot in later[:200] if slot.left >= each.people][:most]
