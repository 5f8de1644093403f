"""团队预约, and booking a time from a case."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext

from onewindow.cases.models import CLOSED_STATES, Case
from onewindow.catalogue.models import Item
from onewindow.hall import receiving
from onewindow.hall.actions import booking, parties
from onewindow.hall.models import Booking, Party, Queue, Slot
from onewindow.kernel import clock, limits, wire
from onewindow.web.account.guards import SignedIn, signed_in


@signed_in
def create(request: SignedIn, code: str, pk: int) -> HttpResponse:
    """A list of people, one a line, all booked or none."""
    queue = get_object_or_404(Queue.objects.select_related("site", "zone"), site=code, pk=pk)
    if request.method != "POST":
        return _form(request, queue)
    try:
        if not limits.hit(f"party:{request.principal.user_id}", limit=20, per=timedelta(hours=1)):
            raise ValueError(gettext("提交太频繁了，请过一会儿再试。"))
        slot = Slot.objects.filter(queue=queue, pk=wire.whole(request.POST.get("slot", "")) or 0).first()
        if slot is None:
            raise ValueError(gettext("请选择一个时段。"))
        guests = _guests(request.POST.get("people", ""))
        made = parties.book(slot, name=request.POST.get("name", ""), guests=guests, by=request.principal)
    except ValueError as refused:
        return _form(request, queue, refused)
    messages.success(request, gettext("已约好，每个人一个预约号。"))
    return redirect("my-party", made.pk)


def _form(request: SignedIn, queue: Queue, refused: Exception | None = None) -> HttpResponse:
    ahead = Slot.objects.filter(
        queue=queue, starts__gt=clock.now(), starts__lt=clock.now() + timedelta(days=14), closed_at=None
    )
    slots = [slot for slot in ahead if slot.left >= 2]
    context = {"queue": queue, "site": queue.site, "slots": slots, "typed": request.POST, "refused": refused}
    return render(request, "halls/party.html", context, status=422 if refused else 200)


def _guests(text: str) -> list[parties.Guest]:
    """A line is a name, perhaps a comma and the item by its number or its name."""
    found = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        name, _, matter = (part.strip() for part in line.replace("，", ",").partition(","))
        item = None
        if matter:
            known = Item.objects.select_related("current").filter(current__isnull=False)
            item = known.filter(pk=matter).first() or known.filter(name=matter).first()
            if item is None:
                raise ValueError(
                    gettext("第 %(n)s 行：没有找到事项“%(matter)s”，可以只写姓名。")
                    % {"n": number, "matter": matter[:40]}
                )
        found.append(parties.Guest(name[:40], item))
    return found


@signed_in
def show(request: SignedIn, pk: int) -> HttpResponse:
    party = get_object_or_404(Party, pk=pk, user=request.principal.user_id)
    booked = party.bookings.select_related("slot__queue__site", "slot__queue__zone", "item").order_by("pk")
    return render(request, "my/party_booking.html", {"party": party, "bookings": list(booked)})


@signed_in
def places(request: SignedIn, number: str) -> HttpResponse:
    """预约办理: the halls that take the case's item, with their next free time."""
    known = Case.objects.of_applicant(request.principal).select_related("item__current", "item__agency")
    case = get_object_or_404(known.exclude(state__in=CLOSED_STATES), number=number)
    ready = booking.may_come(case.item, case)
    mine = case.bookings.filter(state__in=[*Booking.LIVE, Booking.State.DISPLACED])
    context = {
        "case": case, "ready": ready, "places": receiving.places(case.item) if ready else [],
        "mine": mine.select_related("slot__queue__site").order_by("slot__starts"),
    }  # fmt: skip
    return render(request, "my/booking_places.html", context)
