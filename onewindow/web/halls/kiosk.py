"""The ticket machine: large, no scrolling, back to the start by itself. It keeps nothing of anybody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.documents.typesetting import qr_svg
from onewindow.hall import estimates
from onewindow.hall.actions import booking, drawing
from onewindow.hall.hours import Timetable, open_queues
from onewindow.hall.models import Booking, Queue, Ticket, Visit, Zone
from onewindow.kernel import numbers, wire
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.web.account.guards import Request

KIOSK = System("kiosk", "取号机")


def start(request: Request, code: str) -> HttpResponse:
    """Zone by zone; a zone chosen shows its queues."""
    site = get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)
    zones = list(Zone.objects.filter(site=site, queues__isnull=False).distinct().prefetch_related("queues"))
    chosen = next(
        (zone for zone in zones if zone.code == request.GET.get("zone")), zones[0] if len(zones) == 1 else None
    )
    queues = list(chosen.queues.all()) if chosen else []
    context = {
        "site": site, "zones": zones, "zone": chosen, "queues": queues,
        "open": open_queues(queues, Timetable.of(site.pk)), "loads": estimates.loads(queues),
    }  # fmt: skip
    return render(request, "kiosk/start.html", context)


def queue(request: Request, code: str, pk: int) -> HttpResponse:
    """The one question: is somebody to be served first?"""
    found = get_object_or_404(Queue.objects.select_related("zone", "site"), site=code, pk=pk)
    load = estimates.loads([found])[found.pk]
    context = {"queue": found, "site": found.site, "load": load, "wait": load.wait(load.waiting)}
    return render(request, "kiosk/queue.html", context | {"priorities": Ticket.Priority.choices[1:]})


@require_POST
def draw(request: Request, code: str) -> HttpResponse:
    known = Queue.objects.select_related("zone", "site")
    found = get_object_or_404(known, site=code, pk=wire.whole(request.POST.get("queue", "")) or 0)
    priority = request.POST.get("priority", "")
    wish = drawing.Wish(found, priority=priority if priority in Ticket.Priority.values else "")
    try:
        drawing.ensure_open(found)
        (made,) = drawing.draw([wish], by=KIOSK, source=Ticket.Source.KIOSK)
    except ValueError as problem:
        messages.error(request, str(problem))
        return redirect("kiosk", code)
    return redirect("kiosk-ticket", code, made.visit.secret)


def check_in(request: Request, code: str) -> HttpResponse:
    """签到: the code of the booking, scanned like a keyboard or typed."""
    site = get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)
    typed = request.POST.get("number", "")
    if request.method == "POST":
        known = Booking.objects.select_related("slot__queue__zone", "slot__queue__site", "item", "person")
        found = known.filter(number=numbers.read_share_number(typed), slot__queue__site=site).first()
        try:
            if found is None:
                raise ValueError("没有找到这个预约号，请核对，或直接取号。")
            booking.check_in(found, by=KIOSK)
            return redirect("kiosk-ticket", code, found.ticket.visit.secret)  # type: ignore[union-attr]
        except (ValueError, Conflict) as problem:
            messages.error(request, str(problem))
    return render(request, "kiosk/check_in.html", {"site": site, "typed": typed})


def ticket(request: Request, code: str, secret: str) -> HttpResponse:
    """What the printer prints and the screen shows for a moment."""
    visit = get_object_or_404(Visit.objects.select_related("site"), site=code, secret=secret)
    made = visit.tickets.select_related("queue__zone").latest("pk")
    ahead = estimates.ahead_of(made)
    page = request.build_absolute_uri(reverse("ticket", args=[secret]))
    context = {
        "site": visit.site, "ticket": made, "ahead": ahead, "qr": qr_svg(page, scalable=True),
        "wait": estimates.loads([made.queue])[made.queue_id].wait(ahead),
    }  # fmt: skip
    return render(request, "kiosk/ticket.html", context)
