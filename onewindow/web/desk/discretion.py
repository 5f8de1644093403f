"""裁量: the officer enters the facts, the page offers what the standard allows for them, the server enforces it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from onewindow.cases import weighing
from onewindow.cases.actions import discretion, guards
from onewindow.cases.models import Case, State
from onewindow.catalogue.afterwards import ALLOWED
from onewindow.kernel import forms, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import window

ROUTE = "desk-discretion"


def context(request: SignedIn, case: Case) -> dict[str, Any]:
    """For the case file: nothing unless this officer may decide it by a standard now."""
    open_now = case.state == State.DECIDING and not case.proposal and guards.decider(case, request.principal)
    if not case.guide.discretion or not open_now:
        return {"weighing": None}
    match = request.resolver_match
    return {"weighing": _weighed(case, request.POST if match and match.url_name == ROUTE else QueryDict())}


def _weighed(case: Case, typed: QueryDict) -> dict[str, Any]:
    standard = case.guide.discretion
    assert standard is not None
    schema = weighing.schema(standard)
    facts = {key: value for key, value in forms.from_post(schema, typed).items() if value not in (None, "")}
    known = forms.validate(schema, facts).clean
    found = weighing.weigh(case, known)
    allowed = found.row.outcomes if found.row else ()
    return {
        "standard": standard, "facts": facts, "found": found, "typed": typed, "begun": bool(facts),
        "allowed": [(key, ALLOWED[key]) for key in allowed],
        "others": [(key, said) for key, said in ALLOWED.items() if key not in allowed],
    }  # fmt: skip


@require_POST
@staff_only("decider")
def decide(request: SignedIn, number: str) -> HttpResponse:
    from onewindow.web.desk.cases import file_page, open_case

    case, typed = open_case(request, number), request.POST
    if typed.get("go-on") != "decide":
        alone = bool(request.headers.get("HX-Request")) and case.guide.discretion is not None
        return (
            render(request, "desk/_allowed.html", context(request, case) | {"case": case})
            if alone
            else file_page(request, case)
        )
    try:
        done = discretion.decide(
            case, by=request.principal, seen=wire.whole(typed.get("form-seen", "")), **_said(case, typed)
        )
    except Conflict as conflict:
        return file_page(request, open_case(request, number), conflict=conflict.message, status=409)
    except ValueError as problem:
        return file_page(request, open_case(request, number), conflict=str(problem), status=422)
    messages.success(
        request, "已提请第二人签字，签字后生效。" if done.proposal else f"已决定：{done.get_outcome_display()}"
    )
    window.note(request, case, "case.proposed" if done.proposal else f"case.{done.outcome}", "作出决定")
    return window.back(request, case)


def _said(case: Case, typed: QueryDict) -> dict[str, Any]:
    standard = case.guide.discretion
    if standard is None:
        raise ValueError("这个事项没有裁量基准。")
    return {
        "outcome": typed.get("decision-outcome", ""), "facts": forms.from_post(weighing.schema(standard), typed),
        "reason": typed.get("decision-reason", ""), "departure": typed.get("decision-departure", ""),
        "conditions": typed.get("decision-conditions", ""), "concealed": typed.get("decision-concealed") == "yes",
        "amount": _amount(typed.get("decision-amount", "")),
    }  # fmt: skip


def _amount(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 10**9:
        raise ValueError("幅度请填写数字。")
    return amount
