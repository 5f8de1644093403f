"""共同申请人到窗口: by the invitation's number, the card on the counter, and a signature under what is said."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from onewindow.accounts.counter import person_at_window
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.actions import parties as acts
from onewindow.cases.models import Party, State
from onewindow.kernel import numbers
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.my.parties import declared


def _invited(number: str, by: Principal) -> Party:
    """By its number only: an application not handed in yet is shown to nobody else."""
    known = Party.objects.current().select_related("case__item", "case__version", "case__agency", "case__mandate")
    found = get_object_or_404(known, pk=numbers.read_share_number(number))
    if not guards.clerk(found.case, by):
        raise Http404
    return found


@never_cache
@staff_only("clerk")
def find(request: SignedIn) -> HttpResponse:
    typed = request.GET.get("q", "").strip()
    number = numbers.read_share_number(typed)
    if number and Party.objects.current().filter(pk=number).exists():
        return redirect("desk-party", number)
    return render(request, "desk/parties.html", {"q": typed})


@never_cache
@staff_only("clerk")
def show(request: SignedIn, party: str) -> HttpResponse:
    """First the card, then what is declared, then the signature."""
    found = _invited(party, request.principal)
    if request.method != "POST":
        return _page(request, found)
    if request.POST.get("name", "").strip() != found.name:
        return _page(request, found, "身份证上的姓名和邀请上写的不一致，请核对；姓名写错了，请申请人重新邀请。")
    if request.POST.get("go") != "sign":
        return _page(request, found, shown=True)
    try:
        _sign(request, found)
    except Conflict as refusal:
        return _page(request, found, refusal.message, shown=True, status=409)
    except (ValueError, PermissionDenied) as problem:
        return _page(request, found, str(problem), shown=True)
    except ValidationError as problem:
        return _page(request, found, "；".join(problem.messages), shown=True)
    messages.success(request, f"{found.name}已签名确认。")
    return redirect("desk-party", found.number)


@transaction.atomic
def _sign(request: SignedIn, party: Party) -> None:
    said = {key: request.POST.get(key, "").strip() for key in ("name", "number", "phone")}
    signed, seen = request.POST.get("signed") == "yes", request.POST.get("seen", "")
    person = person_at_window(**said)
    acts.confirm_at_window(party.case, party.need, person, by=request.principal, signed=signed, seen=seen)


def _page(
    request: SignedIn, party: Party, error: str = "", *, shown: bool = False, status: int | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "found": party, "case": party.case, "posted": request.POST, "error": error, "shown": shown,
        "open": not party.confirmed_at and party.case.state in acts.ANSWERED,
        "begun": party.case.state != State.DRAFT,
    }  # fmt: skip
    context |= declared(party.case) if shown else {}
    return render(request, "desk/party.html", context, status=status or (422 if error else 200))
