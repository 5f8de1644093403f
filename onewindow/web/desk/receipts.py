"""代收材料: receipts given in the hall while the centre is away, and at the centre the list of those to be entered."""

from __future__ import annotations

import uuid
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Person
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.documents import files
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File
from onewindow.hall.actions import calling, receipts, sitting
from onewindow.hall.models import Receipt
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only

LISTED = 100
clerk_only = staff_only("clerk")


@clerk_only
def index(request: SignedIn) -> HttpResponse:
    """On a node what was given here; at the centre what waits to be entered, the oldest first."""
    if settings.HALL_SITE:
        known = Receipt.objects.select_related("item").order_by("-received_at")
        return render(request, "desk/receipts_given.html", {"receipts": known[:LISTED]})
    rows = [(each, receipts.last_day(each)) for each in receipts.open_for(request.principal)[:LISTED]]
    return render(request, "desk/receipts.html", {"rows": rows, "today": clock.now()})


@clerk_only
def choose(request: SignedIn) -> HttpResponse:
    """On the node: for which item the papers are. Names as the guides say them; the everyday names are the centre's."""
    _ensure_node()
    q = request.GET.get("q", "").strip()[:80]
    offered = Item.objects.select_related("agency").filter(complete=True, current__isnull=False)
    if q:
        offered = offered.filter(Q(name__icontains=q) | Q(short_name__icontains=q) | Q(code__iexact=q))
    return render(request, "desk/receipt_choose.html", {"items": offered[:LISTED], "q": q})


@clerk_only
def new(request: SignedIn, code: str) -> HttpResponse:
    _ensure_node()
    item = get_object_or_404(Item.objects.select_related("current", "agency"), pk=code, complete=True)
    if request.method != "POST":
        return _form(request, item)
    try:
        receipt = _take(request, item)
    except (ValueError, PermissionDenied, FileRefused) as problem:
        return _form(request, item, str(problem))
    except ValidationError as problem:
        return _form(request, item, "；".join(problem.messages))
    return redirect("desk-receipt", receipt.number)


def _form(request: SignedIn, item: Item, fault: str = "") -> HttpResponse:
    context = {
        "item": item, "guide": item.guide, "fault": fault, "posted": request.POST, "forms": receipts.FORMS,
        "documents": Person.Document.choices, "once": request.POST.get("once") or uuid.uuid4().hex,
        "chosen": request.POST.getlist("paper"),
    }  # fmt: skip
    return render(request, "desk/receipt_new.html", context, status=422 if fault else 200)


def _take(request: SignedIn, item: Item) -> Receipt:
    post, seat = request.POST, sitting.of(request.principal)
    papers = {
        key: (post.get(f"form.{key}", "original"), wire.whole(post.get(f"copies.{key}", "1")) or 0)
        for key in post.getlist("paper")
    }
    said = {name: post.get(name, "").strip() for name in ("name", "number", "phone", "once")}
    document = post.get("document", "")
    if document not in Person.Document.values:
        raise ValueError("请选择证件类型。")
    return receipts.take_papers(
        item, by=request.principal, document=document, papers=papers, scans=_scans(request),
        ticket=calling.at(seat.window) if seat else None, **said,
    )  # fmt: skip


def _scans(request: SignedIn) -> list[tuple[str, File]]:
    handed: list[tuple[str, UploadedFile]] = [
        (name.removeprefix("scan."), each)
        for name, many in request.FILES.lists()
        if name.startswith("scan.")
        for each in many
    ]
    return [
        (key, files.store(cast(BinaryIO, each), each.name or "scan", request.principal.key)) for key, each in handed
    ]


@clerk_only
def show(request: SignedIn, number: str) -> HttpResponse:
    """The receipt as it is printed: two copies, one for who brought the papers."""
    receipt = _of(request, number)
    scans: dict[str, int] = {}
    for each in receipt.files.all():
        scans[each.material] = scans.get(each.material, 0) + 1
    return render(request, "desk/receipt.html", {"receipt": receipt, "scans": scans, "node": bool(settings.HALL_SITE)})


@require_POST
@clerk_only
def void(request: SignedIn, number: str) -> HttpResponse:
    """作废, at the centre."""
    if settings.HALL_SITE:
        raise Http404
    try:
        receipts.void(_of(request, number), by=request.principal, reason=request.POST.get("reason", ""))
        messages.success(request, "已作废。")
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("desk-receipts")


def _of(request: SignedIn, number: str) -> Receipt:
    """On the node every clerk of the hall's; at the centre those of the item's agency."""
    known = Receipt.objects.select_related("item__agency", "item__current", "site", "officer", "case", "ticket")
    if not settings.HALL_SITE:
        known = known.filter(item__agency__in=request.principal.agencies("clerk"))
    return get_object_or_404(known, pk=number)


def _ensure_node() -> None:
    """Where the centre is, cases are opened and no receipts are needed."""
    if not settings.HALL_SITE:
        raise Http404


def context(request: SignedIn, item: Item) -> dict[str, Any]:
    """For the page of a new case that was opened from a receipt: what the receipt says already."""
    number = (request.POST or request.GET).get("from-receipt", "")
    found = receipts.open_for(request.principal).filter(item=item, pk=number[:24]).first() if number else None
    known = {"applicant-name": found.name, "applicant-phone": found.phone} if found else {}
    return {"receipt": found, "posted": request.POST or known}


def enter(request: SignedIn, case: Case) -> None:
    """录入: the case of this page is the receipt's, where it was opened from one."""
    number = request.POST.get("from-receipt", "")[:24]
    if not number:
        return
    found = receipts.open_for(request.principal).filter(pk=number).first()
    if found is None:
        raise ValueError("这张收件凭证已经录入或作废，请回到“代收”再看。")
    receipts.enter(found, case, by=request.principal)
