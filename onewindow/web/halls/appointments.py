"""Booking a time: the days of a queue with what is free, a place held while one thinks, and the bookings one has."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.documents.typesetting import qr_svg
from onewindow.hall import calendars
from onewindow.hall.actions import booking as acts
from onewindow.hall.actions import capacity
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.models import Booking, Queue, Slot
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import Request, SignedIn, signed_in

DAYS = 14


def days(request: Request, code: str, pk: int) -> HttpResponse:
    """Day by day what is free; the day chosen with its times."""
    queue = get_object_or_404(Queue.objects.select_related("site", "zone"), site=code, pk=pk)
    return _days(request, queue, request.GET)


def _days(
    request: Request, queue: Queue, said: QueryDict, *, refused: Exception | None = None, full: Slot | None = None
) -> HttpResponse:
    """`refused` is why a place was not taken; `full` the time that has no place left but a waiting list."""
    free = _free(queue)
    wanted = _local(full.starts) if full else _day(said.get("day", ""))
    chosen = wanted or next((day for day, left in free.items() if left), None)
    item = _item(said.get("item", ""))
    context = {
        "queue": queue, "site": queue.site, "free": free, "chosen": chosen,
        "slots": list(_slots(queue).filter(starts__date=chosen)) if chosen else [], "refused": refused, "full": full,
        "moving": said.get("move", ""), "item": said.get("item", ""), "case": said.get("case", ""), "about": item,
        "people": said.get("people", "1"), "first": _first(request, item, said.get("case", "")),
    }  # fmt: skip
    status = 200 if refused is None else 409 if full or isinstance(refused, Conflict) else 422
    return render(request, "halls/appointments.html", context, status=status)


def _first(request: Request, item: Item | None, number: str) -> Item | None:
    """The item that must be pre-reviewed before it is booked, while no case of it has passed."""
    case = _case(request, number)
    item = case.item if case else item
    return item if item and not acts.may_come(item, case) else None


def _item(code: str) -> Item | None:
    return Item.objects.select_related("current").filter(pk=code).first() if code else None


def _case(request: Request, number: str) -> Case | None:
    if not number or request.principal is None:
        return None
    return Case.objects.of_applicant(request.principal).select_related("item__current").filter(number=number).first()


def _slots(queue: Queue) -> Any:
    return Slot.objects.filter(
        queue=queue, starts__gt=clock.now(), starts__lt=clock.now() + timedelta(days=DAYS), online__gt=0, closed_at=None
    )


def _free(queue: Queue) -> dict[date, int]:
    found: dict[date, int] = {}
    for slot in _slots(queue):
        day = _local(slot.starts)
        found[day] = found.get(day, 0) + max(0, slot.left)
    return found


def _local(moment: datetime) -> date:
    return moment.astimezone(clock.SHANGHAI).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require_POST
@signed_in
def hold(request: SignedIn, code: str, pk: int) -> HttpResponse:
    """Takes the place, or moves a booking to it."""
    known = Slot.objects.select_related("queue__site", "queue__zone").filter(queue__site=code, queue=pk)
    slot = get_object_or_404(known, pk=wire.whole(request.POST.get("slot", "")) or 0)
    try:
        made = _take(request, slot)
    except acts.Full as refused:
        return _days(request, slot.queue, request.POST, refused=refused, full=slot)
    except (ValueError, Conflict) as refused:
        return _days(request, slot.queue, request.POST, refused=refused)
    return redirect("my-booking", made.number)


def _take(request: SignedIn, slot: Slot) -> Booking:
    if moving := request.POST.get("move"):
        return acts.move(_mine(request, moving), slot, by=request.principal)
    case = _case(request, request.POST.get("case", ""))
    item = case.item if case else _item(request.POST.get("item", ""))
    return acts.hold(
        slot, by=request.principal, item=item, case=case, people=wire.whole(request.POST.get("people", "1")) or 1,
        wait="wait" in request.GET,
    )  # fmt: skip


def _mine(request: SignedIn, number: str) -> Booking:
    known = Booking.objects.select_related("slot__queue__site", "slot__queue__zone", "item", "case", "ticket__visit")
    return get_object_or_404(known, user=request.principal.user_id, number=number)


@signed_in
def index(request: SignedIn) -> HttpResponse:
    mine = Booking.objects.select_related("slot__queue__site", "item", "ticket__visit").filter(
        user=request.principal.user_id
    )
    return render(request, "my/bookings.html", {"bookings": mine.order_by("-slot__starts")[:30]})


@signed_in
def show(request: SignedIn, number: str) -> HttpResponse:
    booking = _mine(request, number)
    displaced = booking.state == Booking.State.DISPLACED
    others = capacity.others(booking) if displaced else []
    context = {"booking": booking, "others": others, "qr": qr_svg(booking.number, scalable=True)}
    context["grace"] = rules_of(booking.slot.queue.site).grace_minutes
    return render(request, "my/booking.html", context)


VERBS = {"confirmation": acts.confirm, "cancellation": acts.cancel}


@require_POST
@signed_in
def act(request: SignedIn, number: str, verb: str) -> HttpResponse:
    """POST …/confirmation/ or …/cancellation/."""
    if verb not in VERBS:
        raise Http404
    booking = _mine(request, number)
    try:
        VERBS[verb](booking, by=request.principal)
    except Conflict as conflict:
        messages.error(request, conflict.message)
    if request.POST.get("party") and booking.party_id:
        return redirect("my-party", booking.party_id)
    return redirect("my-booking", number)


@signed_in
def calendar(request: SignedIn, number: str) -> HttpResponse:
    """One event for the phone's calendar (RFC 5545)."""
    response = HttpResponse(calendars.of([_mine(request, number)]), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.ics"'
    return response
