"""The applicant's one door to a case."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from onewindow.cases.models import Case
from onewindow.web.account.guards import SignedIn


def own_case(request: SignedIn, number: str) -> Case:
    """The person's own case, or 404 as for a stranger; an officer's case of somebody else is not "mine"."""
    principal = request.principal
    cases = Case.objects.open_to(principal).of_applicant(principal)
    whole = cases.select_related("version", "item", "agency", "person", "organisation").defer("version__body")
    return get_object_or_404(whole, number=number)
