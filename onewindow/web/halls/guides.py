"""At the kiosk: finding an item by touch, what one has to bring, as a QR code for the phone and on paper."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode

from onewindow.accounts.models import Site
from onewindow.catalogue.checklist import checklist, read_answers, spelled
from onewindow.catalogue.events import events
from onewindow.catalogue.models import Item
from onewindow.catalogue.search import search, suggest
from onewindow.documents.typesetting import qr_svg
from onewindow.hall import simple
from onewindow.web.account.guards import Request
from onewindow.web.public import themes

FOUND = 8


def find(request: Request, code: str) -> HttpResponse:
    """Letters of the pinyin, as search knows them; or a life event; or what people come for most."""
    site, q = _site(code), request.GET.get("q", "").strip()[:40]
    context: dict[str, Any] = {"site": site, "q": q, "life": themes.LIFE[:8]}
    context["events"] = events(settings.DATA_DIR).of("person")[:6]
    event = events(settings.DATA_DIR).by_key.get(request.GET.get("event", ""))
    codes = [hit.code for hit in (suggest(q, FOUND) or search(q, FOUND))] if q else []
    known = Item.objects.select_related("agency").filter(current__isnull=False).in_bulk(codes)
    context["found"] = [known[each] for each in codes if each in known]
    return render(request, "kiosk/find.html", context | {"event": event})


def _site(code: str) -> Site:
    return get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)


def guide(request: Request, code: str, item: str) -> HttpResponse:
    """One question after the other by large buttons, then the papers."""
    found = get_object_or_404(Item.objects.select_related("agency", "current"), pk=item, current__isnull=False)
    said = read_answers(found.guide, request.GET)
    listed = checklist(found.guide, said)
    address = request.build_absolute_uri(reverse("item", args=[item])) + _query(request, said)
    context = {
        "site": _site(code), "item": found, "guide": found.guide, "checklist": listed, "query": _query(request, said),
        "ask": listed.next_question if "done" not in request.GET else None, "once": uuid.uuid4().hex,
        "qr": qr_svg(address, scalable=True), "simple": simple.answerable(found.guide),
        "answers": {key: str(value) for key, value in spelled(said).items()},
    }  # fmt: skip
    return render(request, "kiosk/guide.html", context)


def _query(request: Request, said: dict[str, Any]) -> str:
    kept = {key: request.GET[key] for key in said if request.GET.get(key)}
    return f"?{urlencode(kept)}" if kept else ""
