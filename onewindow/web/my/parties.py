"""共同申请: the applicant asks, the other reads what is declared, confirms or says why not."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.accounts import divisions
from onewindow.accounts.models import Person
from onewindow.cases import parties
from onewindow.cases.actions import guards
from onewindow.cases.actions import parties as acts
from onewindow.cases.actions.serving import AGREEMENT
from onewindow.cases.models import Case, Party
from onewindow.documents import typesetting
from onewindow.kernel import forms, limits, numbers
from onewindow.kernel.flow import Conflict
from onewindow.web.account.forms import mobile
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case

DAY = timedelta(days=1)


@require_POST
@signed_in
def create(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    said = {name: request.POST.get(name, "").strip() for name in ("need", "name", "phone")}
    try:
        if said["phone"]:
            mobile(said["phone"])
        if not limits.hit(f"party:{request.principal.user_id}", limit=acts.A_DAY, per=DAY):
            raise ValueError("今天发的邀请太多了，请明天再试，或者当面把网址给对方。")
        made = acts.invite(case, said["need"], said["name"], phone=said["phone"], by=request.principal)
    except ValidationError as fault:
        messages.error(request, "；".join(fault.messages))
        return redirect(reverse("case-check", args=[number]) + "#parties")
    except (ValueError, Conflict) as refusal:
        messages.error(request, str(refusal))
        return redirect(reverse("case-check", args=[number]) + "#parties")
    return redirect("party", made.number)


@require_POST
@signed_in
def remove(request: SignedIn, number: str, party: str) -> HttpResponse:
    case = own_case(request, number)
    try:
        acts.remove(get_object_or_404(Party, pk=party, case=case), by=request.principal)
        messages.success(request, "邀请已收回。")
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect("case-check", number)


@signed_in
def show(request: SignedIn, party: str) -> HttpResponse:
    """To the applicant the invitation to pass on; to the other what is declared, and the question.

    Whoever else holds the link learns neither what the matter is nor who was asked.
    """
    found = get_object_or_404(
        Party.objects.current().select_related("case__item", "case__version", "case__agency"),
        pk=numbers.read_share_number(party),
    )
    if request.method == "POST":
        return _answer(request, found)
    case, own = found.case, guards.filer(found.case, request.principal)
    joined = found.person_id is not None and found.person_id == request.principal.person_id
    link = request.build_absolute_uri(reverse("party", args=[found.number]))
    context = {
        "found": found, "case": case, "own": own, "joined": joined, "link": link,
        "qr": typesetting.qr_svg(link, scalable=True) if own else "", "known": request.principal.person_id,
        "open": found.person_id is None and case.state in acts.ASKED,
        "meant": Person.objects.filter(users=request.principal.user_id, name=found.name).exists(),
        "may_answer": joined and case.state in (acts.ASKED if found.confirmed_at else acts.ANSWERED),
    }  # fmt: skip
    return render(request, "my/party.html", context | (declared(case) if joined else {}))


def declared(case: Case) -> dict[str, object]:
    return {
        "pages": forms.display(case.guide.form, case.form, divisions.name), "seen": parties.mark(case),
        "papers": list(case.papers.filter(removed_at__isnull=True).select_related("file")),
        "materials": {material.key: material.name for material in case.guide.materials}, "agreement": AGREEMENT,
    }  # fmt: skip


def _answer(request: SignedIn, party: Party) -> HttpResponse:
    said, by = request.POST, request.principal
    try:
        if said.get("act") == "join":
            acts.join(party, by=by)
        elif said.get("act") == "confirm":
            acts.confirm(party, by=by, seen=said.get("seen", ""), agreed=said.get("agreed") == "yes")
            messages.success(request, "已确认。申请提交、有结果时都会告诉您。")
        else:
            acts.decline(party, by=by, reason=said.get("reason", ""))
            messages.success(request, "已告诉申请人您不同意。")
    except (ValueError, Conflict) as refusal:
        messages.error(request, str(refusal))
    return redirect("party", party.number)
