"""Finding an item and reading its guide 办理规程."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext

from onewindow.accounts.models import Agency
from onewindow.catalogue import specimens, translations
from onewindow.catalogue.checklist import checklist, read_answers, spelled
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.documents import typesetting
from onewindow.web.account.guards import Request
from onewindow.web.public import opendata, themes
from onewindow.web.ui.fragments import render_block

PAGE = 30


def index(request: HttpRequest) -> HttpResponse:
    """Browse by who, theme or agency; pages go by key, so a deep page costs no more than the first."""
    chosen = {key: request.GET.get(key, "") for key in ("who", "theme", "agency")}
    items = Item.objects.filter(current__isnull=False).select_related("agency", "current").order_by("code")
    if chosen["who"] in themes.WHO:
        items = items.filter(target__contains=[themes.WHO[chosen["who"]]])
    if chosen["theme"]:
        items = items.filter(themes__contains=[chosen["theme"]])
    if chosen["agency"]:
        items = items.filter(agency_id=chosen["agency"])
    page = list(items.filter(code__gt=request.GET.get("after", ""))[: PAGE + 1])
    kept = {key: value for key, value in chosen.items() if value}
    context = {
        "items": translations.speaking(page[:PAGE]),
        "more": urlencode(kept | {"after": page[PAGE - 1].code}) if len(page) > PAGE else "",
        "first": "after" not in request.GET,
        "themes": themes.counts(chosen["who"] if chosen["who"] in themes.WHO else "person"),
        "agencies": Agency.objects.filter(items__isnull=False).distinct(),
        "agency": Agency.objects.filter(pk=chosen["agency"]).first() if chosen["agency"] else None,
        "chosen": chosen,
        # Not in the template: Jinja's gettext reads a text as a format, and this one comes from the address.
        "theme_name": gettext(chosen["theme"]) if chosen["theme"] else "",
        "kept": kept,
    }
    return render(request, "public/items.html", context)


def show(request: Request, code: str) -> HttpResponse:
    context = guide_page(request, _item(code))
    if request.htmx:
        return render_block(request, "public/item.html", "checklist", context)
    return render(request, "public/item.html", context)


def paper(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "public/item_print.html", guide_page(request, _item(code)))


def specimen(request: HttpRequest, code: str) -> HttpResponse:
    """结果样本: what one gets, before applying for it."""
    item = _item(code)
    if not specimens.has_specimen(item.guide):
        raise Http404
    return HttpResponse(specimens.specimen(item.guide, item.agency.name), content_type="application/pdf")


def mandate(request: HttpRequest, code: str) -> HttpResponse:
    """授权委托书, a blank to print: Chinese in every language, it is handed to the window."""
    item = _item(code)
    facts = {"title": "授权委托书", "item": item.guide.name, "organ": item.agency.name}
    return HttpResponse(typesetting.render("mandate", facts), content_type="application/pdf")


def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What the guide said when an older case was filed under it."""
    versions = ItemVersion.objects.select_related("item__agency", "item__current")
    old = get_object_or_404(versions, item=code, number=number)
    return render(request, "public/item.html", guide_page(request, old.item, old))


def _item(code: str) -> Item:
    item = Item.objects.select_related("agency", "current").filter(pk=code).first()
    if item is None or item.current is None:
        raise Http404
    return item


def guide_page(request: HttpRequest, item: Item, version: ItemVersion | None = None) -> dict[str, Any]:
    shown = version or item.current
    assert shown is not None
    structured = opendata.government_service(item, shown.guide)
    translations.speak([shown])
    guide = shown.guide
    answers = read_answers(guide, request.GET)
    asked = [question.key for question in guide.questions]
    return {
        "item": item,
        "version": shown,
        "is_current": shown.pk == item.current_id,
        "guide": guide,
        "answers": {key: str(value) for key, value in spelled(answers).items()},
        "answered": bool(answers),
        "query": urlencode({key: request.GET[key] for key in asked if request.GET.get(key)}),
        "checklist": checklist(guide, answers),
        "structured": structured,
        "versions": item.versions.defer("body")[:10],
    }
