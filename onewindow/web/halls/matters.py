"""At the kiosk: where a case stands, what one can apply for here, and one's certificates on paper."""

from __future__ import annotations

import hmac
import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.cases import deadlines, timeline
from onewindow.cases.models import Case
from onewindow.documents.models import Certificate
from onewindow.hall import simple
from onewindow.hall.actions import printing
from onewindow.kernel import clock, limits, wire
from onewindow.web.account.guards import SignedIn
from onewindow.web.halls.at_device import AtRequest, at_kiosk, signed_in_here

MINUTES = timedelta(minutes=10)
# How long a case that was found stays open on the screen.
FRESH = timedelta(minutes=2)
PAGE = 6
UNKNOWN = "没有查到。请核对申请编号，和申请时留的手机号或证件号码的最后四位。"


@at_kiosk
def track(request: AtRequest, code: str) -> HttpResponse:
    """By the number and four last digits; what is shown then names nobody. Nobody finds cases by trying."""
    if request.method == "GET":
        return render(request, "kiosk/track.html", {"site": request.device.site})
    number = "".join(request.POST.get("number", "").split())[:20]
    tried = limits.hit(f"track:{request.device.key}", limit=30, per=MINUTES)
    if not (tried and limits.hit(f"track-case:{number}", limit=6, per=timedelta(hours=1))):
        messages.error(request, "刚刚查得太频繁了。请十分钟后再试，或登录后看“我的办件”。")
        return redirect("kiosk-track", code)
    found = Case.objects.select_related("person", "organisation", "item").filter(number=number).first()
    if found is None or found.submitted_at is None or not _knows(found, request.POST.get("last", "")):
        messages.error(request, UNKNOWN)
        return redirect("kiosk-track", code)
    # The page itself is a GET of this browser alone: nothing that was typed is in its address.
    request.session["tracked"] = [found.number, int(clock.now().timestamp())]
    return redirect("kiosk-tracked", code)


def _knows(case: Case, typed: str) -> bool:
    last = "".join(typed.split()).upper()
    if len(last) != 4:
        return False
    holder = case.organisation.credit_code if case.organisation else case.person.number if case.person else ""
    return any(
        hmac.compare_digest(known[-4:].upper().encode(), last.encode())
        for known in (case.applicant_phone, holder)
        if len(known) >= 8
    )


@at_kiosk
def tracked(request: AtRequest, code: str) -> HttpResponse:
    number, since = request.session.get("tracked", ("", 0))
    if clock.now().timestamp() - since > FRESH.total_seconds():
        return redirect("kiosk-track", code)
    case = get_object_or_404(Case.objects.select_related("item", "agency", "version"), number=number)
    return render(request, "kiosk/case.html", _case(request, case) | {"own": False})


@signed_in_here
def cases(request: SignedIn, code: str) -> HttpResponse:
    mine = Case.objects.of_applicant(request.principal).select_related("item").order_by("-id")
    if (before := wire.whole(request.GET.get("after", ""))) is not None:
        mine = mine.filter(pk__lt=before)
    rows = list(mine[: PAGE + 1])
    context = {"cases": rows[:PAGE], "after": rows[PAGE - 1].pk if len(rows) > PAGE else None, "site": _site(request)}
    return render(request, "kiosk/cases.html", context)


@signed_in_here
def case(request: SignedIn, code: str, number: str) -> HttpResponse:
    found = get_object_or_404(
        Case.objects.followed_by(request.principal).select_related("item", "agency", "version"), number=number
    )
    return render(request, "kiosk/case.html", _case(request, found) | {"own": True})


def _case(request: Any, case: Case) -> dict[str, Any]:
    clocks = deadlines.shown(case)
    return {
        "case": case, "site": _site(request), "deadlines": clocks[:3], "waited": deadlines.waited(case, clocks),
        "events": list(reversed(timeline.of(case)))[:5], "certificate": timeline.certificate(case),
    }  # fmt: skip


def _site(request: Any) -> Any:
    return request.device.site


@at_kiosk
def items(request: AtRequest, code: str) -> HttpResponse:
    """What can be applied for here; for whoever is signed in, also which papers are not in the vault yet."""
    known = simple.items()
    rows = [(each, simple.lacking(each.guide, request.principal) if request.principal else []) for each in known]
    rows.sort(key=lambda row: bool(row[1]))
    return render(request, "kiosk/items.html", {"rows": rows, "site": request.device.site})


@signed_in_here
def certificates(request: SignedIn, code: str) -> HttpResponse:
    rows = [(each, printing.copies(each.number), uuid.uuid4().hex) for each in own_certificates(request)]
    return render(request, "kiosk/certificates.html", {"rows": rows, "site": _site(request)})


def own_certificates(request: SignedIn) -> list[Certificate]:
    if request.principal.person_id is None:
        return []
    own = Certificate.objects.filter(person=request.principal.person_id, organisation=None, state="valid")
    return [each for each in own.select_related("agency").order_by("-issued_at")[:20] if each.is_valid]
