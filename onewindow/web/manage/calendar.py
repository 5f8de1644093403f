"""工作日历: the list in force, a new one taken in, its preview, and what each change moved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Agency
from onewindow.cases import calendar_work
from onewindow.cases.actions import calendar
from onewindow.cases.models import CalendarChange, CalendarMove
from onewindow.catalogue.sheets import plain_workbook
from onewindow.kernel import clock, ledger, wire
from onewindow.kernel.clock import sheets
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.workbooks import download

PAGE = 50
# After so long with nobody at it the page says that the worker may not be running.
WAIT = timedelta(minutes=3)
MOST_BYTES = 2 * 1024 * 1024
TYPED = ("source", "day", "working", "name", "day_source")
ONLY = {"": "全部", "shorter": "提前的", "overdue": "已到期的"}
HEAD = ["办件编号", "事项", "部门", "时限", "原来", "现在", "相差（天）", "说明"]
EVENTS = {
    "calendar.previewed": "算出预览", "calendar.ordered": "启用", "calendar.applied": "改完，日历生效",
    "calendar.failed": "没有做成", "calendar.dropped": "放弃",
}  # fmt: skip
every_officer = staff_only()
keeper_only = staff_only("operator", "manager")


@every_officer
def index(request: SignedIn) -> HttpResponseBase:
    if request.method == "POST":
        return take_in(request)
    return _index(request)


def _index(request: SignedIn, *, at: str = "", problem: str = "", typed: dict[str, str] | None = None) -> HttpResponse:
    """`problem` is what is wrong with the form `at`."""
    current, after = calendar.in_force(), wire.whole(request.GET.get("after", ""))
    changes = CalendarChange.objects.exclude(state=CalendarChange.State.DROPPED).order_by("-id")
    rows = list((changes.filter(pk__lt=after) if after else changes)[: PAGE + 1])
    context = {
        "current": current, "years": [_year(current, year) for year in sorted(_years(current), reverse=True)],
        "changes": rows[:PAGE], "next": rows[PAGE - 1].pk if len(rows) > PAGE else "",
        "may": calendar.may_change(None, request.principal), "typed": dict.fromkeys(TYPED, "") | (typed or {}),
        "problem": problem, "at": at,
    }  # fmt: skip
    return render(request, "manage/calendar.html", context, status=422 if problem else 200)


def _years(current: clock.Calendar) -> set[int]:
    """Those of the lists, and next year, which everybody waits for."""
    return {*current.official, clock.today().year + 1}


def _year(current: clock.Calendar, year: int) -> dict[str, Any]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    worked = current.working_days_between(first, last) + current.is_working(first)
    makeup = sum(day.year == year for day in current.makeup)
    return {"year": year, "official": year in current.official, "worked": worked, "makeup": makeup}


@keeper_only
def take_in(request: SignedIn) -> HttpResponse:
    """A list of one year or several becomes a preview."""
    typed = {"source": request.POST.get("source", "")}
    given = request.FILES.get("list")
    try:
        if given is None or (given.size or 0) > MOST_BYTES:
            raise ValueError("请选择放假安排的文件（.xlsx 或 .json，不超过 2 MB）。")
        lists = sheets.read(given.read(), given.name or "")
        wanted = calendar.with_years(calendar.in_force(), lists)
        change = calendar.propose(wanted, source=typed["source"], by=request.principal)
    except ValueError as problem:
        return _index(request, at="list", problem=str(problem), typed=typed)
    return redirect("manage-calendar-change", change.pk)


@require_POST
@keeper_only
def take_day(request: SignedIn) -> HttpResponse:
    """One day by announcement becomes a preview."""
    typed = {key: request.POST.get(key, "").strip() for key in TYPED}
    try:
        try:
            day = date.fromisoformat(typed["day"])
        except ValueError as error:
            raise ValueError("请选择哪一天。") from error
        working = typed["working"] == "1"
        wanted = calendar.with_day(calendar.in_force(), day, working=working, name=typed["name"])
        change = calendar.propose(wanted, source=typed["day_source"], by=request.principal)
    except ValueError as problem:
        return _index(request, at="day", problem=str(problem), typed=typed)
    return redirect("manage-calendar-change", change.pk)


@every_officer
def year_file(request: SignedIn, year: int) -> HttpResponse:
    """In the shape that is taken in again."""
    rows = sheets.rows_of(calendar.in_force(), [year])
    return download(plain_workbook(f"{year}年", rows), f"{year}年工作日历.xlsx")


@every_officer
def show(request: SignedIn, pk: int) -> HttpResponse:
    return _show(request, get_object_or_404(CalendarChange, pk=pk))


def _show(request: SignedIn, change: CalendarChange, problem: str = "", status: int = 200) -> HttpResponse:
    agency, only = request.GET.get("agency", ""), request.GET.get("only", "")
    only = only if only in ONLY else ""
    rows, after = _moves(change, agency, only), wire.whole(request.GET.get("after", ""))
    page = list((rows.filter(pk__gt=after) if after else rows)[: PAGE + 1])
    kept = {key: value for key, value in (("agency", agency), ("only", only)) if value}
    old, figures = change.earlier, change.summary.get("agencies", {})
    context = {
        "change": change, "days": calendar.difference(old, change.calendar), "moves": page[:PAGE], "only": only,
        "agency": agency, "choices": ONLY, "agencies": Agency.objects.in_bulk(list(figures)), "problem": problem,
        "new_years": sorted(change.calendar.official - old.official), "figures": figures,
        "next": urlencode(kept | {"after": page[PAGE - 1].pk}) if len(page) > PAGE else "",
        "may": calendar.may_change(change, request.principal), "current": clock.in_force(),
        "history": ledger.timeline("calendar", change.subject), "working": change.state in CalendarChange.WORK,
        "progress": calendar_work.progress(change), "stuck": clock.now() - change.counted_at > WAIT,
        "events": EVENTS,
    }  # fmt: skip
    return render(request, "manage/calendar_change.html", context, status=status)


def _moves(change: CalendarChange, agency: str, only: str) -> QuerySet[CalendarMove]:
    rows = CalendarMove.objects.filter(change=change).select_related("case__item", "agency").order_by("id")
    rows = rows.defer("case__form", "case__answers")
    if only:
        rows = rows.filter(overdue=True) if only == "overdue" else rows.filter(after__lt=F("before"))
    return rows.filter(agency=agency) if agency else rows


@every_officer
def report(request: SignedIn, pk: int) -> HttpResponse:
    """Before and after, every clock of every case that moved; the ledger keeps the digest of the same rows."""
    change = get_object_or_404(CalendarChange, pk=pk)
    moved = change.moves.order_by("agency", "case", "id").values_list(
        "case__number", "case__item__name", "agency__name", "title", "before", "after", "overdue"
    )
    entry = next((e for e in ledger.timeline("calendar", change.subject) if e.event == "calendar.applied"), None)
    said = f"启用为第 {change.edition} 版" if entry else "预览，没有启用"
    digest = entry.data["moves"] if entry else ""
    foot = [["", f"工作日历变更 {change.pk}：{change.source}", change.by_name, said, "", "", "", digest]]
    rows = (
        [number, item, agency, title, before, after, (after - before).days, _said(before, after, overdue)]
        for number, item, agency, title, before, after, overdue in moved.iterator(chunk_size=5000)
    )
    return download(plain_workbook("期限变化", [HEAD, *rows, *foot]), f"工作日历变更{change.pk}期限变化.xlsx")


def _said(before: date, after: date, overdue: bool) -> str:
    return "已到期" if overdue else "提前" if after < before else "延后"


@require_POST
@keeper_only
def apply(request: SignedIn, pk: int) -> HttpResponse:
    change = get_object_or_404(CalendarChange, pk=pk)
    try:
        calendar.apply(change, by=request.principal, seen=wire.whole(request.POST.get("seen", "")))
    except Conflict as conflict:
        return _show(request, get_object_or_404(CalendarChange, pk=pk), conflict.message, status=409)
    return redirect("manage-calendar-change", pk)


@require_POST
@keeper_only
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    change = get_object_or_404(CalendarChange, pk=pk)
    calendar.drop(change, by=request.principal)
    messages.success(request, "已放弃，工作日历和期限都没有动。")
    return redirect("manage-calendar")


@require_POST
@keeper_only
def reverse(request: SignedIn, pk: int) -> HttpResponse:
    """The list that held before, as a preview of its own."""
    change = get_object_or_404(CalendarChange, pk=pk)
    try:
        earlier = calendar.propose_earlier(change, by=request.principal)
    except ValueError as problem:
        return _show(request, change, str(problem), status=422)
    return redirect("manage-calendar-change", earlier.pk)
