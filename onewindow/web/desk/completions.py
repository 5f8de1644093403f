"""外部办结: brought in by file, counted an item, agency and day; for window, hall manager and operator."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.catalogue.models import Item
from onewindow.exchange import imports
from onewindow.exchange.models import Batch, Completion
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.workbooks import download

office_only = staff_only("clerk", "manager", "operator")
# Days counted, imports and refused rows shown; all refused rows are in the Excel sheet.
DAYS, BATCHES, REASONS = 100, 20, 100


@office_only
def index(request: SignedIn) -> HttpResponse:
    return take_in(request) if request.method == "POST" else _page(request)


def _page(request: SignedIn, fault: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "fault": fault, "batches": _batches(request)[:BATCHES], "words": imports.WORDS,
        "counted": Completion.objects.open_to(request.principal).counted()[:DAYS],
        "shell": _shell(request),
    }  # fmt: skip
    return render(request, "desk/completions.html", context, status=422 if fault else 200)


def _shell(request: SignedIn) -> str:
    return "desk/_shell.html" if request.principal.has("clerk", "manager") else "manage/_shell.html"


def _batches(request: SignedIn) -> QuerySet[Batch]:
    """One's own; the operator sees everybody's."""
    rows = Batch.objects.order_by("-id")
    return rows if request.principal.has("operator") else rows.filter(by_id=request.principal.user_id)


def take_in(request: SignedIn) -> HttpResponse:
    given = request.FILES.get("file")
    if given is None or (given.size or 0) > imports.MOST_BYTES:
        return _page(request, "请选择一个 Excel（.xlsx）或 CSV 文件，不超过 5 MB。")
    try:
        batch, fresh = imports.hand_in(given.read(), given.name or "未命名", by=request.principal)
    except imports.Unreadable as problem:
        return _page(request, str(problem))
    if not fresh:
        messages.info(request, "这个文件您交过了，没有再导入一遍；上一次的结果在这里。")
    return redirect("exchange-batch", batch.pk)


@office_only
def show(request: SignedIn, pk: int) -> HttpResponse:
    """How far it is, asked again every two seconds while the worker is at it; then what became of the rows."""
    batch = get_object_or_404(_batches(request), pk=pk)
    header, rows = imports.refused(batch)
    context = {
        "batch": batch, "words": imports.WORDS, "header": header, "refused": rows[:REASONS],
        "shell": _shell(request), "percent": 100 * batch.done // max(batch.rows, 1),
    }  # fmt: skip
    return render(request, "desk/completions_batch.html", context)


@office_only
def errors(request: SignedIn, pk: int) -> HttpResponse:
    batch = get_object_or_404(_batches(request), pk=pk)
    if not batch.faults:
        raise Http404
    return download(imports.error_sheet(batch), f"没有导入的行 {batch.pk}.xlsx")


@office_only
def template(request: SignedIn) -> HttpResponse:
    items = Item.objects.filter(current__body__has_key="outside").order_by("code")
    if not request.principal.has("operator"):
        items = items.filter(agency_id__in=request.principal.agencies("clerk", "manager"))
    return download(imports.template(items), "外部办结 模板.xlsx")
