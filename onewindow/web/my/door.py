"""The applicant's one door to a case."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from onewindow.cases.actions.drafts import EDITABLE
from onewindow.cases.models import Case, CaseQuerySet
from onewindow.web.account.guards import SignedIn


def own_case(request: SignedIn, number: str) -> Case:
    """The person's own case, or 404 as for a stranger; an officer's case of somebody else is not "mine"."""
    principal = request.principal
    return get_object_or_404(_cases().of_applicant(principal), number=number)


def seen_case(request: SignedIn, number: str) -> Case:
    """The own case, or one the person applies for together with others."""
    return get_object_or_404(_cases().followed_by(request.principal), number=number)


def draft_case(request: SignedIn, number: str) -> Case:
    """The own case, or a draft one was asked to fill in together."""
    return get_object_or_404(_cases().fillable_by(request.principal), number=number)


def _cases() -> CaseQuerySet:
    return Case.objects.select_related(
        "version", "item", "agency", "person", "organisation", "mandate__agent", "concerns"
    ).defer("version__body")


def while_editable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Who comes back to a page of a form already sent sees the matter instead of boxes that cannot be saved."""

    @wraps(view)
    def guarded(request: SignedIn, number: str, **rest: object) -> HttpResponse:
        case = draft_case(request, number)
        if request.method == "GET" and case.state not in EDITABLE:
            messages.info(request, f"这件申请现在是“{case.get_state_display()}”，内容不能再改。")
            return redirect("my-case", number)
        return view(request, case, **rest)

    return guarded
