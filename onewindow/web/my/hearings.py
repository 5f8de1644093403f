"""The applicant's right to a hearing 听证: asked for or waived from the page of the matter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from onewindow.cases.actions import hearings
from onewindow.cases.models import Case, Proceeding
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case

TOLD = [Proceeding.Kind.SITE_VISIT, Proceeding.Kind.HEARING, Proceeding.Kind.EXPERTS]


def of(case: Case) -> dict[str, Any]:
    """What of the proceedings the applicant is told, and which right can still be used."""
    kept = list(Proceeding.objects.filter(case=case, kind__in=TOLD)) if case.accepted_at else []
    return {
        "proceedings": kept,
        "may_ask": {each.pk for each in kept if each.state == Proceeding.State.TOLD and each.on >= clock.today()},
    }


@require_POST
@signed_in
def answer(request: SignedIn, number: str, pk: Any) -> HttpResponse:
    case = own_case(request, number)
    found = get_object_or_404(Proceeding, case=case, pk=pk, kind=Proceeding.Kind.HEARING)
    asks = request.POST.get("answer") == "ask"
    try:
        (hearings.ask if asks else hearings.waive)(case, by=request.principal, proceeding=found.pk)
    except (Conflict, ValueError) as problem:
        messages.error(request, str(problem))
    else:
        told = "已申请听证。时间和地点会提前七个工作日通知您。" if asks else "已记下，您不要求听证。"
        messages.success(request, told)
    return redirect("my-case", number)
