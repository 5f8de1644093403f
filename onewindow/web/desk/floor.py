"""The manager's live map of a hall: zones and windows, and alerts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.feedback import figures
from onewindow.hall import floor, live
from onewindow.hall.actions import watching
from onewindow.hall.models import Alert, Move
from onewindow.kernel import clock
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.halls import screens
from onewindow.web.manage.halls import hall_of, halls_of

# Seconds between two pictures of the floor, however much happens.
REST = 1.0
RECENT = 6
manager_only = staff_only("manager")


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
