"""许可公示: licences granted here, for anybody, without signing in (行政许可法 §40)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onewindow.cases import grants
from onewindow.catalogue.models import Item
from onewindow.kernel import wire

PAGE = 20
LONGEST = 80


def index(request: HttpRequest) -> HttpResponse:
    """Newest first, a page at a time; of one item where its guide leads here."""
    q, code = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("item", "")
    item = Item.objects.filter(pk=code).first() if code and "\0" not in code else None
    found = grants.public()
    found = found.filter(grants.sought(q)) if q else found
    found = found.filter(item=item) if item else found
    after = wire.whole(request.GET.get("after", ""))
    rows = list(found.filter(pk__lt=after)[: PAGE + 1] if after is not None else found[: PAGE + 1])
    context: dict[str, Any] = {
        "grants": rows[:PAGE], "next": rows[PAGE - 1].pk if len(rows) > PAGE else None, "q": q, "item": item,
        "first": after is None,
    }  # fmt: skip
    return render(request, "public/granted.html", context)
