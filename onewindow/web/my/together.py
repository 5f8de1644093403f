"""Asking somebody to fill in a draft together, and accepting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.cases.actions import guards, together
from onewindow.cases.actions.drafts import EDITABLE
from onewindow.cases.models import CoFiller
from onewindow.documents import typesetting
from onewindow.kernel import numbers
from onewindow.kernel.flow import WrongState
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case


@require_POST
@signed_in
def create(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    try:
        made = together.invite(case, request.POST.get("label", "").strip()[:30], by=request.principal)
    except ValueError as refusal:
        messages.error(request, str(refusal))
        return redirect("case-check", number)
    return redirect("together", made.number)


@require_POST
@signed_in
def remove(request: SignedIn, number: str, filler: str) -> HttpResponse:
    case = own_case(request, number)
    together.end(get_object_or_404(CoFiller, pk=filler, case=case), by=request.principal)
    messages.success(request, "邀请已收回。对方填过的内容还在。")
    return redirect("case-check", number)


@signed_in
def show(request: SignedIn, filler: str) -> HttpResponse:
    """To the applicant the invitation to send on; to the other the question whether to accept."""
    invitations = CoFiller.objects.select_related("case__item", "case__version")
    found = get_object_or_404(invitations, pk=numbers.read_share_number(filler))
    case = found.case
    if request.method == "POST":
        try:
            together.join(found, by=request.principal)
        except WrongState as refusal:
            messages.error(request, refusal.message)
            return redirect("my-cases")
        return redirect("case-check", case.number)
    link = request.build_absolute_uri(reverse("together", args=[found.number]))
    taken = found.user_id not in {None, request.principal.user_id}
    context = {
        "found": found, "case": case, "link": link, "qr": typesetting.qr_svg(link, scalable=True),
        "own": guards.filer(case, request.principal),
        "open": found.ended_at is None and case.state in EDITABLE and not taken,
    }  # fmt: skip
    return render(request, "my/together.html", context)
