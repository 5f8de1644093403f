"""划转: plans that move items to another agency; only for those who write or check for the whole district."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.cases import tasks, transfers
from onewindow.cases.actions import transfer as acts
from onewindow.cases.models import Transfer
from onewindow.catalogue import sheets
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.manage.act import Plain, offers
from onewindow.web.manage.catalogue import MOST_BYTES
from onewindow.web.manage.transfer_forms import ACTS, Plan, codes_in
from onewindow.web.workbooks import download

PAGE = 30
State = Transfer.State
district_only = staff_only("editor", "checker", everywhere=True)
planner_only = staff_only("editor", everywhere=True)


def the_plan(pk: int) -> Transfer:
    return get_object_or_404(Transfer.objects.select_related("giver", "taker", "author", "approved_by"), pk=pk)


@district_only
def index(request: SignedIn) -> HttpResponse:
    rows = Transfer.objects.select_related("giver", "taker", "author")
    after = wire.whole(request.GET.get("after", ""))
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    more = page[PAGE - 1].pk if len(page) > PAGE else ""
    may_begin = request.principal.has_at(None, "editor")
    return render(request, "manage/transfers.html", {"plans": page[:PAGE], "next": more, "may_begin": may_begin})


@planner_only
def new(request: SignedIn) -> HttpResponse:
    """`?back=` begins the way back of one that is done: nothing else undoes it."""
    pk = wire.whole(request.GET.get("back", ""))
    back = Transfer.objects.filter(pk=pk, state=State.DONE).first() if pk else None
    form = Plan(request.POST or None, initial=Plan.way_back(back) if back else None)
    if form.is_valid():
        plan = Transfer(author_id=request.principal.user_id, **form.values)
        plan.save(force_insert=True)
        acts.save(plan, by=request.principal)
        return redirect("manage-transfer", plan.pk)
    context = {"form": form, "plan": None, "stages": transfers.STAGES}
    return render(request, "manage/transfer_edit.html", context, status=422 if form.is_bound else 200)


@planner_only
def edit(request: SignedIn, pk: int) -> HttpResponse:
    plan = the_plan(pk)
    if plan.state != State.DRAFTING:
        messages.info(request, f"这份方案{plan.get_state_display()}，现在不能改。")
        return redirect("manage-transfer", pk)
    form = Plan(request.POST or None, initial=Plan.initial_of(plan))
    if form.is_valid():
        acts.save(plan, by=request.principal, **form.values)
        return redirect("manage-transfer", pk)
    context = {"form": form, "plan": plan, "stages": transfers.STAGES}
    return render(request, "manage/transfer_edit.html", context, status=422 if form.is_bound else 200)


@district_only
def show(request: SignedIn, pk: int) -> HttpResponse:
    return plan_page(request, the_plan(pk))


def plan_page(
    request: SignedIn, plan: Transfer, *, typed: tuple[str, Plain] | None = None, conflict: str = "", status: int = 200
) -> HttpResponse:
    ahead = plan.state in {State.DRAFTING, State.PROPOSED, State.APPROVED}
    context: dict[str, Any] = {
        "plan": plan, "offers": offers(ACTS.values(), plan, request.principal, typed), "conflict": conflict,
        "impact": transfers.impact(plan) if ahead else None, "stages": transfers.STAGES, "rules": acts.RULES,
        "goes": acts.goes, "own": request.principal.user_id in plan.writers,
        "may_edit": plan.state == State.DRAFTING and request.principal.has_at(None, "editor"),
        "may_begin": request.principal.has_at(None, "editor"),
    }  # fmt: skip
    return render(request, "manage/transfer.html", context, status=status)


@require_POST
@district_only
def act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    plan, chosen = the_plan(pk), ACTS.get(act)
    if chosen is None:
        raise Http404
    form = chosen.form(request.POST)
    if not form.is_valid():
        return plan_page(request, plan, typed=(act, form), status=422)
    try:
        chosen.run(plan, by=request.principal, seen=wire.whole(request.POST.get("seen", "")), **form.cleaned_data)
    except Conflict as conflict:
        return plan_page(request, the_plan(pk), typed=(act, form), conflict=conflict.message, status=409)
    except ValueError as problem:
        form.add_error(None, str(problem))
        return plan_page(request, the_plan(pk), typed=(act, form), status=422)
    if plan.state == State.APPROVED and plan.effective_on <= clock.today():
        tasks.transfer.defer()
    messages.success(request, f"已办：{chosen.transition.label}")
    return redirect("manage-transfer", pk)


@district_only
def items(request: SignedIn, pk: int) -> HttpResponse:
    """The list as a workbook; a planner's upload takes its place, or nothing changes and the faults are said."""
    plan = the_plan(pk)
    if request.method != "POST":
        found = transfers.impact(plan).items
        rows: list[list[Any]] = [["事项编号", "事项名称", "事项类型", "现在的实施主体", "版本"]]
        rows += [[i.code, i.name, i.kind, i.agency.name, i.current.number if i.current else ""] for i in found]
        return download(sheets.plain_workbook("划转事项", rows), f"划转事项 {plan.subject}.xlsx")
    if not request.principal.has_at(None, "editor"):
        raise Http404
    given = request.FILES.get("workbook")
    if given is None or (given.size or 0) > MOST_BYTES:
        codes, faults = list[str](), ["请选择一个工作簿（.xlsx，不超过 5 MB）。"]
    else:
        codes, faults = codes_in(given.read(), plan.giver_id)
    for fault in faults[:10]:
        messages.error(request, fault)
    if not faults:
        acts.save(plan, by=request.principal, items=codes)
        messages.success(request, f"清单已换成文件里的 {len(codes)} 项。")
    return redirect("manage-transfer", pk)
