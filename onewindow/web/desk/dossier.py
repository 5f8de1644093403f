"""卷宗: the whole file of a case to take along, with a reason."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from onewindow.cases import dossier
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.cases import open_case
from onewindow.web.my import dossier as sent
from onewindow.web.public.errors import too_many


@staff_only("decider", "head", "supervisor")
def show(request: SignedIn, number: str) -> HttpResponseBase:
    case = open_case(request, number)
    if request.method != "POST":
        return _page(request, {"case": case, "reason": "", "numbers": False, "error": ""})
    if not sent.may_take(request):
        return too_many(request, timedelta(hours=1))
    reason, numbers = request.POST.get("reason", "")[:200], request.POST.get("numbers") == "yes"
    try:
        made = dossier.export(case, by=request.principal, reason=reason, numbers=numbers)
    except ValueError as problem:
        return _page(request, {"case": case, "reason": reason, "numbers": numbers, "error": str(problem)}, 422)
    return sent.download(made)


def _page(request: SignedIn, context: dict[str, object], status: int = 200) -> HttpResponse:
    context["may_see_numbers"] = request.principal.has_at(context["case"].agency_id, "decider")  # type: ignore[attr-defined]
    return render(request, "desk/dossier.html", context, status=status)
