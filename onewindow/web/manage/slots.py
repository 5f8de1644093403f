"""预约容量 of a queue and day: places online and on site, who has booked, closing a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.hall import slots as making
from onewindow.hall.actions import capacity, onsite, rostering
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.models import Booking, Queue, Slot
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.manage.halls import hall_of, halls_of

manager_only = staff_only("manager")


@manager_only
def index(request: SignedIn) -> HttpResponse:
    sites = halls_of(request.principal)
    site = hall_of(request, sites)
    queues = list(Queue.objects.filter(site=site))
    if not queues:
        raise Http404
    wanted = wire.whole(request.GET.get("queue", ""))
    queue = next((each for each in queues if each.pk == wanted), queues[0])
    return _page(request, queue, _day(request.GET.get("day", "")), sites)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return clock.today()


def _page(
    request: SignedIn, queue: Queue, day: date, sites: list[Site], *, problem: str = "", at: int = 0, status: int = 200
) -> HttpResponse:
    """`at` is the slot whose form was refused: what was typed stays."""
    waiting = Count("bookings", filter=Q(bookings__state=Booking.State.WAITING))
    slots = list(Slot.objects.filter(queue=queue, starts__date=day).annotate(waiting=waiting).order_by("starts"))
    held = Booking.objects.filter(slot__in=slots, state__in=Booking.HOLDING).select_related("person", "user")
    names: dict[int, list[str]] = {}
    for each in held.order_by("pk"):
        names.setdefault(each.slot_id, []).append(f"{each.number} {capacity.name_of(each)}")
    context = {
        "sites": sites, "site": queue.site, "queue": queue, "queues": Queue.objects.filter(site=queue.site_id),
        "day": day, "days": [clock.today() + timedelta(days=n) for n in range(making.DAYS)], "slots": slots,
        "names": names, "problem": problem, "at": at, "typed": request.POST, "now": clock.now(),
        "release": rules_of(queue.site).release_minutes,
    }  # fmt: skip
    return render(request, "manage/slots.html", context, status=status)


def _set(request: SignedIn, slot: Slot) -> str:
    said = [wire.whole(request.POST.get(name, "")) for name in ("online", "onsite")]
    if said[0] is None or said[1] is None:
        raise ValueError("名额请填数字。")
    capacity.set_places(slot, online=said[0], onsite=said[1], by=request.principal)
    return "名额已改。"


def _close(request: SignedIn, slot: Slot) -> str:
    told = capacity.close([slot], why=request.POST.get("why", ""), by=request.principal)
    return f"时段已关闭，{told} 个预约的人会收到改约通知。" if told else "时段已关闭，没有人预约。"


def _reopen(request: SignedIn, slot: Slot) -> str:
    capacity.reopen(slot, by=request.principal)
    return "时段已重新开放。"


ACTS: dict[str, Callable[[SignedIn, Slot], str]] = {"places": _set, "closing": _close, "reopening": _reopen}


@require_POST
@manager_only
def act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    slot = get_object_or_404(Slot.objects.select_related("queue__site"), pk=pk)
    if act not in ACTS or not rostering.manages(request.principal, slot.queue.site_id):
        raise Http404
    day = slot.starts.astimezone(clock.SHANGHAI).date()
    try:
        messages.success(request, ACTS[act](request, slot))
    except (ValueError, PermissionDenied) as problem:
        sites = halls_of(request.principal)
        return _page(request, slot.queue, day, sites, problem=str(problem), at=pk, status=422)
    where = f"site={slot.queue.site_id}&queue={slot.queue_id}&day={day}"
    return redirect(f"{reverse('manage-slots')}?{where}")


@require_POST
@manager_only
def release(request: SignedIn, code: str) -> HttpResponse:
    """When what the hall has not booked goes online."""
    site = hall_of(request, halls_of(request.principal), code)
    minutes = wire.whole(request.POST.get("minutes", ""))
    try:
        onsite.set_release(site, -1 if minutes is None else minutes, by=request.principal)
    except (ValueError, PermissionDenied) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"开始前 {minutes} 分钟放到网上。" if minutes else "现场名额不放到网上。")
    where = urlencode({"site": site.pk} | {name: request.GET.get(name, "") for name in ("queue", "day")})
    return redirect(f"{reverse('manage-slots')}?{where}")
