"""团队预约: a firm books several places in one time for a list of people, all or none; each may be cancelled alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.catalogue.models import Item
from onewindow.hall.actions import booking
from onewindow.hall.models import Booking, Party, Slot
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger

# People of one party, and parties somebody may have ahead.
PEOPLE, PARTIES = 20, 3


@dataclass(frozen=True)
class Guest:
    name: str
    item: Item | None = None


@transaction.atomic
def book(slot: Slot, *, name: str, guests: Sequence[Guest], by: Principal) -> Party:
    """The places are taken by one guarded statement; with one too few nobody is booked."""
    name = name.strip()[:60]
    _ensure_sound(slot, name, guests, by)
    if not booking.take_places(slot, len(guests), Booking.Channel.ONLINE):
        booking.ensure_not_closed(slot)
        slot.refresh_from_db()
        raise ValueError(
            f"这个时段只剩 {max(0, slot.left)} 个名额，不够 {len(guests)} 人，一个也没有约。请换一个时段。"
        )
    party = Party.objects.create(user_id=by.user_id, name=name)
    for guest in guests:
        made = Booking(slot=slot, user_id=by.user_id, item=guest.item, party=party, guest=guest.name)
        made.state = Booking.State.BOOKED
        made.save(force_insert=True)
        data = {"slot": str(slot), "state": made.get_state_display(), "party": name}
        ledger.record(made, "booking.made", by=by, data=data)
    return party


def _ensure_sound(slot: Slot, name: str, guests: Sequence[Guest], by: Principal) -> None:
    if len(name) < 2:
        raise ValueError("请写单位或团队的名称。")
    if slot.starts <= clock.now():
        raise ValueError("这个时段已经开始，请选以后的时段。")
    authority.ensure_reachable(slot.queue.site_id, slot.starts)
    if until := booking.barred_until(by.user_id):
        raise ValueError(f"因多次预约没有来，{until:%-m月%-d日} 之前请到现场取号。")
    if not 2 <= len(guests) <= PEOPLE:
        raise ValueError(f"团队预约是 2 到 {PEOPLE} 人，现在是 {len(guests)} 人。")
    if twice := {guest.name for guest in guests if [other.name for other in guests].count(guest.name) > 1}:
        raise ValueError(f"“{'、'.join(sorted(twice))}”写了两次。")
    ahead = Party.objects.filter(
        user=by.user_id, bookings__state=Booking.State.BOOKED, bookings__slot__starts__gt=clock.now()
    )
    if ahead.distinct().count() >= PARTIES:
        raise ValueError(f"您已有 {PARTIES} 个团队预约，请先办完或取消。")
    for guest in guests:
        if guest.item and not booking.may_come(guest.item, None):
            raise booking.PrereviewFirst(guest.item)
