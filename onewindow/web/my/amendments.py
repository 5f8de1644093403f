"""What I am asked: may this field say something else; and whether my agent goes on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import agents, amendment, guards
from onewindow.cases.models import Case
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case


def shown(case: Case, principal: Principal) -> dict[str, Any]:
    changes = [
        each | {"was": amendment.words(case, each, "old"), "becomes": amendment.words(case, each, "new")}
        for each in case.amendments
    ]
    can_stop = agents.stop_agent.transition.possible(case, principal) and not case.agent_stopped_at  # type: ignore[attr-defined]
    return {"changes": changes, "own": guards.applicant(case, principal), "may_stop_agent": can_stop}


@require_POST
@signed_in
def answer(request: SignedIn, number: str, change: str) -> HttpResponse:
    case = own_case(request, number)
    act = amendment.consent if request.POST.get("answer") == "consent" else amendment.refuse
    try:
        act(case, by=request.principal, change=change)
        messages.success(request, "已按您的意思办。")
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect("my-case", number)


@require_POST
@signed_in
def stop_agent(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    if not guards.principal(case, request.principal):
        raise Http404
    try:
        agents.stop_agent(case, by=request.principal, altogether=request.POST.get("how") == "altogether")
        messages.success(request, "已停止，代办人从现在起看不到、也办不了这件事。申请还在，您可以自己接着办。")
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect("my-case", number)
