"""代办 on the agent's phone: the list, taking one up, and the page of one errand with what may be done now."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.accounts.models import Site
from onewindow.agents import book
from onewindow.agents.actions import custody, ending, entrusting, taking
from onewindow.agents.models import Errand, Held
from onewindow.cases import readiness
from onewindow.cases.models import CLOSED_STATES, EDITABLE_STATES
from onewindow.catalogue.models import Item
from onewindow.catalogue.search import search
from onewindow.documents import files
from onewindow.kernel import wire
from onewindow.kernel.models import Entry
from onewindow.web.account.guards import SignedIn, staff_only

PAGE = 30
TOWN = ("clerk", "manager", "supervisor")
agent_only = staff_only("agent")
LABELS = {
    "errand.taken_up": "登记", "errand.entrusted": "当面委托", "errand.paper_taken": "收下材料",
    "errand.handed_over": "交镇里", "errand.bag_received": "镇里签收", "errand.handed_back": "镇里退回代办员",
    "errand.returned": "交还本人并签收", "errand.paper_lost": "登记遗失", "errand.finished": "办完",
    "errand.dropped": "不办了",
}  # fmt: skip


@agent_only
def index(request: SignedIn) -> HttpResponse:
    """Under way first, the oldest on top; below the record book, the newest first."""
    mine = book.listed(Errand.objects.of(request.principal))
    if number := request.GET.get("case", "")[:20]:
        return redirect("desk-errand", get_object_or_404(mine, case__number=number).number)
    ended = mine.exclude(ended_at=None).order_by("-id")
    if (before := wire.whole(request.GET.get("before", ""))) is not None:
        ended = ended.filter(pk__lt=before)
    done = list(ended[: PAGE + 1])
    context = {
        "lines": book.lines(mine.under_way().order_by("taken_at")[: PAGE * 4]), "done": book.lines(done[:PAGE]),
        "more": done[PAGE - 1].pk if len(done) > PAGE else None,
    }  # fmt: skip
    return render(request, "desk/errands.html", context)


@agent_only
def choose(request: SignedIn) -> HttpResponse:
    """Which matter: those of the villages first, any that takes a mandate by search."""
    q = request.GET.get("q", "").strip()[:80]
    offered = Item.objects.select_related("agency", "current").filter(complete=True, current__isnull=False)
    if q:
        codes = [hit.code for hit in search(q, limit=20)]
        items = sorted(offered.filter(pk__in=codes), key=lambda item: codes.index(item.pk))
    else:
        items = list(offered.filter(current__body__levels__contains=["village"], target__contains=["自然人"]))
    rows = [(item, taking.may_be_sent(item.guide) and "自然人" in item.target) for item in items]
    return render(request, "desk/errand_choose.html", {"rows": rows, "q": q})


@agent_only
def new(request: SignedIn, code: str) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("current", "agency"), pk=code, complete=True)
    fault = ""
    if request.method == "POST":
        said = {key: request.POST.get(key, "") for key in ("name", "number", "phone", "home", "note")}
        once = request.POST.get("once", "")[:64] or uuid.uuid4().hex
        try:
            return redirect("desk-errand", taking.take_up(item, by=request.principal, once=once, **said).number)
        except ValidationError as problem:
            fault = "；".join(problem.messages)
        except (ValueError, PermissionDenied) as problem:
            fault = str(problem)
    own = next((post.site for post in request.principal.posts if post.role == "agent"), None)
    context = {
        "item": item, "fault": fault, "posted": request.POST, "own": own,
        "once": request.POST.get("once") or uuid.uuid4().hex,
        "stations": Site.objects.filter(level=Site.Level.VILLAGE).select_related("parent").order_by("code"),
    }  # fmt: skip
    return render(request, "desk/errand_new.html", context, status=422 if fault else 200)


def errand_of(request: SignedIn, number: str) -> Errand:
    known = Errand.objects.open_to(request.principal).select_related(
        "item", "site__parent", "agent", "home", "person", "mandate", "case__version", "case__agency"
    )
    return get_object_or_404(known, number=number)


@staff_only("agent", *TOWN)
def show(request: SignedIn, number: str) -> HttpResponse:
    return page(request, errand_of(request, number))


def page(request: SignedIn, errand: Errand, fault: str = "", status: int = 200) -> HttpResponse:
    mine, case = entrusting.own(errand, request.principal), errand.case
    held = list(errand.held.select_related("bag").order_by("taken_at"))
    photos = errand.mandate.proofs.all() if errand.mandate else []
    context: dict[str, Any] = {
        "errand": errand, "mine": mine, "town": ending.may_stop(errand, request.principal) and not mine,
        "stage": book.stage(errand), "home": book.Line(errand).home, "in_force": errand.entrusted,
        "ready": readiness.check(case) if case and mine else None,
        "editable": case is not None and case.state in EDITABLE_STATES,
        "closed": case is not None and case.state in CLOSED_STATES, "result_due": custody.result_due(errand),
        "held": held, "in_hand": [each for each in held if each.open and each.holder == Held.Holder.AGENT],
        "in_town": [each for each in held if each.open and each.holder == Held.Holder.TOWN],
        "bags": [bag for bag in errand.bags.prefetch_related("held").select_related("received_by")],
        "photos": photos, "fault": fault, "posted": request.POST,
        "story": [(LABELS.get(row.event, row.event), row, _words(row.data)) for row in _story(errand)],
    }  # fmt: skip
    return render(request, "desk/errand.html", context, status=status)


def _words(said: dict[str, Any]) -> str:
    parts = [said.get("paper", ""), "、".join(said.get("papers", [])), said.get("reason", "")]
    parts += [f"少了：{'、'.join(said['missing'])}"] if said.get("missing") else []
    parts += [said["how"]] if "paper" in said and "how" in said else []
    return "；".join(part for part in parts if part)


def _story(errand: Errand) -> list[Entry]:
    return list(Entry.objects.filter(kind=Errand.kind, subject=errand.number).order_by("-seq")[:60])


@staff_only("agent", *TOWN)
def photograph(request: SignedIn, number: str, photo: str) -> HttpResponseBase:
    """The signed mandate, or the slip that says papers are back."""
    errand = errand_of(request, number)
    proof = errand.mandate.proofs.select_related("file").filter(pk=photo).first() if errand.mandate else None
    slip = Held.objects.select_related("signed").filter(errand=errand, pk=photo, signed__isnull=False).first()
    file = proof.file if proof else slip.signed if slip else None
    if file is None:
        raise Http404
    return files.serve(file)
