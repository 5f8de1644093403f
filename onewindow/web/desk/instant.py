"""即办件 in one screen: who, the form, the papers seen, done. Other items are taken in here the same way."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from onewindow.accounts import divisions
from onewindow.accounts.counter import organisation_at_window, person_at_window
from onewindow.accounts.models import Organisation
from onewindow.cases.actions import concerning, drafts, instant, intake
from onewindow.cases.models import Case, State
from onewindow.catalogue import lists
from onewindow.catalogue.checklist import checklist, read_answers, spelled
from onewindow.catalogue.models import Item
from onewindow.catalogue.search import search
from onewindow.documents.content import FileRefused
from onewindow.documents.models import Certificate
from onewindow.feedback.actions import invite
from onewindow.hall.actions import sitting
from onewindow.kernel import forms, numbers
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import applicant, receipts, together, window
from onewindow.web.desk.applicant import Scans
from onewindow.web.my import promises, steps

TYPED = ("name", "number", "phone")


@staff_only("clerk")
def choose(request: SignedIn) -> HttpResponse:
    """Which item: search, the number of a citizen's list 清单, or the complete items of the clerk's agencies."""
    q = request.GET.get("q", "").strip()
    if known := lists.open_list(numbers.read_share_number(q)):
        return redirect(f"{reverse('desk-instant', args=[known.item_id])}?{known.query}")
    offered = Item.objects.filter(complete=True, agency_id__in=request.principal.agencies("clerk")).select_related(
        "agency", "current"
    )
    items = list(offered if not q else _in_order(offered, [hit.code for hit in search(q, limit=20)]))
    return render(request, "desk/choose.html", {"items": items, "q": q})


def _in_order(items: QuerySet[Item], codes: list[str]) -> list[Item]:
    return sorted(items.filter(pk__in=codes), key=lambda item: codes.index(item.pk))


@staff_only("clerk")
def show(request: SignedIn, code: str) -> HttpResponse:
    items = Item.objects.select_related("current", "agency").filter(complete=True)
    item = get_object_or_404(items, pk=code, agency_id__in=request.principal.agencies("clerk"))
    scanned: Scans = {}
    try:
        scanned = applicant.scans(request)
    except FileRefused as problem:
        return _page(request, item, {"": str(problem)}, scanned)
    if request.method == "POST" and request.POST.get("go-on") in {"done", "accept"}:
        return _take(request, item, scanned)
    return _page(request, item, {}, scanned)


def _page(request: SignedIn, item: Item, errors: dict[str, str], scanned: Scans) -> HttpResponse:
    guide = item.guide
    values = _typed_form(request, item) if request.method == "POST" else {}
    answers = read_answers(guide, request.POST or request.GET)
    context: dict[str, Any] = {
        "item": item, "guide": guide, "values": values, "errors": errors, "options": steps.options(),
        "schema": steps.questions_schema(guide), "answers": spelled(answers),
        "checklist": (listed := checklist(guide, _facts(guide, values, answers))),
        "offers": together.kept_before(
            request, {row.name: row.material.fresh_months for row in listed.materials if row.material.upload}
        ),
        "seen": request.POST.getlist("seen-paper"), "taken": request.POST.getlist("take-kept"),
        "query": urlencode({key: (request.POST or request.GET)[key] for key in answers}),
        "scanned": scanned, "known": applicant.known(request), "back": request.GET.get("back-to", ""),
        "typed_above": _boxes(item), "once": request.POST.get("send-once") or uuid.uuid4().hex,
        **receipts.context(request, item),
        **together.context(item),
    }  # fmt: skip
    return render(request, "desk/instant.html", context, status=422 if errors else 200)


def _facts(guide: Any, values: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    plain = {f.key for f in guide.form.walk() if f.kind not in forms.SECRET_KINDS}
    return {key: value for key, value in values.items() if key in plain} | answers


def _original(request: SignedIn, case: Case) -> Certificate:
    """The certificate the clerk has in hand, by its number and holder."""
    number, holder = (request.POST.get(f"concerns-{key}", "").strip() for key in ("number", "holder"))
    return concerning.find(case, number, holder or case.applicant_name, by=request.principal)


def _boxes(item: Item) -> dict[str, str]:
    """Facts the form asks for (FormField.prefill) → the box of this page where they are typed already."""
    agent = "agent" if together.by_agent(item) else "applicant"
    return {f"{who}.{key}": f"{box}-{key}" for who, box in (("person", "applicant"), ("agent", agent)) for key in TYPED}


def _typed_form(request: SignedIn, item: Item) -> dict[str, Any]:
    """For a body without an agent of its own the person at the window is who acts for it 经办人."""
    comes, sent = applicant.said(request), together.sent(request)
    if not any(sent.values()) and request.POST.get("applicant-organisation", "").strip():
        sent = comes
    known = {f"applicant-{key}": value for key, value in comes.items()}
    known |= {f"agent-{key}": value for key, value in sent.items()}
    boxes = _boxes(item)
    own = {f.key: known[boxes[f.prefill]] for f in item.guide.form.walk() if f.prefill in boxes}
    return forms.from_post(item.guide.form, request.POST) | own


def _take(request: SignedIn, item: Item, scanned: Scans) -> HttpResponse:
    guide = item.guide
    checked = forms.validate(guide.form, _typed_form(request, item), known_division=divisions.is_known)
    if checked.errors:
        return _page(request, item, _at_the_window(item, checked.errors), scanned)
    try:
        case = _carry_out(request, item, forms.seal(guide.form, checked.clean), scanned)
    except ValidationError as problem:
        return _page(request, item, {"": "；".join(problem.messages)}, scanned)
    except (ValueError, Conflict) as problem:
        return _page(request, item, {"": str(problem)}, scanned)
    done = case.state == State.FINISHED
    window.note(request, case, *(("case.finished", "当场办结") if done else ("case.received", "收件")), new=True)
    messages.success(request, "已当场办结。" if done else f"已收件，当前：{case.get_state_display()}。")
    return window.back(request, case)


def _at_the_window(item: Item, errors: dict[str, str]) -> dict[str, str]:
    """Faults at the boxes that stand on this page: what is the applicant's own was typed once, at the top."""
    boxes = _boxes(item)
    own = {f.key: boxes[f.prefill] for f in item.guide.form.walk() if f.prefill in boxes}
    return {own.get(place, place): text for place, text in errors.items()}


