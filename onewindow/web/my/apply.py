"""Applying online, one thing a page: questions → form → papers → check → 预审 or 提交."""

from __future__ import annotations

import uuid
from functools import partial
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts import divisions
from onewindow.cases import applicants, parties, readiness, vault
from onewindow.cases.actions import correction, drafts, guards, intake, serving
from onewindow.cases.models import Case, CasePaper
from onewindow.cases.promises import GAP_PROMISE, LICENCE_PROMISE, PROOF_PROMISE, Promised
from onewindow.catalogue.checklist import read_answers, spelled
from onewindow.catalogue.models import Item
from onewindow.documents import files, uploads
from onewindow.kernel import forms
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my import acting, deliveries, promises, steps
from onewindow.web.my.door import draft_case, own_case, while_editable
from onewindow.web.ui import words

SUBMITTED, CORRECTED = "已正式提交。是否受理，最迟 {} 告诉您。", "补正已提交。是否受理，最迟 {} 告诉您。"
PASSED_ON = "已正式提交，正在转给{}。受理和时限由对方告知，有进展会通知您。"


@signed_in
def start(request: SignedIn, code: str) -> HttpResponse:
    """Before the first question: who applies, and drafts one may go on with."""
    item = get_object_or_404(Item.objects.select_related("current"), pk=code, current__isnull=False)
    guide = item.guide
    answers = read_answers(guide, request.POST or request.GET)
    choices, offered = applicants.choices(request.principal, item), acting.choices(request)
    chosen = next((each for each in choices if each.key == request.POST.get("applicant", "self")), None)
    if request.method == "POST" and guide.complete and chosen:
        case = drafts.open_case(
            item, by=request.principal, person=chosen.person, organisation=chosen.organisation, mandate=chosen.mandate,
            answers=answers, once=request.POST.get("once"),
        )  # fmt: skip
        return redirect(steps.first(case))
    mine = Case.objects.of_applicant(request.principal).filter(item=item, state__in=drafts.EDITABLE)
    context = {
        "item": item, "guide": guide, "answers": answers, "choices": choices, "known": request.principal.person_id,
        "drafts": acting.only(mine, request, offered).order_by("-id")[:3], "once": uuid.uuid4().hex,
        "acting": offered, "acting_now": acting.current(request, offered),
    }  # fmt: skip
    return render(request, "my/start.html", context)


@signed_in
@while_editable
def questions(request: SignedIn, case: Case) -> HttpResponse:
    schema = steps.questions_schema(case.guide)
    if request.method == "POST":
        answers = read_answers(case.guide, request.POST)
        drafts.save_answers(case, answers, by=request.principal)
        return redirect("case-form", case.number, 1)
    context = {
        "case": case,
        "schema": schema,
        "values": spelled(case.answers),
        "steps": steps.progress(case, "questions"),
    }
    return render(request, "my/questions.html", context)


@signed_in
@while_editable
def form_page(request: SignedIn, case: Case, page: int) -> HttpResponse:
    """One page of the form; what was typed is kept even when it is wrong."""
    schema = case.guide.form
    if not 1 <= page <= len(schema.pages):
        return redirect("case-materials", case.number)
    if request.method == "GET":
        return _form(request, case, page, steps.form_values(case, page, request.principal), {})
    drafts.ensure_editable(case, request.principal)
    posted, more = steps.posted(case, request.POST, page)
    if request.POST.get("form-seen", "") not in {"", steps.mark(case, page)}:
        return _form(
            request, case, page, forms.masked(schema, posted), {}, elsewhere=steps.elsewhere(case, page, posted)
        )
    checked = forms.validate(schema, _others(case, page) | posted, page=page - 1, known_division=divisions.is_known)
    merged = steps.merge(case, page, checked)
    if changed := [change.key for change in forms.changes(schema, case.form, merged)]:
        drafts.save_form(case, merged, by=request.principal, changed=changed)  # also beside a fault
    if checked.errors or more:
        return _form(request, case, page, forms.masked(schema, posted), {} if more else checked.errors, more)
    if request.POST.get("go-on") == "check":
        return redirect("case-check", case.number)
    return redirect("case-form", case.number, page + 1)


def _others(case: Case, page: int) -> dict:
    """Answers of the other pages: conditions of this page may look at them."""
    here = {field.key for field in case.guide.form.pages[page - 1].fields}
    return {key: value for key, value in case.form.items() if key not in here}


def _form(
    request: SignedIn, case: Case, page: int, values: dict, errors: dict, more: str = "", elsewhere: list | None = None
) -> HttpResponse:
    context = {
        "case": case, "page": page, "form_page": case.guide.form.pages[page - 1], "values": values, "errors": errors,
        "more": more, "seen": steps.mark(case, page), "elsewhere": elsewhere, "options": steps.options(),
        "steps": steps.progress(case, f"form-{page}"),
        "remarks": {remark["on"].removeprefix("form:"): remark["text"] for remark in case.open_remarks},
    }  # fmt: skip
    return render(request, "my/form.html", context, status=422 if errors else 200 if elsewhere is None else 409)


@signed_in
@while_editable
def materials(request: SignedIn, case: Case) -> HttpResponse:
    return _materials(request, case, {})


