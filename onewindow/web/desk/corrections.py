"""补正 brought to the window: what was asked for, ticked and written in before whoever stands there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from onewindow.accounts import divisions
from onewindow.cases import readiness
from onewindow.cases.actions import correction, guards, intake
from onewindow.cases.actions.correction import Brought
from onewindow.cases.models import Case, State
from onewindow.documents.content import FileRefused
from onewindow.kernel import forms, wire
from onewindow.kernel.flow import Conflict
from onewindow.kernel.forms import Checked, FormField
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import applicant, window
from onewindow.web.desk.cases import acted, open_case
from onewindow.web.my import steps


@staff_only("clerk")
def show(request: SignedIn, number: str) -> HttpResponse:
    case = open_case(request, number)
    if case.state != State.CORRECTING or not guards.mender(case, request.principal):
        raise Http404
    scanned: applicant.Scans = {}
    if request.method == "GET":
        return _page(request, case, scanned, {})
    try:
        scanned = applicant.scans(request)
    except FileRefused as problem:
        return _page(request, case, scanned, {"": str(problem)})
    return _take_in(request, case, scanned)


def _fields(case: Case) -> list[FormField]:
    """What the notice asked for in the form: nothing else is changed here."""
    asked = {each["on"].removeprefix("form:").partition(".")[0] for each in case.open_remarks}
    return [field for page in case.guide.form.pages for field in page.fields if field.key in asked]


def _typed(request: SignedIn, case: Case, fields: list[FormField]) -> Checked:
    """The boxes as typed, judged with the rest of the form; a mask left as it was stands for its number."""
    schema, keys = case.guide.form, {field.key for field in fields}
    typed = {key: value for key, value in forms.from_post(schema, request.POST).items() if key in keys}
    whole = case.form | forms.restore(schema, typed, case.form)
    checked = forms.validate(schema, whole, known_division=divisions.is_known)
    errors = {place: text for place, text in checked.errors.items() if place.partition(".")[0] in keys}
    return Checked({key: value for key, value in checked.clean.items() if key in keys}, errors)


def _take_in(request: SignedIn, case: Case, scanned: applicant.Scans) -> HttpResponse:
    fields = _fields(case)
    checked = _typed(request, case, fields)
    if checked.errors:
        return _page(request, case, scanned, checked.errors)
    brought = Brought(
        present=request.POST.get("who-present", ""), papers=request.POST.getlist("seen-paper"), scans=scanned,
        form=case.form | forms.seal(case.guide.form, checked.clean) if fields else {},
        signed=request.POST.get("signed-on", ""), general=request.POST.get("general-answer", ""),
    )  # fmt: skip
    try:
        correction.take_in(
            case, by=request.principal, brought=brought, seen=wire.whole(request.POST.get("form-seen", ""))
        )
    except readiness.NotReady as missing:
        return _page(request, open_case(request, number=case.number), scanned, {"": missing.message})
    except Conflict as conflict:
        return _page(request, open_case(request, number=case.number), scanned, {"": conflict.message}, status=409)
    except ValueError as problem:
        return _page(request, open_case(request, number=case.number), scanned, {"": str(problem)})
    acted(request, case, "case.corrected", "收到补正")
    messages.success(request, f"已收到补正。受理的日子从今天起算，请在 {case.due_on:%-m 月 %-d 日}前告知是否受理。")
    return window.back(request, case)


def _page(
    request: SignedIn, case: Case, scanned: applicant.Scans, errors: dict[str, str], *, status: int = 0
) -> HttpResponse:
    fields, ready = _fields(case), readiness.check(case)
    asked = {each["on"].removeprefix("material:"): each["text"] for each in case.open_remarks}
    values = forms.masked(case.guide.form, case.form)
    if request.method == "POST":
        values |= forms.from_post(case.guide.form, request.POST)
    lacking = {row.key for row in readiness.lacking(ready) if row.material.upload}
    context: dict[str, Any] = {
        "case": case, "fields": fields, "values": values, "errors": errors, "options": steps.options(),
        "remarks": {each["on"].removeprefix("form:"): each["text"] for each in case.open_remarks},
        "rows": [row for row in ready.checklist.materials if row.key in asked or row.key in lacking],
        "asked": asked, "general": asked.get(""), "present": intake.PRESENT, "scanned": scanned, "posted": request.POST,
        "ticked": request.POST.getlist("seen-paper"),
    }  # fmt: skip
    return render(request, "desk/corrections.html", context, status=status or (422 if errors else 200))
