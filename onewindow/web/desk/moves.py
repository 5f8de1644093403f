"""Windows moved between groups: chosen on the map, the effect on waits seen first, then done, or taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.hall.actions import arranging, calling, leaving
from onewindow.hall.models import Move, Queue, Sitting, Window, Zone
from onewindow.hall.offers import LANGUAGES
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn
from onewindow.web.desk.floor import manager_only, site_of


def _windows(site: Site, said: QueryDict) -> list[Window]:
    known = Window.objects.filter(site=site, pk__in=filter(None, map(wire.whole, said.getlist("window"))))
    return list(known.select_related("zone").prefetch_related("queues"))


def _queues(site: Site, said: QueryDict) -> list[Queue]:
    return list(Queue.objects.filter(site=site, pk__in=filter(None, map(wire.whole, said.getlist("queue")))))


@manager_only
def plan(request: SignedIn, code: str) -> HttpResponse:
    """GET: what the move would do; POST: done."""
    site = site_of(request, code)
    if request.method != "POST":
        return _page(request, site, request.GET)
    chosen = _windows(site, request.POST)
    seen = {window.pk: wire.whole(request.POST.get(f"edition-{window.pk}", "")) for window in chosen}
    try:
        made = arranging.move(
            {pk: -1 if edition is None else edition for pk, edition in seen.items()}, _queues(site, request.POST),
            by=request.principal,
        )  # fmt: skip
    except ValueError as problem:
        messages.error(request, str(problem))
        return _page(request, site, request.POST, 409 if isinstance(problem, arranging.Overtaken) else 422)
    messages.success(request, f"{made}。值守人员已经看到；要改回去，点“撤销”。")
    return redirect("desk-floor", site.pk)


def _page(request: SignedIn, site: Site, said: QueryDict, status: int = 200) -> HttpResponse:
    windows, queues = _windows(site, said), _queues(site, said)
    staffed = set(Sitting.objects.filter(window__in=windows, ended_at=None).values_list("window", flat=True))
    wanted = {queue.pk for queue in queues} if "queue" in said else _shared(windows)
    context = {
        "site": site, "windows": windows, "wanted": wanted, "staffed": staffed,
        "zones": Zone.objects.filter(site=site).prefetch_related("queues"),
        "effects": arranging.effects(windows, queues) if windows and queues else [],
    }  # fmt: skip
    return render(request, "desk/move.html", context, status=status)


def _shared(windows: list[Window]) -> set[int]:
    """To begin with: what all of them serve now."""
    own = [{queue.pk for queue in window.queues.all()} for window in windows]
    return set.intersection(*own) if own else set()


@require_POST
@manager_only
def undo(request: SignedIn, code: str, pk: int) -> HttpResponse:
    site = site_of(request, code)
    move = get_object_or_404(Move, site=site, pk=pk)
    try:
        arranging.undo(move, by=request.principal)
    except ValueError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"已撤销：{'、'.join(move.numbers)} 号窗口恢复原来的业务组。")
    return redirect("desk-floor", site.pk)


@manager_only
def window(request: SignedIn, code: str, number: str) -> HttpResponse:
    """One window's work profile: its groups by way of a move, and what it offers beside them."""
    site = site_of(request, code)
    found = get_object_or_404(
        Window.objects.prefetch_related("queues").select_related("zone"), site=site, number=number
    )
    status = 200
    if request.method == "POST":
        try:
            _equip(request, found)
        except (ValueError, PermissionDenied) as problem:
            messages.error(request, str(problem))
            status = 409
        else:
            messages.success(request, f"{found.number} 号窗口的服务已改。")
            return redirect("desk-floor", site.pk)
    return render(request, "desk/floor_window.html", _profile(site, found), status=status)


def _equip(request: SignedIn, found: Window) -> None:
    languages = [each for each in request.POST.getlist("language") if each in LANGUAGES]
    seen = wire.whole(request.POST.get("edition", ""))
    arranging.equip(
        found, languages, "accessible" in request.POST, seen=-1 if seen is None else seen, by=request.principal
    )


def _profile(site: Site, found: Window) -> dict[str, Any]:
    seat = Sitting.objects.filter(window=found, ended_at=None).select_related("user").first()
    return {"site": site, "window": found, "languages": LANGUAGES, "seat": seat, "ticket": calling.at(found)}


@require_POST
@manager_only
def relieve(request: SignedIn, code: str, number: str) -> HttpResponse:
    """替人离岗; whoever sat down meanwhile stays."""
    site = site_of(request, code)
    known = Sitting.objects.filter(window__site=site, window__number=number, ended_at=None)
    seat = known.filter(pk=wire.whole(request.POST.get("seat", "")) or 0).select_related("window__site", "user").first()
    if seat is None:
        messages.info(request, "这个人已经离岗了。")
        return redirect("desk-floor-window", site.pk, number)
    back = leaving.relieve(seat, by=request.principal)
    also = f"，{back.number} 号已退回等候" if back else ""
    messages.success(request, f"已替{seat.user.name}离岗，{number} 号窗口空出来了{also}。")
    return redirect("desk-floor", site.pk)
