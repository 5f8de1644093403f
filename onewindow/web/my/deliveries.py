"""How papers reach me 送达: the way I chose, when each counted, and until when I may object."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.principal import Principal
from onewindow.cases import deliveries
from onewindow.cases.actions import guards, serving
from onewindow.cases.models import Case, State
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case, seen_case


def shown(case: Case, principal: Principal) -> dict[str, Any]:
    """For the page of the case."""
    mine = deliveries.mine(case, principal) if case.state != State.DRAFT else []
    chooses = guards.filer(case, principal) and case.state in serving.choose_delivery.transition.source  # type: ignore[attr-defined]
    return {
        "served": [(row, deliveries.derivation(row)) for row in mine],
        "remedies": deliveries.remedies(case, mine),
        "delivery_choices": serving.CHOICES if chooses and case.state != State.DRAFT else {},
        "agreement": serving.AGREEMENT,
    }


def choose_from(request: SignedIn, case: Case) -> None:
    """What the form says of 送达方式, where it says something new; ValueError when it cannot be kept."""
    said = {name: request.POST.get(f"delivery_{name}", "").strip() for name in ("way", "address", "phone")}
    kept = {name: case.service.get(name, "") for name in said}
    if said["way"] and said | ({} if said["way"] == "post" else {"address": "", "phone": ""}) != kept:
        serving.choose_delivery(case, by=request.principal, **said)


@require_POST
@signed_in
def choose(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    try:
        choose_from(request, case)
        messages.success(request, "已改好，以后的文书按新的方式给您。")
    except (ValueError, Conflict) as refusal:
        messages.error(request, str(refusal))
    return redirect("my-case", number)


@signed_in
def remedy(request: SignedIn, number: str, key: str) -> HttpResponse:
    """Day by day: until when one may ask for reconsideration or sue."""
    case = seen_case(request, number)
    found = deliveries.remedies(case, deliveries.mine(case, request.principal))
    chosen = next((each.deadline for each in found if each.deadline.key == key), None)
    if chosen is None:
        raise Http404
    return render(request, "my/clock.html", {"case": case, "deadline": chosen})
