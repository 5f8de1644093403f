"""Where one can go 三级服务网: hall, town centres and village stations, found by name, by town or for one item."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onewindow.accounts.models import Site
from onewindow.catalogue import translations
from onewindow.catalogue.models import Item
from onewindow.hall import network

Level = Site.Level


def index(request: HttpRequest) -> HttpResponse:
    """By name, by town, or those that take one item (?item=)."""
    q, found = request.GET.get("q", "").strip()[:40], network.sites()
    item = _item(request.GET.get("item", ""))
    if item is not None:
        found = network.taking(found, item)
    places = network.places(list(found))
    context: dict[str, Any] = {
        "q": q, "item": item, "hits": _named(places, q) if q else None,
        "halls": [each for each in places if each.site.level == Level.DISTRICT], "towns": network.towns(places),
    }  # fmt: skip
    return render(request, "halls/index.html", context)


def _item(code: str) -> Item | None:
    found = Item.objects.select_related("current", "agency").filter(pk=code[:20], current__isnull=False).first()
    if found is not None:
        translations.speaking([found])
    return found


def _named(places: list[network.Place], q: str) -> list[tuple[network.Place, str]]:
    """Places whose name, or whose town's name, holds what was typed; with the town's name."""
    names = {each.site.pk: each.site.name for each in places}
    towns = [(each, names.get(each.site.parent_id or "", "")) for each in places]
    return [(each, town) for each, town in towns if q in each.site.name or (q in town and len(q) > 1)]


def station(request: HttpRequest, site: Site) -> HttpResponse:
    """A village's station 便民服务站: no windows and no numbers, somebody of the village who helps."""
    items = translations.speaking(list(network.taken_at(Level.VILLAGE)))
    return render(request, "halls/station.html", {"place": network.place(site), "items": items})
