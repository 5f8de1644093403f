"""听证公告: hearings the public is told of (行政许可法 §46, §48), for anybody, without signing in."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from onewindow.cases import notices
from onewindow.cases.actions.hearings import public_rows
from onewindow.cases.models import Proceeding
from onewindow.cases.models.proceedings import UNDER_WAY
from onewindow.documents import files, papers
from onewindow.kernel import clock
from onewindow.kernel.models import Entry

PAGE = 20


def index(request: HttpRequest) -> HttpResponse:
    """Those to come, the nearest first; below them what has been, a page at a time."""
    coming = Q(state=Proceeding.State.PLANNED, case__state__in=UNDER_WAY, on__gte=clock.today())
    past = _after(_announced().exclude(coming).order_by("-on", "-id"), request.GET.get("after", ""))
    rows = list(past[: PAGE + 1])
    context = {
        "coming": [] if "after" in request.GET else list(_announced().filter(coming).order_by("on", "id")),
        "past": rows[:PAGE], "next": f"{rows[PAGE - 1].on:%Y-%m-%d}_{rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        "first": "after" not in request.GET,
    }  # fmt: skip
    return render(request, "public/hearings.html", context)


def show(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(_announced(), pk=pk)
    context = {"found": found, "case": found.case, "rows": dict(public_rows(found)), "entry": _entry(found)}
    return render(request, "public/hearing.html", context)


def notice(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The sealed paper; a person's name is masked on it too."""
    entry = _entry(get_object_or_404(_announced(), pk=pk))
    paper = notices.paper_of(entry) if entry else None
    if paper is None:
        raise Http404
    return files.serve(papers.paper_pdf(paper))


def _announced() -> Any:
    """Nothing of the case's form is read: what a page cannot know it cannot tell."""
    rows = Proceeding.objects.filter(announced_at__isnull=False, kind=Proceeding.Kind.HEARING)
    return rows.select_related("case__item", "case__agency").defer("case__form", "case__answers")


def _entry(found: Proceeding) -> Entry | None:
    """The last announcement: of a hearing that was put off the new day counts."""
    rows = Entry.objects.filter(kind="case", subject=found.case.number, event="case.hearing_announced")
    return rows.order_by("seq").last()


def _after(rows: Any, key: str) -> Any:
    day, _, pk = key.partition("_")
    try:
        on, last = date.fromisoformat(day), uuid.UUID(pk)
    except ValueError:
        return rows
    return rows.filter(Q(on__lt=on) | Q(on=on, pk__lt=last))
