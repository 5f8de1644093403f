"""The ticket machine: large, no scrolling, back to the start by itself. It keeps nothing of anybody."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Person, Site
from onewindow.documents.typesetting import qr_svg
from onewindow.hall import estimates, offers, slips
from onewindow.hall.actions import booking, drawing, printing
from onewindow.hall.hours import Timetable, open_queues
from onewindow.hall.models import Booking, Printout, Queue, Ticket, Visit, Zone
from onewindow.kernel import clock, limits, numbers, wire
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.web.halls.at_device import HallRequest as Request
from onewindow.web.node import ticket_address
from onewindow.web.ui import words

KIOSK = System("kiosk", "取号机")


def start(request: Request, code: str) -> HttpResponse:
    """Zone by zone; a zone chosen shows its queues."""
    site = get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)
    zones = list(Zone.objects.filter(site=site, queues__isnull=False).distinct().prefetch_related("queues"))
    chosen = next(
        (zone for zone in zones if zone.code == request.GET.get("zone")), zones[0] if len(zones) == 1 else None
    )
    queues = list(chosen.queues.all()) if chosen else []
    timetable = Timetable.of(site.pk)
    context = {
        "site": site, "zones": zones, "zone": chosen, "queues": queues,
        "open": open_queues(queues, timetable), "why_closed": timetable.why_closed, "loads": estimates.loads(queues),
        "more": drawing.visit_of_today(site, request.GET.get("visit", "")),
    }  # fmt: skip
    return render(request, "kiosk/start.html", context)


def queue(request: Request, code: str, pk: int) -> HttpResponse:
    """The one question: is somebody to be served first?"""
    found = get_object_or_404(Queue.objects.select_related("zone", "site"), site=code, pk=pk)
    load = estimates.loads([found])[found.pk]
    context = {"queue": found, "site": found.site, "load": load, "wait": load.wait(load.waiting)}
    context |= {"priorities": Ticket.SELF_DECLARED, "once": numbers.share_number()}
    context |= {"more": drawing.visit_of_today(found.site, request.GET.get("visit", ""))}
    context |= {"offer": offers.of([found])[found.pk]}
    return render(request, "kiosk/queue.html", context)


@require_POST
def draw(request: Request, code: str) -> HttpResponse:
    """A number; pressed twice, the same one. `visit` 再取一个号: another of whoever has just drawn one."""
    known = Queue.objects.select_related("zone", "site")
    found = get_object_or_404(known, site=code, pk=wire.whole(request.POST.get("queue", "")) or 0)
    once = numbers.read_share_number(request.POST.get("once", "")) or numbers.share_number()
    try:
        drawing.ensure_open(found)
        wish = offers.wish(found, request.POST.dict())
        more = drawing.visit_of_today(found.site, request.POST.get("visit", ""))
        visit = drawing.draw_once(wish, secret=once, by=KIOSK, source=Ticket.Source.KIOSK, visit=more)
    except ValueError as problem:
        messages.error(request, str(problem))
        return redirect("kiosk", code)
    return _given(request, visit)


def _given(request: Request, visit: Visit, press: str = "") -> HttpResponse:
    """The ticket is printed where the device has a printer; the page that follows shows it in any case."""
    device = request.device
    if device:
        made = visit.tickets.select_related("queue__zone").latest("pk")
        printing.ticket(visit, device, _slip(request, made), once=press or f"ticket:{visit.secret}:{made.pk}")
    return redirect("kiosk-ticket", visit.site_id, visit.secret)


def _slip(request: Request, made: Ticket) -> slips.Slip:
    ahead = estimates.ahead_of(made)
    wait = estimates.loads([made.queue])[made.queue_id].wait(ahead)
    return slips.Slip(
        site=made.site.name, number=made.number, queue=f"{made.queue.zone.name} · {made.queue.name}",
        wait=f"前面 {ahead} 人" + (f"　大约等 {wait}" if wait and ahead else ""), moment=words.moment(made.issued_at),
        address=ticket_address(request, made),
    )  # fmt: skip


@require_POST
def print_again(request: Request, code: str, secret: str) -> HttpResponse:
    """Another press: the first one was jammed or torn."""
    visit = get_object_or_404(Visit.objects.select_related("site"), site=code, secret=secret)
    return _given(request, visit, f"again:{secret}:{request.POST.get('once', '')[:14]}")


def check_in(request: Request, code: str) -> HttpResponse:
    """签到: the code of the booking, scanned like a keyboard or typed."""
    site = get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)
    if request.method == "POST":
        try:
            found = _booked(request, site)
            if found.ticket is None:
                _ensure_due(found)
                booking.check_in(found, by=KIOSK)
            return _given(request, found.ticket.visit)  # type: ignore[union-attr]
        except (ValueError, Conflict) as problem:
            messages.error(request, str(problem))
            if request.device:  # no card number stays in the history of the browser
                return redirect("kiosk-check-in", code)
    return render(request, "kiosk/check_in.html", {"site": site, "typed": request.POST.get("number", "")})


def _ensure_due(found: Booking) -> None:
    """In words for whoever stands there; scanned again, one who has checked in is shown the number."""
    if found.state in {Booking.State.HELD, Booking.State.OFFERED}:
        raise ValueError("这个预约还没有确认，请先在手机上按“确认预约”，或直接取号。")
    if found.state != Booking.State.BOOKED:
        raise ValueError(f"这个预约的状态是“{found.get_state_display()}”，请直接取号，或到导办台问一下。")


def _booked(request: Request, site: Site) -> Booking:
    """By the number of the booking; at a device of ours also by the card, which finds today's and signs nobody in."""
    typed = request.POST.get("number", "")
    known = Booking.objects.select_related("slot__queue__zone", "slot__queue__site", "item", "person", "ticket__visit")
    here = known.filter(slot__queue__site=site)
    found = here.filter(number=numbers.read_share_number(typed)).first()
    device, card = request.device, "".join(typed.split()).upper()
    if found is None and device and len(card) == 18:
        if not limits.hit(f"card:{device.key}", limit=60, per=timedelta(minutes=10)):
            raise ValueError("这台设备刚刚查得太频繁，请稍等，或到导办台。")
        person = Person.find(card)
        known = here.filter(person=person, state__in=["booked", "arrived"], slot__starts__date=clock.today())
        found = known.order_by("-state", "slot__starts").first() if person else None
    if found is None:
        raise ValueError("没有找到这个预约号，请核对，或直接取号。")
    return found


def ticket(request: Request, code: str, secret: str) -> HttpResponse:
    """What the printer prints and the screen shows for a moment."""
    visit = get_object_or_404(Visit.objects.select_related("site"), site=code, secret=secret)
    made = visit.tickets.select_related("queue__zone").latest("pk")
    ahead = estimates.ahead_of(made)
    page = ticket_address(request, made)
    device = request.device
    last = Printout.objects.filter(what="ticket", subject=secret, device=device).order_by("-pk").first()
    context = {
        "site": visit.site, "ticket": made, "ahead": ahead, "qr": qr_svg(page, scalable=True), "printout": last,
        "wait": estimates.loads([made.queue])[made.queue_id].wait(ahead), "once": numbers.share_number(),
        "by_browser": device is None or bool(last and not device.printer_host and printing.begin(last)),
    }  # fmt: skip
    return render(request, "kiosk/ticket.html", context)
