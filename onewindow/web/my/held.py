"""Which certificate: the first step of a change, renewal, reissue or cancellation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from onewindow.cases import concerning
from onewindow.cases.actions import concerning as acts
from onewindow.cases.models import Case
from onewindow.documents.models import Certificate
from onewindow.kernel import limits
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my import steps
from onewindow.web.my.door import while_editable
from onewindow.web.public.errors import too_many

WINDOW, TRIES = timedelta(minutes=10), 15


@signed_in
@while_editable
def choose(request: SignedIn, case: Case) -> HttpResponse:
    if case.guide.concerns is None:
        return redirect(steps.first(case))
    if request.method == "GET":
        return _page(request, case)
    typed, picked = request.POST.get("typed", ""), request.POST.get("certificate", "")
    if picked == "typed" and not limits.hit(f"held:{request.principal.key}", limit=TRIES, per=WINDOW):
        return too_many(request, WINDOW)
    try:
        acts.choose(case, _picked(request, case, picked, typed), by=request.principal)
    except ValueError as problem:
        return _page(request, case, str(problem))
    return redirect(steps.after_certificate(case))


def _picked(request: SignedIn, case: Case, picked: str, typed: str) -> Certificate:
    if picked == "typed":
        return acts.find(case, typed, request.POST.get("holder", "").strip(), by=request.principal)
    own = concerning.held(case).filter(number=picked).first()
    if own is None:
        raise ValueError("请选一张证照，或者填写证照编号和持证人。")
    return own


def _page(request: SignedIn, case: Case, error: str = "") -> HttpResponse:
    concerns = case.guide.concerns
    assert concerns is not None
    own = list(concerning.held(case))
    rows = [(each, concerning.apply_by(each, concerns), concerning.fault(case, each)) for each in own]
    chosen = request.POST.get("certificate") or (case.concerns.number if case.concerns else "")
    free = [each.number for each, _, fault in rows if not fault]
    context: dict[str, Any] = {
        "case": case, "rows": rows, "concerns": concerns, "word": concerning.word(concerns), "error": error,
        "typed": request.POST.get("typed", ""), "holder": request.POST.get("holder", case.applicant_name),
        "chosen": chosen or (free[0] if len(free) == 1 else "" if free else "typed"),
        "steps": steps.progress(case, "held"),
    }  # fmt: skip
    return render(request, "my/held.html", context, status=422 if error else 200)
