"""我的值班: one's own duties in extended hours, and changing them with a colleague who agrees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.principal import Principal
from onewindow.hall.actions import sitting, swapping
from onewindow.hall.models import Duty, Swap
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only

OFFICERS = sitting.STAFF
AHEAD = timedelta(days=35)


@staff_only(*OFFICERS)
def index(request: SignedIn) -> HttpResponse:
    return _page(request)


def _page(request: SignedIn, problem: str = "", status: int = 200) -> HttpResponse:
    mine = list(_ahead().filter(user=request.principal.user_id))
    known = Swap.objects.select_related(
        "mine__window", "mine__user", "mine__roster", "theirs__window", "theirs__user", "asked_by", "asked_of"
    )
    own = Q(asked_by=request.principal.user_id) | Q(asked_of=request.principal.user_id)
    swaps = known.filter(own, mine__day__gte=clock.today()).order_by("-pk")[:30]
    context = {
        "mine": mine, "others": _others(request.principal, mine), "problem": problem, "typed": request.POST,
        "swaps": list(swaps), "me": request.principal.user_id,
    }  # fmt: skip
    return render(request, "desk/duties.html", context, status=status)


def _ahead() -> Any:
    today = clock.today()
    known = Duty.objects.in_force().filter(day__range=(today, today + AHEAD))
    return known.select_related("roster__site", "window", "user", "agency")


def _others(principal: Principal, mine: list[Duty]) -> list[Duty]:
    """Duties of colleagues at the same halls and of the agencies one may stand for."""
    if not mine:
        return []
    sites, agencies = {duty.roster.site_id for duty in mine}, principal.agencies(*OFFICERS)
    found = _ahead().filter(roster__site__in=sites, agency__in=agencies).exclude(user=principal.user_id)
    return [duty for duty in found if duty.starts > clock.now()]


@require_POST
@staff_only(*OFFICERS)
def ask(request: SignedIn) -> HttpResponse:
    mine = get_object_or_404(_ahead(), pk=wire.whole(request.POST.get("mine", "")) or 0, user=request.principal.user_id)
    theirs = _ahead().filter(pk=wire.whole(request.POST.get("theirs", "")) or 0).first()
    if theirs is None:
        return _page(request, "请选择和哪位同事的班次换。", 422)
    try:
        swapping.ask(mine, theirs, by=request.principal, why=request.POST.get("why", ""))
    except ValueError as problem:
        return _page(request, str(problem), 422)
    messages.success(request, f"已请{theirs.user.name}换班，对方同意以后才算换好。")
    return redirect("desk-duties")


ACTS: dict[str, tuple[Callable[..., Swap], str]] = {
    "consent": (swapping.agree, "已换好班，值班表已更新。"),
    "refusal": (swapping.decline, "已答复不换。"),
    "withdrawal": (swapping.withdraw, "已撤回换班的请求。"),
}


@require_POST
@staff_only(*OFFICERS)
def answer(request: SignedIn, pk: int, act: str) -> HttpResponse:
    own = Q(asked_by=request.principal.user_id) | Q(asked_of=request.principal.user_id)
    swap = get_object_or_404(Swap.objects.filter(own), pk=pk)
    if act not in ACTS:
        raise Http404
    run, said = ACTS[act]
    try:
        run(swap, by=request.principal)
        messages.success(request, said)
    except (Conflict, PermissionDenied) as problem:
        messages.error(request, str(problem))
    return redirect("desk-duties")
