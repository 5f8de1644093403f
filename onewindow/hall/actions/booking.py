"""预约: a place taken, held, confirmed, moved, given back; never one more than there are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from onewindow.accounts.principal import Principal
from onewindow.cases.models import CLOSED_STATES, Case
from onewindow.cases.models import State as CaseState
from onewindow.catalogue.models import Item
from onewindow.hall.actions import drawing
from onewindow.hall.models import Booking, Slot, Ticket
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor, System

State = Booking.State
CLOCK = System("clock", "系统（预约）")
# Minutes a place is held while the form is filled, and offered to whoever waits for one.
HOLD, OFFER = 10, 30
# 爽约: so many in so many days, and nothing is booked online for so many days [GK].
MISSES, WITHIN, BARRED = 3, 90, 30
# A booking may be moved or cancelled until its time begins; live ones a person may have at once.
MOST = 5
# 预审前置: cases in these states have not been looked at, or are over.
NOT_LOOKED_AT = {CaseState.DRAFT, CaseState.RETURNED, CaseState.PREREVIEW, *CLOSED_STATES}
FULL = "这个时段刚刚约满了，请换一个时段，或者候补。"


class Full(ValueError):
    """No place is left; the waiting list is open."""

    def __init__(self) -> None:
        super().__init__(FULL)


class PrereviewFirst(ValueError):
    """预审前置: the item wants its papers looked at before anybody comes."""

    def __init__(self, item: Item) -> None:
        super().__init__(f"“{item}”要先在网上预审，预审通过以后再预约，来一次就能办完。")
        self.item = item


def holder(booking: Booking, by: Actor) -> bool:
    """Whose it is; what was booked at the desk is also changed there."""
    if not isinstance(by, Principal):
        return False
    at_desk = booking.made_by_id is not None and any(post.site == booking.slot.queue.site_id for post in by.posts)
    return at_desk or by.user_id == booking.user_id


def timer(booking: Booking, by: Actor) -> bool:
    return isinstance(by, System)


def either(booking: Booking, by: Actor) -> bool:
    return holder(booking, by) or timer(booking, by)


def clerk(booking: Booking, by: Actor) -> bool:
    """The door is the page: the kiosk's or the phone's booking number, or a clerk of the hall."""
    return True


def take_places(slot: Slot, people: int, channel: str) -> bool:
    """One guarded statement: of many who want the last place exactly one gets it."""
    authority.ensure_centre()
    taken, all_ = f"taken_{channel}", F(channel)
    free = Slot.objects.filter(pk=slot.pk, closed_at=None, **{f"{taken}__lte": all_ - people})
    return bool(free.update(**{taken: F(taken) + people}))


def ensure_not_closed(slot: Slot) -> None:
    why = Slot.objects.filter(pk=slot.pk, closed_at__isnull=False).values_list("closed_why", flat=True).first()
    if why is not None:
        raise ValueError(f"这个时段已经关闭（{why}），请选别的时段。")


def _give_back(booking: Booking) -> None:
    taken = f"taken_{booking.channel}"
    Slot.objects.filter(pk=booking.slot_id).update(**{taken: F(taken) - booking.people})


def barred_until(user_id: int) -> datetime | None:
    """Whoever stayed away too often books on site for a while."""
    since = clock.now() - timedelta(days=WITHIN)
    missed = Booking.objects.filter(user=user_id, state=State.NO_SHOW, slot__starts__gte=since)
    last = list(missed.order_by("-slot__starts").values_list("slot__starts", flat=True)[:MISSES])
    if len(last) < MISSES:
        return None
    until = last[0] + timedelta(days=BARRED)
    return until if until > clock.now() else None


@transaction.atomic
def hold(
    slot: Slot,
    *,
    by: Principal,
    item: Item | None = None,
    case: Case | None = None,
    people: int = 1,
    wait: bool = False,
) -> Booking:
    """占位: the place is the holder's for some minutes; with `wait` a full slot puts one on the waiting list 候补."""
    if slot.starts <= clock.now():
        raise ValueError("这个时段已经开始，请选以后的时段。")
    authority.ensure_reachable(slot.queue.site_id, slot.starts)
    if until := barred_until(by.user_id):
        raise ValueError(f"您 {WITHIN} 天内有 {MISSES} 次预约没有来，{until:%-m月%-d日} 之前请到现场取号。")
    if not 1 <= people <= 20:
        raise ValueError("团队预约是 1 到 20 人。")
    if item is not None and not may_come(item, case):
        raise PrereviewFirst(item)
    live = Booking.objects.filter(user=by.user_id, state__in=Booking.LIVE, slot__starts__gt=clock.now())
    if mine := live.filter(slot=slot).first():
        return mine
    if live.count() >= MOST:
        raise ValueError(f"您已有 {MOST} 个预约，请先办完或取消一个。")
    got = take_places(slot, people, Booking.Channel.ONLINE)
    if not got:
        ensure_not_closed(slot)
    if not got and not wait:
        raise Full
    state = State.HELD if got else State.WAITING
    booking = Booking(slot=slot, user_id=by.user_id, person_id=by.person_id, item=item, case=case, people=people)
    booking.state, booking.until = state, clock.now() + timedelta(minutes=HOLD) if got else None
    try:
        with transaction.atomic():
            booking.save(force_insert=True)
    except IntegrityError as error:
        raise ValueError("您已经约了这个时段。") from error
    ledger.record(booking, "booking.made", by=by, data={"slot": str(slot), "state": booking.get_state_display()})
    return booking


def may_come(item: Item, case: Case | None) -> bool:
    """预审前置: an item may want its papers looked at before anybody comes."""
    if not item.guide.prereview_first:
        return True
    return case is not None and case.item_id == item.pk and case.state not in NOT_LOOKED_AT


