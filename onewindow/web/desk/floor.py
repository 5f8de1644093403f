"""The manager's live map of a hall: zones and windows, alerts, and the limits at which they begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.feedback import figures
from onewindow.hall import floor, live
from onewindow.hall.actions import watching
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.models import Alert, Move
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.halls import screens
from onewindow.web.manage.halls import hall_of, halls_of

# Seconds between two pictures of the floor, however much happens.
REST = 1.0
RECENT = 6
manager_only = staff_only("manager")
# Field of hall.Rules: what it says, and the least and most minutes that make sense.
LIMITS = {
    "long_wait_minutes": ("有人等候超过", 5, 240),
    "unserved_minutes": ("有人等候而没有窗口超过", 1, 60),
    "long_pause_minutes": ("窗口暂停超过", 5, 240),
}


def site_of(request: SignedIn, code: str) -> Site:
    return hall_of(request, halls_of(request.principal), code)


@manager_only
def index(request: SignedIn) -> HttpResponse:
    """The first of the manager's halls, or the one picked."""
    return redirect("desk-floor", hall_of(request, halls_of(request.principal)).pk)


@manager_only
def show(request: SignedIn, code: str) -> HttpResponse:
    site = site_of(request, code)
    recent = Move.objects.filter(site=site, at__date=clock.today()).select_related("by", "undone_by")
    context = {
        "site": site, "sites": halls_of(request.principal), "floor": _facts(site), "states": floor.STATES,
        "alerts": _alerts(site), "moves": recent.order_by("-at")[:RECENT], "table": request.GET.get("view") == "table",
        "chosen": set(request.GET.getlist("window")),
    }  # fmt: skip
    return render(request, "desk/floor.html", context)


def _facts(site: Site) -> dict[str, Any]:
    """The floor with what people said about it; ratings stand above the hall."""
    facts = floor.of_site(site)
    stars = figures.by(site, clock.today(), "window__zone")
    for zone in facts["zones"]:
        rated, mean, _ = stars.get(zone["id"], (0, None, 0))
        zone |= {"rated": rated, "stars": round(mean, 2) if mean is not None else None}
    return facts


@manager_only
def facts(request: SignedIn, code: str) -> HttpResponse:
    return JsonResponse(_facts(site_of(request, code)), json_dumps_params={"ensure_ascii": False})


@manager_only
def events(request: SignedIn, code: str) -> HttpResponseBase:
    site = site_of(request, code)
    return screens.stream(request, FLOORS, site.pk)


FLOORS = live.Picture("site", lambda codes: {site.pk: _facts(site) for site in Site.objects.filter(pk__in=codes)}, REST)


def _alerts(site: Site) -> list[Alert]:
    """Those that last, the unseen first, and what is over today."""
    known = Alert.objects.filter(site=site).select_related("seen_by")
    lasting = sorted(known.filter(ended_at=None), key=lambda alert: (alert.seen_at is not None, alert.began_at))
    over = known.filter(ended_at__isnull=False, began_at__date=clock.today()).order_by("-ended_at")[:RECENT]
    return [*lasting, *over]


@manager_only
def alerts(request: SignedIn, code: str) -> HttpResponse:
    site = site_of(request, code)
    return render(request, "desk/_alerts.html", {"site": site, "alerts": _alerts(site)})


@require_POST
@manager_only
def acknowledge(request: SignedIn, code: str, pk: int) -> HttpResponse:
    site = site_of(request, code)
    watching.acknowledge(get_object_or_404(Alert, site=site, pk=pk), by=request.principal)
    if request.htmx:
        return render(request, "desk/_alerts.html", {"site": site, "alerts": _alerts(site)})
    return redirect("desk-floor", site.pk)


@manager_only
def rules(request: SignedIn, code: str) -> HttpResponse:
    """When an alert begins."""
    site = site_of(request, code)
    known = rules_of(site)
    errors: dict[str, str] = {}
    if request.method == "POST":
        limits, errors = _read(request.POST)
        if not errors:
            watching.set_limits(site, limits, by=request.principal)
            messages.success(request, "预警的时间已改，一分钟内按新的时间提醒。")
            return redirect("desk-floor", site.pk)
    typed = request.POST if request.method == "POST" else {name: getattr(known, name) for name in LIMITS}
    context = {"site": site, "limits": LIMITS, "typed": typed, "errors": errors}
    return render(request, "desk/floor_rules.html", context, status=422 if errors else 200)


def _read(said: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    limits = {name: wire.whole(said.get(name, "")) or 0 for name in LIMITS}
    errors = {
        name: f"请填 {least} 到 {most} 之间的分钟数。"
        for name, (_, least, most) in LIMITS.items()
        if not least <= limits[name] <= most
    }
    return limits, errors
