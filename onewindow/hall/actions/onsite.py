"""现场名额: 导办台 and windows book for who stands there or telephones, on the places kept for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet

from onewindow.accounts.models import Person, Site, User
from onewindow.accounts.principal import Principal
from onewindow.catalogue.models import Item
from onewindow.hall.actions import booking
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.actions.rostering import manages
from onewindow.hall.models import Booking, Rules, Slot
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger

Channel = Booking.Channel
# Minutes before its time from which a slot's places may be anybody's, at most.
EARLIEST = 24 * 60


@dataclass(frozen=True)
class Guest:
    """Who comes: by card, or by name and phone."""

    person: Person | None
    name: str
    phone: str


def usher(booking_: Booking, by: Principal) -> bool:
    return any(post.site == booking_.slot.queue.site_id for post in by.posts)


@transaction.atomic
def book(slot: Slot, guest: Guest, *, number: str, by: Principal, item: Item | None = None, people: int = 1) -> Booking:
    """`number` was chosen by the page: the same press, twice or at once, is one booking."""
    site = slot.queue.site_id
    if not any(post.site == site for post in by.posts):
        raise PermissionDenied("只能给自己大厅的来人预约。")
    if made := Booking.objects.filter(number=number).first():
        return made
    _ensure_sound(slot, guest, people)
    channel = _take(slot, people)
    if guest.person and _has(slot, guest.person):
        raise ValueError(f"{guest.name} 已经约了这个时段。")
    made = Booking(
        number=number, slot=slot, channel=channel, item=item, person=guest.person, people=people, phone=guest.phone,
        guest="" if guest.person else guest.name, state=Booking.State.BOOKED, made_by_id=by.user_id,
        user=User.objects.filter(person=guest.person).first() if guest.person else None,
    )  # fmt: skip
    made.save(force_insert=True)
    said = {"slot": str(slot), "state": made.get_state_display(), "channel": "desk"}
    ledger.record(made, "booking.made", by=by, data=said)
    return made


def _ensure_sound(slot: Slot, guest: Guest, people: int) -> None:
    if slot.starts <= clock.now():
        raise ValueError("这个时段已经开始，请选以后的时段，或者直接取号。")
    authority.ensure_reachable(slot.queue.site_id, slot.starts)
    if len(guest.name.strip()) < 2 or not (guest.person or guest.phone):
        raise ValueError("请读身份证，或者填姓名和手机号，才能发预约号、改时间。")
    if not 1 <= people <= 20:
        raise ValueError("一次约 1 到 20 人。")


def _take(slot: Slot, people: int) -> str:
    """The places kept for the hall; once what was left has been released, those as well."""
    for channel in (Channel.ONSITE, Channel.ONLINE) if is_released(slot) else (Channel.ONSITE,):
        if booking.take_places(slot, people, channel):
            return channel
    booking.ensure_not_closed(slot)
    raise ValueError("这个时段的现场名额已经约完，请换一个时段。网上的名额只能在网上约。")


def _has(slot: Slot, person: Person) -> bool:
    """The slot's row is locked by the places just taken."""
    return slot.bookings.filter(person=person, state__in=Booking.LIVE).exists()


def is_released(slot: Slot) -> bool:
    minutes = rules_of(slot.queue.site).release_minutes
    return bool(minutes) and slot.starts - timedelta(minutes=minutes) <= clock.now()


def set_release(site: Site, minutes: int, *, by: Principal) -> None:
    if not manages(by, site.pk):
        raise PermissionDenied("预约容量由大厅管理调整。")
    if not 0 <= minutes <= EARLIEST:
        raise ValueError(f"请填 0 到 {EARLIEST} 之间的分钟数，0 是不放。")
    with transaction.atomic():
        before = rules_of(site).release_minutes
        Rules.objects.update_or_create(site=site, defaults={"release_minutes": minutes})
        said = {"before": before, "after": minutes}
        ledger.record(("site", site.pk), "slots.release", by=by, data=said)


def release() -> int:
    """What the hall has not booked so long before is offered online, first to whoever waits. How many times changed."""
    changed = 0
    for rules in Rules.objects.filter(release_minutes__gt=0):
        changed += sum(_release(slot) for slot in _due(rules))
    return changed


def _due(rules: Rules) -> QuerySet[Slot]:
    now = clock.now()
    soon = Slot.objects.filter(queue__site=rules.site_id, starts__gt=now, closed_at=None)
    return soon.filter(starts__lte=now + timedelta(minutes=rules.release_minutes), onsite__gt=F("taken_onsite"))


@transaction.atomic
def _release(slot: Slot) -> bool:
    """One guarded statement: what is taken at that moment stays with the hall."""
    free = Slot.objects.filter(pk=slot.pk, closed_at=None, onsite__gt=F("taken_onsite"))
    if not free.update(online=F("online") + F("onsite") - F("taken_onsite"), onsite=F("taken_onsite")):
        return False
    data = {"before": (slot.online, slot.onsite), "why": "现场名额到时放出"}
    ledger.record(("slot", str(slot.pk)), "slot.released", by=booking.CLOCK, data=data)
    booking.offer_next(slot)
    return True
