"""Life events and business events: the steps in order, each with its items."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from onewindow.catalogue.events import events
from onewindow.catalogue.models import Item


def show(request: HttpRequest, key: str) -> HttpResponse:
    event = events(settings.DATA_DIR).by_key.get(key)
    if event is None:
        raise Http404
    items = Item.objects.select_related("agency", "current").filter(current__isnull=False).in_bulk(event.codes)
    steps = [(step, [items[code] for code in step.items if code in items]) for step in event.steps]
    return render(request, "public/event.html", {"event": event, "steps": [step for step in steps if step[1]]})
