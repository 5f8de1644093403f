"""What the officer's agencies have issued: found by number or holder, and what runs out soon; each opens its case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from onewindow.accounts.principal import Principal
from onewindow.documents.models import Certificate
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only

PAGE = 50
SOON = timedelta(days=90)
VIEWS = {"valid": "有效", "soon": "90 天内到期", "ended": "已失效", "all": "全部"}


@staff_only("clerk", "reviewer", "decider", "manager", "head", "supervisor")
def index(request: SignedIn) -> HttpResponse:
    view, q = request.GET.get("view", "all"), request.GET.get("q", "").strip()
    found = _in_view(_sought(_issued(request.principal), q), view)
    if (after := wire.whole(request.GET.get("after", ""))) is not None:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-id")[: PAGE + 1])
    context: dict[str, Any] = {
        "certificates": rows[:PAGE], "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "view": view, "views": VIEWS, "q": q,
    }  # fmt: skip
    return render(request, "desk/certificates.html", context)


def _issued(principal: Principal) -> QuerySet[Certificate]:
    """Of the agencies where the person holds a post; a supervisor's post without an agency is over the district."""
    shown = Certificate.objects.select_related("agency", "successor").defer("facts", "signature")
    if principal.has_at(None, "supervisor"):
        return shown
    held = principal.agencies()
    return shown.filter(Q(agency_id__in=held) | Q(managed_by_id__in=held))


def _sought(found: QuerySet[Certificate], q: str) -> QuerySet[Certificate]:
    if not q:
        return found
    number = "".join(q.split()).upper()
    return found.filter(Q(number=number) | Q(holder__startswith=q) | Q(organisation__credit_code=number))


def _in_view(found: QuerySet[Certificate], view: str) -> QuerySet[Certificate]:
    today, valid = clock.today(), Certificate.State.VALID
    if view == "valid":
        return found.filter(Q(valid_until=None) | Q(valid_until__gte=today), state=valid)
    if view == "soon":
        return found.filter(state=valid, valid_until__range=(today, today + SOON))
    return found.filter(~Q(state=valid) | Q(valid_until__lt=today)) if view == "ended" else found