def _organisation(request: SignedIn, item: Item) -> Organisation | None:
    """For items that serve bodies; the person at the window is then who acts for it 经办人."""
    name, code = (request.POST.get(f"applicant-{key}", "").strip() for key in ("organisation", "credit_code"))
    if "法人" not in item.target or not (name or code or item.target == ["法人"]):
        return None
    return organisation_at_window(name, code)


@transaction.atomic
def _carry_out(request: SignedIn, item: Item, form: dict[str, Any], scanned: Scans) -> Case:
    """From the person to the finished case: all of it happens, or nothing; the same page sent twice acts once."""
    person, answers = person_at_window(**applicant.said(request)), read_answers(item.guide, request.POST)
    once, by, body = request.POST.get("send-once"), request.principal, _organisation(request, item)
    case = drafts.open_case(
        item, by=by, person=person, organisation=body, channel="desk", answers=answers, form=form, once=once,
        site=sitting.place(by, item.agency_id), mandate=None if body else together.mandate(request, item, person),
    )  # fmt: skip
    if case.revision:
        return case
    receipts.enter(request, case)
    if item.guide.concerns:
        concerning.choose(case, _original(request, case), by=by)
    for key in request.POST.getlist("seen-paper"):
        drafts.see_paper(case, key, "original", by=by)
    applicant.keep(case, scanned, by=by)
    together.take_over(request, case)
    together.sign(request, case)
    if request.POST["go-on"] == "done":
        instant.complete(case, by=by, promised=promises.read(request.POST))
        if case.state == State.FINISHED:
            invite(case)
        return case
    return intake.submit_in_person(case, by=by, promised=promises.read(request.POST))
