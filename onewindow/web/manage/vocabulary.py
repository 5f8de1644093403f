"""词库: words and everyday names, and the questions that found nothing good."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from onewindow.catalogue import unanswered, words
from onewindow.catalogue.models import Item, Word
from onewindow.catalogue.search import search
from onewindow.kernel import ledger
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only, editor_only
from onewindow.web.manage.wording import Refused, read_item, read_means, read_word

PAGE = 50
TYPED = ("kind", "word", "means", "item")


def _own(request: SignedIn, item: Item | None) -> None:
    """Names of an item: its agency's editors too. Everything else speaks for the whole district."""
    if not (request.principal.has_at(None, "editor") or (item and request.principal.has_at(item.agency_id, "editor"))):
        raise Http404


@content_only
def index(request: SignedIn) -> HttpResponseBase:
    if request.method == "POST":
        return add(request)
    return render(request, "manage/vocabulary.html", _list(request))


@editor_only
def add(request: SignedIn) -> HttpResponseBase:
    typed = {field: request.POST.get(field, "").strip() for field in TYPED}
    try:
        kind, word = read_word(typed["kind"], typed["word"])
        item = read_item(typed["item"]) if kind == Word.Kind.NAME else None
        _own(request, item)
        row = words.add(kind, word, read_means(kind, typed["means"]), item=item, by=request.principal)
    except Refused as refusal:
        context = _list(request) | {"typed": typed, "errors": refusal.errors}
        return render(request, "manage/vocabulary.html", context, status=422)
    messages.success(request, f"“{row}”已加入，现在起搜索就用它。")
    return redirect("manage-word", row.pk)


@content_only
def word(request: SignedIn, pk: int) -> HttpResponseBase:
    row = get_object_or_404(Word.objects.select_related("item"), pk=pk)
    if request.method == "POST":
        return change(request, row)
    return render(request, "manage/word.html", _word(row))


@editor_only
def change(request: SignedIn, row: Word) -> HttpResponseBase:
    _own(request, row.item)
    try:
        words.change(row, read_means(row.kind, request.POST.get("means", "")), by=request.principal)
    except Refused as refusal:
        context = _word(row) | {"errors": refusal.errors, "typed": request.POST.get("means", "")}
        return render(request, "manage/word.html", context, status=422)
    messages.success(request, "已改，现在起搜索就用它。")
    return redirect("manage-word", row.pk)


@require_POST
@editor_only
def retire(request: SignedIn, pk: int) -> HttpResponseBase:
    row = get_object_or_404(Word.objects.select_related("item"), pk=pk)
    _own(request, row.item)
    words.retire(row, by=request.principal)
    messages.success(request, f"“{row}”已停用。要恢复，打开它再保存一次。")
    return redirect("manage-word", row.pk)


@content_only
def asked(request: SignedIn) -> HttpResponseBase:
    if request.method == "POST":
        return settle(request)
    page = list(unanswered.often()[:PAGE])
    for row in page:
        row["likely"] = [hit.code for hit in search(row["text"], 3)]
    named = Item.objects.in_bulk([code for row in page for code in row["likely"]])
    context = {"rows": page, "named": named}
    return render(request, "manage/unanswered.html", context)


@editor_only
def settle(request: SignedIn) -> HttpResponseBase:
    """Either the everyday name of an item, or nothing to be done."""
    text = request.POST.get("text", "")[: unanswered.LONGEST]
    code = request.POST.get("other", "").strip() or request.POST.get("item", "").strip()
    try:
        if "name" in request.POST:
            kind, name = read_word(Word.Kind.NAME, request.POST.get("word", "").strip() or text)
            item = read_item(code)
            _own(request, item)
            words.add(kind, name, [], item=item, by=request.principal)
            messages.success(request, f"“{name}”现在是“{item}”的日常叫法。")
        else:
            _own(request, None)
            messages.success(request, f"“{text}”不再列出。")
        unanswered.settle(text)
    except Refused as refusal:
        messages.error(request, "；".join(refusal.errors.values()))
    return redirect("manage-unanswered")


def _list(request: SignedIn) -> dict[str, Any]:
    q, kind = request.GET.get("q", "").strip()[:40], request.GET.get("kind", "")
    rows: QuerySet[Word] = Word.objects.select_related("item").order_by("id")
    if kind in Word.Kind.values:
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(Q(word__contains=q) | Q(means__contains=[q]) | Q(item__name__contains=q))
    after = request.GET.get("after", "")
    page = list(rows.filter(pk__gt=int(after) if after.isdecimal() and len(after) < 12 else 0)[: PAGE + 1])
    kept = {key: value for key, value in (("q", q), ("kind", kind)) if value}
    return {
        "rows": page[:PAGE], "q": q, "kind": kind, "kinds": Word.Kind.choices,
        "typed": dict.fromkeys(TYPED, ""), "errors": {},
        "more": urlencode(kept | {"after": page[PAGE - 1].pk}) if len(page) > PAGE else "",
    }  # fmt: skip


def _word(row: Word) -> dict[str, Any]:
    return {"row": row, "history": ledger.timeline("word", str(row.pk)), "errors": {}, "typed": "、".join(row.means)}
