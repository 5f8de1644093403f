"""The health of the whole catalogue on one page, and workbooks out and in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from onewindow.accounts.models import Agency
from onewindow.catalogue import health, rules, sheets, workbooks
from onewindow.catalogue.models import Draft
from onewindow.kernel import clock
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only, editor_only
from onewindow.web.workbooks import download

PAGE = 50
# A workbook of so many is written in some seconds.
MOST_OUT = 500
MOST_BYTES = 5 * 1024 * 1024


@content_only
def index(request: SignedIn) -> HttpResponse:
    wanted = health.Filter.read(request.GET)
    after = request.GET.get("after", "")
    rows = list(health.items(wanted).filter(code__gt=after).select_related("agency").order_by("code")[: PAGE + 1])
    context: dict[str, Any] = {
        "items": rows[:PAGE], "wanted": wanted, "health": health.of(wanted), "states": health.STATES,
        "rules": rules.RULES, "policy": rules.of_district(),
        "agencies": Agency.objects.filter(items__isnull=False).distinct(),
        "more": urlencode(wanted.said | {"after": rows[PAGE - 1].code}) if len(rows) > PAGE else "",
        "query": urlencode(wanted.said), "narrowed": lambda **more: urlencode({**wanted.said, **more}),
        "drafts": dict(Draft.objects.unfinished().filter(code__in=[i.code for i in rows]).values_list("code", "pk")),
    }  # fmt: skip
    return render(request, "manage/catalogue.html", context)


@content_only
def report(request: SignedIn) -> HttpResponse:
    """The list with every sentence, for the agencies."""
    wanted = health.Filter.read(request.GET)
    return download(sheets.plain_workbook("目录体检", health.sheet(wanted)), f"目录体检 {clock.today():%Y-%m-%d}.xlsx")


@content_only
def export(request: SignedIn) -> HttpResponse:
    """One item (?code=…) or those of the filter, in the shape of the national implementation list."""
    codes = request.GET.getlist("code")
    found = health.items(health.Filter.read(request.GET)).select_related("current").order_by("code")
    items = list((found.filter(code__in=codes) if codes else found)[: MOST_OUT + 1])
    if not items:
        raise Http404
    if len(items) > MOST_OUT:
        messages.error(request, f"一次最多导出 {MOST_OUT} 项，请先按部门或情况筛选。")
        return redirect(f"{reverse('manage-catalogue')}?{request.GET.urlencode()}")
    name = items[0].code if len(items) == 1 else f"{len(items)}项"
    return download(sheets.workbook(item.current.body for item in items if item.current), f"实施清单 {name}.xlsx")


@editor_only
def take_in(request: SignedIn) -> HttpResponse:
    """A workbook becomes drafts, all or none; faults name sheet, row and column."""
    if request.method != "POST":
        return render(request, "manage/import.html", {"faults": [], "warnings": []})
    given = request.FILES.get("workbook")
    if given is None or (given.size or 0) > MOST_BYTES:
        return _refuse(request, ["请选择一个工作簿（.xlsx，不超过 5 MB）。"])
    outcome = workbooks.take_in(given.read(), by=request.principal)
    if outcome.faults:
        return _refuse(request, outcome.faults)
    messages.success(request, f"已建立 {len(outcome.drafts)} 份草稿，{outcome.same} 项与现在的版本相同，没有动。")
    for warning in outcome.warnings[:5]:
        messages.warning(request, warning)
    return redirect("manage-home")


def _refuse(request: SignedIn, faults: list[str]) -> HttpResponse:
    return render(request, "manage/import.html", {"faults": faults}, status=422)
