"""The one box: what was found, narrowed by filters, put right or asked back; and suggestions while typing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onewindow.catalogue import translations, unanswered
from onewindow.catalogue.asking import DOINGS, Ask, ask
from onewindow.catalogue.events import events
from onewindow.catalogue.models import Item
from onewindow.catalogue.search import Answer, Filters, answer, suggest
from onewindow.web.account.guards import Request
from onewindow.web.public import themes
from onewindow.web.ui import words
from onewindow.web.ui.fragments import render_block

FOUND = 20
QUERY_MAX = 80
# Filters offer what the first hits have.
OFFERED = 20
LEVELS = {"district": _("区大厅"), "town": _("镇（街道）"), "village": _("村（社区）")}
ONLINE = {"4": _("网上能办"), "5": _("全程网办")}
FIELDS = ("who", "theme", "agency", "level", "online", "do")


def index(request: Request) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:QUERY_MAX]
    kept = {field: value[:60] for field in FIELDS if (value := request.GET.get(field, "").strip())}
    context: dict[str, Any] = {"q": q, "kept": kept, "found": [], "event": None, "ask": None, "corrections": ()}
    if q:
        context |= _found(q, kept, literally="exact" in request.GET)
    else:
        context |= {"life": themes.LIFE[:8], "events": events(settings.DATA_DIR).by_key}
    if request.htmx:
        return render_block(request, "public/search.html", "results", context)
    return render(request, "public/search.html", context)


def suggestions(request: HttpRequest) -> HttpResponse:
    """The list under the box; without JavaScript nobody asks for it."""
    hits = suggest(request.GET.get("q", "")[:QUERY_MAX])
    items = Item.objects.in_bulk([hit.code for hit in hits])
    found = [(items[hit.code], hit.why) for hit in hits if hit.code in items]
    response = render(request, "public/_suggestions.html", {"found": found})
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _found(q: str, kept: dict[str, str], *, literally: bool) -> dict[str, Any]:
    filters = _filters(kept)
    got = answer(q, filters, literally=literally)
    if got.poor:
        unanswered.note(q, found_nothing=not got.everything)
    items = Item.objects.select_related("agency", "current").in_bulk([hit.code for hit in got.hits[:FOUND]])
    translations.speaking(items.values())
    asked = ask(got, filters)
    return {
        "found": [(items[hit.code], hit.why) for hit in got.hits[:FOUND] if hit.code in items],
        "poor": got.poor,
        "corrections": [pair for pair in got.question.corrections if pair[0] != pair[1]],
        "literally": literally,
        "event": events(settings.DATA_DIR).said_in(q),
        "ask": asked and _links(q, kept, asked),
        "facets": _facets(q, kept, got),
        "literal_link": _link(q, kept, exact="1"),
        "all_link": _link(q, {}),
    }


def _filters(kept: dict[str, str]) -> Filters:
    depth, doing = kept.get("online", ""), kept.get("do")
    return Filters(
        who=themes.WHO.get(kept.get("who", ""), ""),
        theme=kept.get("theme", ""),
        agency=kept.get("agency", ""),
        level=kept.get("level", ""),
        online=int(depth) if depth in ONLINE else 0,
        doing=None if doing is None else "" if doing == "new" else doing,
    )


def _link(q: str, kept: dict[str, str], **change: str) -> str:
    return "?" + urlencode({key: value for key, value in ({"q": q} | kept | change).items() if value})


def _links(q: str, kept: dict[str, str], asked: Ask) -> dict[str, Any]:
    sides = {target: side for side, target in themes.WHO.items()}
    choices = [(c.words, _link(q, kept, **{c.field: sides.get(c.value, c.value)})) for c in asked.choices]
    return {"question": asked.question, "choices": choices}


def _facets(q: str, kept: dict[str, str], got: Answer) -> list[dict[str, Any]]:
    """Each filter with the values that the first hits have, as links that keep the question and the other filters."""
    entries = [got.entry(hit) for hit in got.everything[:OFFERED]]
    offered: dict[str, dict[str, Any]] = {
        "who": {"person": _("个人"), "business": _("企业和单位")},
        "theme": {theme: gettext(theme) for entry in entries for theme in sorted(entry.themes)},
        "agency": {entry.agency: words.chinese(entry.agency_name) for entry in entries},
        "level": {level: word for level, word in LEVELS.items() if any(level in entry.levels for entry in entries)},
        "online": ONLINE,
        "do": {(intent or "new"): word for intent, word in DOINGS.items() if kept.get("do") == (intent or "new")},
    }
    names = {"who": _("谁来办"), "theme": _("主题"), "agency": _("部门"), "level": _("在哪里办"), "online": _("网上办"),
             "do": _("办哪一种")}  # fmt: skip
    return [
        {
            "field": field,
            "name": names[field],
            "chosen": kept.get(field, ""),
            "any": _link(q, kept, **{field: ""}),
            "values": [(value, word, _link(q, kept, **{field: value})) for value, word in list(values.items())[:12]],
        }
        for field, values in offered.items()
        if values
    ]
