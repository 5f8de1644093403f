"""My matters: where each stands, what comes next, what was issued."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts import divisions
from onewindow.cases import concerning, deadlines, parties, timeline
from onewindow.cases.actions import intake, outside
from onewindow.cases.models import Case
from onewindow.feedback.models import Rating
from onewindow.kernel import forms, wire
from onewindow.kernel.flow import available
from onewindow.notifications.models import Message
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my import acting, amendments, deliveries, hearings
from onewindow.web.my.door import own_case, seen_case

PAGE = 20


@signed_in
def index(request: SignedIn) -> HttpResponse:
    offered = acting.choices(request)
    mine = Case.objects.of_applicant(request.principal)
    cases = acting.only(mine, request, offered).select_related("item").order_by("-id")
    if q := "".join(request.GET.get("q", "").split())[:60]:
        cases = cases.filter(Q(number=q) | Q(outside_number=q))
    after = request.GET.get("after", "")
    if (before := wire.whole(after)) is not None:
        cases = cases.filter(pk__lt=before)
    rows = list(cases[: PAGE + 1])
    context = {
        "cases": rows[:PAGE], "next": rows[PAGE - 1].pk if len(rows) > PAGE else None, "first": not after, "q": q,
        "together": Case.objects.followed_by(request.principal).exclude(
            pk__in=Case.objects.of_applicant(request.principal).values("pk")
        ).select_related("item").order_by("-id")[:PAGE],
        "helping": Case.objects.fillable_by(request.principal).exclude(
            pk__in=Case.objects.of_applicant(request.principal).values("pk")
        ).select_related("item")[:PAGE],
        "acting": offered, "acting_now": acting.current(request, offered),
        "unread": Message.objects.unread(request.principal.user_id).count(),
    }  # fmt: skip
    return render(request, "my/cases.html", context)


@signed_in
def show(request: SignedIn, number: str) -> HttpResponse:
    case = seen_case(request, number)
    papers = case.papers.filter(removed_at__isnull=True).select_related("file")
    certificate = timeline.certificate(case)
    context = {
        "case": case,
        "acts": {spec.name for spec in available(case, request.principal)},
        "deadlines": (clocks := deadlines.shown(case)),
        "waited": deadlines.waited(case, clocks),
        "events": (events := timeline.of(case)),
        "story": timeline.newest(events, every="story" in request.GET),
        "papers": [paper for paper in papers if paper.material != outside.PROOF],
        "proofs": [paper for paper in papers if paper.material == outside.PROOF],
        "materials": {material.key: material.name for material in case.guide.materials},
        "renewal": concerning.told(case),
        "certificate": certificate,
        "variants": concerning.variants(certificate),
        "remarks": intake.labelled(case, case.open_remarks),
        "pages": forms.display(case.guide.form, case.form, divisions.name),
        "rating": Rating.objects.filter(case=case).first(),
        **deliveries.shown(case, request.principal),
        "parties": parties.current(case),
        **amendments.shown(case, request.principal),
    }
    return render(request, "my/case.html", context | hearings.of(case))


@signed_in
def clock_page(request: SignedIn, number: str, key: str) -> HttpResponse:
    case = seen_case(request, number)
    found = next((deadline for deadline in deadlines.shown(case) if deadline.key == key), None)
    if found is None:
        raise Http404
    return render(request, "my/clock.html", {"case": case, "deadline": found})


@require_POST
@signed_in
def withdraw(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    if request.POST.get("sure") != "yes":
        return render(request, "my/withdraw.html", {"case": case})
    intake.withdraw(case, by=request.principal, reason=request.POST.get("reason", "").strip()[:200])
    messages.success(request, "申请已撤回。材料仍保存在这里，需要时可以重新申请。")
    return redirect("my-case", number)
