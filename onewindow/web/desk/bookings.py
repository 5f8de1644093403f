"""导办台预约: a time for who stands at the desk or telephones, on the places kept for the hall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.counter import person_at_window
from onewindow.accounts.models import Person
from onewindow.documents.typesetting import qr_svg
from onewindow.hall import slots as making
from onewindow.hall.actions import booking as acts
from onewindow.hall.actions import capacity, onsite
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.models import Booking, Queue, Slot
from onewindow.kernel import clock, numbers, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.tickets import USHERS

SHOWN = 30
# Bookings made online that nobody comes for yet.
UNSETTLED = (Booking.State.HELD, Booking.State.OFFERED, Booking.State.WAITING, Booking.State.LAPSED)


@staff_only(*USHERS)
def index(request: SignedIn) -> HttpResponse:
    return _page(request, request.GET)


def _sites(request: SignedIn) -> set[str]:
    return {post.site for post in request.principal.posts if post.site}


def _page(request: SignedIn, said: QueryDict, status: int = 200, problem: str = "") -> HttpResponse:
    queues = list(Queue.objects.filter(site__in=_sites(request)).select_related("site", "zone"))
    wanted = wire.whole(said.get("queue", ""))
    queue = next((each for each in queues if each.pk == wanted), queues[0] if queues else None)
    day = _day(said.get("day", ""))
    context = {
        "queues": queues, "queue": queue, "day": day, "problem": problem, "typed": said, "today": clock.today(),
        "days": [clock.today() + timedelta(days=n) for n in range(making.DAYS)],
        "slots": _open(queue, day) if queue else [], "once": said.get("once") or numbers.share_number(),
        "booked": _booked(request, said.get("q", "")), "name_of": capacity.name_of,
    }  # fmt: skip
    return render(request, "desk/bookings.html", context, status=status)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return clock.today()


def _open(queue: Queue, day: date | None = None) -> list[Slot]:
    """Times to come with what the hall may still give."""
    ahead = Slot.objects.filter(queue=queue, starts__gt=clock.now(), closed_at=None).order_by("starts")
    found = list((ahead.filter(starts__date=day) if day else ahead[:200]).select_related("queue__site"))
    for slot in found:
        slot.places = slot.left_onsite + (slot.left if onsite.is_released(slot) else 0)  # type: ignore[attr-defined]
    return found


def _booked(request: SignedIn, asked: str) -> list[Booking]:
    """Of today and later: made at the desks of these sites; any, asked for by its number, card, or phone left there."""
    known = _known(request).filter(slot__starts__date__gte=clock.today())
    if asked := "".join(asked.split()):
        person = Person.find(asked.upper())
        named = Q(person=person) if person else Q(number=numbers.read_share_number(asked) or "-") | Q(phone=asked)
        known = known.filter(named).exclude(state__in=UNSETTLED)
    else:
        known = known.filter(made_by__isnull=False)
    return list(known.order_by("slot__starts", "pk")[:SHOWN])


def _known(request: SignedIn) -> QuerySet[Booking]:
    mine = Booking.objects.filter(slot__queue__site__in=_sites(request))
    return mine.select_related("slot__queue__site", "slot__queue__zone", "item", "person", "user", "ticket__visit")


@require_POST
@staff_only(*USHERS)
def create(request: SignedIn) -> HttpResponse:
    said = request.POST
    slots = Slot.objects.select_related("queue__site").filter(queue__site__in=_sites(request))
    try:
        slot = slots.filter(pk=wire.whole(said.get("slot", "")) or 0).first()
        number = numbers.read_share_number(said.get("once", ""))
        if slot is None or not number:
            raise ValueError("请选择时间。")
        people = wire.whole(said.get("people", "1")) or 1
        made = onsite.book(slot, _guest(said), number=number, by=request.principal, people=people)
    except ValidationError as problem:
        return _page(request, said, 422, "；".join(problem.messages))
    except ValueError as problem:
        return _page(request, said, 422, str(problem))
    return redirect("desk-booking", made.number)


def _guest(said: QueryDict) -> onsite.Guest:
    name, number, phone = (said.get(key, "").strip() for key in ("card_name", "card_number", "phone"))
    if phone and not (phone.isdigit() and 7 <= len(phone) <= 12):
        raise ValueError("手机号不对，请核对。")
    person = person_at_window(name, number, phone) if number else None
    return onsite.Guest(person, name[:40], phone)


def _mine(request: SignedIn, number: str) -> Booking:
    return get_object_or_404(_known(request).exclude(made_by=None, state__in=UNSETTLED), number=number)


@staff_only(*USHERS)
def show(request: SignedIn, number: str) -> HttpResponse:
    """The confirmation to print, and what may be changed."""
    booking = _mine(request, number)
    movable = booking.made_by_id is not None and booking.state in {Booking.State.BOOKED, Booking.State.DISPLACED}
    context: dict[str, Any] = {
        "booking": booking, "qr": qr_svg(booking.number, scalable=True), "name": capacity.name_of(booking),
        "others": _others(booking) if movable else [], "today": clock.today(),
        "movable": movable, "grace": rules_of(booking.slot.queue.site).grace_minutes,
    }  # fmt: skip
    return render(request, "desk/booking.html", context)


def _others(booking: Booking) -> list[Slot]:
    room = "left_onsite" if booking.channel == Booking.Channel.ONSITE else "left"
    return [
        slot
        for slot in _open(booking.slot.queue)
        if slot.pk != booking.slot_id and getattr(slot, room) >= booking.people
    ]


def _move(booking: Booking, request: SignedIn) -> str:
    to = Slot.objects.select_related("queue__site").filter(pk=wire.whole(request.POST.get("slot", "")) or 0).first()
    if to is None:
        raise ValueError("请选择改到哪个时间。")
    acts.move(booking, to, by=request.principal)
    return "已改时间，请把新的预约单交给来人。"


def _cancel(booking: Booking, request: SignedIn) -> str:
    acts.cancel(booking, by=request.principal)
    return "预约已取消。"


def _arrive(booking: Booking, request: SignedIn) -> str:
    acts.check_in(booking, by=request.principal)
    return f"已签到，号是 {booking.ticket}。"


VERBS: dict[str, Callable[[Booking, SignedIn], str]] = {"move": _move, "cancellation": _cancel, "arrival": _arrive}


@require_POST
@staff_only(*USHERS)
def act(request: SignedIn, number: str, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404
    booking = _mine(request, number)
    try:
        messages.success(request, VERBS[verb](booking, request))
    except (ValueError, Conflict, PermissionDenied) as problem:
        messages.error(request, str(problem))
    return redirect("desk-booking", number)