def _materials(request: SignedIn, case: Case, error: dict[str, str]) -> HttpResponse:
    ready = readiness.check(case)
    gone = _uuid(request.GET.get("removed", ""))
    removed = case.papers.filter(removed_at__isnull=False, pk=gone).first() if gone else None
    lacking = {row.name for row in ready.checklist.materials if row.material.upload and not ready.papers.get(row.key)}
    context = {
        "case": case, "ready": ready, "steps": steps.progress(case, "materials"), "error": error,
        "removed": removed, "offers": vault.offers(case, lacking, request.principal),
        "remarks": {remark["on"].removeprefix("material:"): remark["text"] for remark in case.open_remarks},
    }  # fmt: skip
    return render(request, "my/materials.html", context, status=422 if error else 200)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
@signed_in
def add_paper(request: SignedIn, number: str, key: str) -> HttpResponse:
    """Plain multipart, several files at once; one that fails does not lose the rest."""
    case = draft_case(request, number)
    drafts.ensure_editable(case, request.principal)
    problems = _keep_posted(request, case, key)
    if not request.FILES:
        problems.append("请先选择要上传的文件。")
    if problems:
        return _materials(request, case, {key: "；".join(problems)})
    return redirect(f"{request.path.rsplit('/', 2)[0]}/#{key}")


def _keep_posted(request: SignedIn, case: Case, key: str) -> list[str]:
    problems = []
    for upload in request.FILES.getlist("file"):
        try:
            uploads.count(request.principal.key)
            stored = files.store(cast(BinaryIO, upload), upload.name or "", request.principal.key)
            drafts.add_paper(case, key, stored, by=request.principal)
        except (files.FileRefused, ValueError) as refusal:
            problems.append(f"{upload.name}：{refusal}")
    return problems


@require_POST
@signed_in
def remove_paper(request: SignedIn, number: str, paper: str) -> HttpResponse:
    case = draft_case(request, number)
    drafts.remove_paper(case, get_object_or_404(CasePaper, pk=paper, case=case), by=request.principal)
    return redirect(f"/my/cases/{number}/materials/?removed={paper}")


@require_POST
@signed_in
def restore_paper(request: SignedIn, number: str, paper: str) -> HttpResponse:
    case = draft_case(request, number)
    drafts.restore_paper(case, get_object_or_404(CasePaper, pk=paper, case=case), by=request.principal)
    return redirect("case-materials", number)


@signed_in
@while_editable
def check(request: SignedIn, case: Case) -> HttpResponse:
    """核对: everything once more, what is still missing, what may be promised, and the declaration."""
    return _check(request, case, Promised(), {})


def _check(request: SignedIn, case: Case, ticked: Promised, refused: dict[str, str]) -> HttpResponse:
    ready = readiness.check(case)
    context = {
        "case": case, "ready": ready, "pages": forms.display(case.guide.form, case.form, divisions.name),
        "steps": steps.progress(case, "check"), "declaration": intake.DECLARATION,
        "places": steps.places(case, ready.problems), "unanswered": steps.places(case, ready.unanswered),
        "may_send": guards.filer(case, request.principal),
        "parties": parties.current(case), "needed": parties.needed(case, readiness.variables(case)),
        "unconfirmed": list(ready.unconfirmed.values()),
        "delivery_choices": serving.CHOICES, "agreement": serving.AGREEMENT,
        "co_fillers": list(case.co_fillers.filter(ended_at__isnull=True)),
    }  # fmt: skip
    context |= {
        "ticked": ticked, "unticked": [text for place, text in refused.items() if place not in ready.problems],
        "promise_words": {"gaps": GAP_PROMISE, "licence": LICENCE_PROMISE, "proof": PROOF_PROMISE},
    }  # fmt: skip
    return render(request, "my/check.html", context, status=422 if refused else 200)


@require_POST
@signed_in
def request_prereview(request: SignedIn, number: str) -> HttpResponse:
    return _send(request, number, intake.request_prereview, "已提交预审，工作人员会在一个工作日内查看。")


@require_POST
@signed_in
def submit(request: SignedIn, number: str) -> HttpResponse:
    act = partial(intake.submit, promised=promises.read(request.POST))
    return _send(request, number, act, SUBMITTED)


@require_POST
@signed_in
def correct(request: SignedIn, number: str) -> HttpResponse:
    return _send(request, number, correction.hand_in_corrections, CORRECTED)


def _send(request: SignedIn, number: str, act, done: str) -> HttpResponse:
    case = own_case(request, number)
    if request.POST.get("declared") != "yes":
        messages.error(request, "请先勾选真实性承诺。")
        return redirect("case-check", number)
    try:
        deliveries.choose_from(request, case)
        act(case, by=request.principal)
        rule = case.guide.outside if case.goes_outside and case.submitted_at else None
    except readiness.NotReady as missing:
        return _check(request, case, promises.read(request.POST), missing.problems)
    except Conflict as conflict:
        messages.error(request, conflict.message)
    except ValueError as refusal:
        messages.error(request, str(refusal))
        return redirect("case-check", number)
    else:
        messages.success(request, PASSED_ON.format(rule.name) if rule else done.format(words.day(case.due_on)))
    return redirect("my-case", number)
