"""清单 kept under a number: opened on another phone, ticked by the family, printed, taken to the window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onewindow.catalogue import lists, translations
from onewindow.catalogue.checklist import read_answers
from onewindow.catalogue.models import Item, SavedList
from onewindow.documents import typesetting
from onewindow.kernel import limits, numbers
from onewindow.web.account.guards import Request, SignedIn, signed_in
from onewindow.web.public import glance
from onewindow.web.public.errors import too_many
from onewindow.web.ui import words
from onewindow.web.ui.fragments import render_block

HOUR = timedelta(hours=1)
KEEP_PER_HOUR, MISSES_PER_HOUR = 60, 60
MINE = 50


@require_POST
def create(request: Request, code: str) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("current"), pk=code, current__isnull=False)
    if not limits.hit(f"lists:{limits.address(request)}", limit=KEEP_PER_HOUR, per=HOUR):
        return too_many(request, HOUR)
    answers = read_answers(item.guide, request.POST)
    owner = request.principal.user_id if request.principal and not request.principal.is_staff else None
    return redirect("list", lists.keep(item, answers, owner_id=owner).number)


def show(request: Request, number: str) -> HttpResponse:
    known = _list(request, number)
    if isinstance(known, HttpResponse):
        return known
    response = render(request, "public/list.html", _context(request, known))
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
def tick(request: Request, number: str) -> HttpResponse:
    known = _list(request, number)
    if isinstance(known, HttpResponse):
        return known
    material = request.POST.get("material", "")
    if material not in {row.key for row in known.to_bring}:
        raise Http404
    known.ticked = lists.tick(known.number, material, ready=request.POST.get("ready") == "yes").ticked
    if request.htmx:
        return render_block(request, "public/list.html", "papers", _context(request, known))
    return redirect(f"{reverse('list', args=[known.number])}#{material}")


@require_POST
def renew(request: Request, number: str) -> HttpResponse:
    known = _list(request, number)
    if isinstance(known, HttpResponse):
        return known
    lists.renew(known.number)
    messages.success(request, _("已按最新的规程重新列了一遍。"))
    return redirect("list", known.number)


@require_POST
@signed_in
def remove(request: SignedIn, number: str) -> HttpResponse:
    get_object_or_404(SavedList, pk=number, owner_id=request.principal.user_id).delete()
    messages.success(request, _("清单已删除。"))
    return redirect("my-lists")


@signed_in
def mine(request: SignedIn) -> HttpResponse:
    own = SavedList.objects.filter(owner_id=request.principal.user_id).select_related("item__current", "version")
    return render(request, "public/lists.html", {"lists": own.order_by("-created_at")[:MINE]})


def leaflet(request: Request, code: str) -> HttpResponse:
    """办事明白纸: the guide and the list on one sheet of A4, the QR code leading back to the same answers."""
    items = Item.objects.select_related("current", "agency")
    item = get_object_or_404(items, pk=code, current__isnull=False)
    version = item.current
    assert version is not None
    answers = read_answers(version.guide, request.GET)
    said = {key: request.GET[key] for key in answers}
    address = request.build_absolute_uri(reverse("item", args=[code]) + (f"?{urlencode(said)}" if said else ""))
    translations.speak([version])
    facts = lists.leaflet(version, words.named(item.agency, "name"), answers, address)
    facts["glance"] = glance.of(version.guide)
    response = HttpResponse(typesetting.render("leaflet", facts), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{code}.pdf"'
    response["Cache-Control"] = "public, max-age=300"
    patch_vary_headers(response, ["Cookie"])
    return response


def _list(request: Request, number: str) -> SavedList | HttpResponse:
    """The list; who keeps trying numbers that open nothing is slowed down."""
    known = lists.open_list(numbers.read_share_number(number))
    if known is None:
        if not limits.hit(f"lists-missed:{limits.address(request)}", limit=MISSES_PER_HOUR, per=HOUR):
            return too_many(request, HOUR)
        raise Http404
    return known


def _context(request: Request, known: SavedList) -> dict[str, Any]:
    translations.speak([known.version])
    link = request.build_absolute_uri(reverse("list", args=[known.number]))
    return {
        "known": known, "item": known.item, "guide": known.version.guide, "checklist": known.checklist, "link": link,
        "query": known.query, "qr": typesetting.qr_svg(link, scalable=True),
        "own": bool(request.principal and request.principal.user_id == known.owner_id),
    }  # fmt: skip