@transition(
    "booking.confirmed", label="确认预约", source={State.HELD, State.OFFERED}, target=State.BOOKED, allowed=holder,
    tone="primary",
)  # fmt: skip
def confirm(booking: Booking, *, by: Actor) -> dict[str, Any]:
    if booking.until and booking.until < clock.now():
        raise WrongState(booking, "占位的时间已过，请重新选时段。")
    booking.until = None
    return {"starts": booking.slot.starts.isoformat()}


@transition(
    "booking.cancelled",
    label="取消预约",
    source={*Booking.LIVE, State.DISPLACED},
    target=State.CANCELLED,
    allowed=holder,
    writes=True,
)
def cancel(booking: Booking, *, by: Actor) -> dict[str, Any]:
    """The place goes to whoever waits first."""
    held = booking.state in Booking.HOLDING
    booking.until = None
    if held:
        _give_back(booking)
        offer_next(booking.slot)
    return {"starts": booking.slot.starts.isoformat()}


@transition(
    "booking.lapsed", label="占位到时", source={State.HELD, State.OFFERED}, target=State.LAPSED, allowed=timer,
    writes=True,
)  # fmt: skip
def lapse(booking: Booking, *, by: Actor) -> None:
    if booking.until is None or booking.until >= clock.now():
        raise WrongState(booking, "占位还没有到时。")
    booking.until = None
    _give_back(booking)
    offer_next(booking.slot)


def offer_next(slot: Slot) -> None:
    """候补: the first who waits and whose party fits gets the freed place, for half an hour."""
    waiting = Booking.objects.select_for_update(of=("self",), skip_locked=True).select_related("slot")
    for booking in waiting.filter(slot=slot, state=State.WAITING).order_by("pk"):
        if slot.starts > clock.now() and take_places(slot, booking.people, booking.channel):
            offer(booking, by=CLOCK)


@transition("booking.offered", label="候补到号", source={State.WAITING}, target=State.OFFERED, allowed=timer)
def offer(booking: Booking, *, by: Actor) -> dict[str, Any]:
    booking.until = min(clock.now() + timedelta(minutes=OFFER), booking.slot.starts)
    return {"until": booking.until.isoformat()}


def move(booking: Booking, to: Slot, *, by: Principal) -> Booking:
    """改约: the new place is taken before the old one is given back, or nothing happens."""
    with transaction.atomic():
        if to.queue_id != booking.slot.queue_id:
            raise ValueError("只能改到同一个业务的时段。")
        if to.starts <= clock.now():
            raise ValueError("这个时段已经开始，请选以后的时段。")
        ensure_not_closed(to)
        if _has(booking, to):
            raise ValueError("您在这个时段已经有一个预约，请换一个时段。")
        for each in (booking.slot, to):
            authority.ensure_reachable(to.queue.site_id, each.starts)
        return change(booking, by=by, to=to)


def _has(booking: Booking, to: Slot) -> bool:
    """Another of the holder's own; those of a party are for others."""
    others = to.bookings.filter(state__in=Booking.LIVE, party=None).exclude(pk=booking.pk)
    mine = others.filter(user=booking.user_id) if booking.user_id else others.filter(person=booking.person_id)
    return booking.party_id is None and bool(booking.user_id or booking.person_id) and mine.exists()


@transition(
    "booking.displaced", label="场次取消", source=set(Booking.LIVE), target=State.DISPLACED, allowed=timer, writes=True
)
def displace(booking: Booking, *, by: Actor, why: str) -> dict[str, Any]:
    """The slot is closed: the holder is told and chooses another time; nobody counts as having stayed away."""
    booking.until = None
    if booking.state in Booking.HOLDING:
        _give_back(booking)
    return {"why": why, "starts": booking.slot.starts.isoformat()}


@transition(
    "booking.moved",
    label="改约",
    source={State.BOOKED, State.DISPLACED},
    target=State.BOOKED,
    allowed=holder,
    writes=True,
)
def change(booking: Booking, *, by: Actor, to: Slot) -> dict[str, Any]:
    if to.pk == booking.slot_id:
        raise WrongState(booking, "已经是这个时段。")
    before = booking.slot
    # In one order: two who change places would wait for each other for ever.
    list(Slot.objects.select_for_update().filter(pk__in=[to.pk, before.pk]).order_by("pk"))
    if not take_places(to, booking.people, booking.channel):
        raise WrongState(booking, FULL)
    if booking.state == State.BOOKED:
        _give_back(booking)
        offer_next(before)
    booking.slot = to
    return {"before": before.starts.isoformat(), "after": to.starts.isoformat()}


@transition("booking.arrived", label="签到", source={State.BOOKED}, target=State.ARRIVED, allowed=clerk, writes=True)
def check_in(booking: Booking, *, by: Actor) -> dict[str, Any]:
    """签到: the booking becomes a number, which counts from a little before its time."""
    day = booking.slot.starts.astimezone(clock.SHANGHAI).date()
    if day != clock.today():
        raise WrongState(booking, f"预约的是 {day:%-m月%-d日}，请当天签到。")
    wish = drawing.Wish(booking.slot.queue, item=booking.item, booked_for=booking.slot.starts)
    (ticket,) = drawing.draw([wish], by=by, source=Ticket.Source.BOOKING, person=booking.person)
    if booking.case_id:
        Ticket.objects.filter(pk=ticket.pk).update(case=booking.case_id)
    booking.ticket = ticket
    return {"ticket": ticket.number}


@transition("booking.missed", label="爽约", source={State.BOOKED}, target=State.NO_SHOW, allowed=timer)
def miss(booking: Booking, *, by: Actor) -> None:
    if booking.slot.ends >= clock.now():
        raise WrongState(booking, "时段还没有结束。")
