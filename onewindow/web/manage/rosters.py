"""值班表 week by week: written, checked, published, changed; in and out as Excel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.catalogue.sheets import plain_workbook
from onewindow.hall import extended, roster_sheet
from onewindow.hall.actions import rostering, sitting, swapping  # noqa: F401 - its act has a label too
from onewindow.hall.models import Duty, Roster, Window
from onewindow.hall.planning import Incomplete, Officer, Plan
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock, ledger, wire
from onewindow.kernel.flow import REGISTRY, Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.manage.halls import hall_of, halls_of
from onewindow.web.workbooks import download

WEEKS_AHEAD, WEEKS_BACK = 4, 8
manager_only = staff_only("manager")
LABELS = {event: spec.label for event, spec in REGISTRY.items() if event.startswith("roster.")}


@manager_only
def index(request: SignedIn) -> HttpResponse:
    """This week and the next ones, begun or not; then the past."""
    if request.method == "POST":
        return _create(request)
    sites = halls_of(request.principal)
    site = hall_of(request, sites)
    this = monday_of(clock.today())
    mondays = [this + timedelta(weeks=n) for n in range(WEEKS_AHEAD, -WEEKS_BACK - 1, -1)]
    count = Count("duties", filter=Q(duties__removed_at=None))
    known = {each.monday: each for each in Roster.objects.filter(site=site, monday__in=mondays).annotate(count=count)}
    weeks = [(monday, known.get(monday)) for monday in mondays if monday >= this or monday in known]
    return render(request, "manage/rosters.html", {"sites": sites, "site": site, "weeks": weeks, "this": this})


def _create(request: SignedIn) -> HttpResponse:
    site = hall_of(request, halls_of(request.principal), request.POST.get("site", ""))
    try:
        monday = date.fromisoformat(request.POST.get("monday", ""))
        roster = rostering.open_week(site, monday, by=request.principal)
    except ValueError as problem:
        messages.error(request, str(problem))
        return redirect("manage-rosters")
    return redirect("manage-roster", roster.pk)


def _roster(request: SignedIn, pk: int) -> Roster:
    roster = get_object_or_404(Roster.objects.select_related("site"), pk=pk)
    if not sitting.manages(request.principal, roster.site_id):
        raise Http404
    return roster


@manager_only
def show(request: SignedIn, pk: int) -> HttpResponse:
    return _page(request, _roster(request, pk))


def _page(request: SignedIn, roster: Roster, *, problems: list[str] | None = None, status: int = 200) -> HttpResponse:
    plan = Plan(roster)
    of_session: dict[tuple[date, str], list[Duty]] = defaultdict(list)
    for duty in plan.duties:
        of_session[duty.day, duty.session].append(duty)
    missing = plan.missing()
    by_agency: dict[str, list[Officer]] = defaultdict(list)
    for officer in plan.officers.values():
        by_agency[officer.agency].append(officer)
    context = {
        "roster": roster, "plan": plan, "problems": problems or [], "missing": missing, "officers": by_agency,
        "rows": [(each, of_session[each.day, each.kind], missing.get(each, [])) for each in plan.sessions.values()],
        "windows": _open_windows(plan), "history": list(reversed(ledger.timeline("roster", roster.subject)))[:30],
        "labels": LABELS, "typed": request.POST, "ticked": request.POST.getlist("session"),
    }  # fmt: skip
    return render(request, "manage/roster.html", context, status=status)


def _open_windows(plan: Plan) -> list[Window]:
    """Those whose business takes part in some session of the week."""
    wanted = [(session.day, session.kind) for session in plan.sessions.values()]
    return [window for window in plan.windows.values() if any(plan.week.hours_of(window, *when) for when in wanted)]


def _officer(plan: Plan, text: str) -> Officer:
    user, _, agency = text.partition(":")
    found = plan.officers.get((wire.whole(user) or 0, agency))
    if found is None:
        raise ValueError("请选择值班的人。")
    return found


def _duty(request: SignedIn, roster: Roster) -> Duty:
    known = Duty.objects.standing().filter(roster=roster).select_related("window", "user", "agency")
    found = known.filter(pk=wire.whole(request.POST.get("duty", "")) or 0).first()
    if found is None:
        raise ValueError("这个班次已经撤下或换了人，请看过最新的值班表。")
    return found


def _assign(request: SignedIn, roster: Roster, seen: int | None) -> str:
    plan = Plan(roster)
    window = plan.windows.get(request.POST.get("window", ""))
    if window is None:
        raise ValueError("请选择窗口。")
    officer = _officer(plan, request.POST.get("officer", ""))
    sessions = [plan.sessions[key] for key in request.POST.getlist("session") if key in plan.sessions]
    rostering.assign(roster, by=request.principal, seen=seen, sessions=sessions, window=window, officer=officer)
    return f"已排 {officer.name} 在 {window} 号窗口，{len(sessions)} 个场次。"


def _take_off(request: SignedIn, roster: Roster, seen: int | None) -> str:
    duty = _duty(request, roster)
    rostering.take_off(roster, by=request.principal, seen=seen, duty=duty)
    return f"已撤下 {duty.user.name}。"


def _replace(request: SignedIn, roster: Roster, seen: int | None) -> str:
    duty, officer = _duty(request, roster), _officer(Plan(roster), request.POST.get("officer", ""))
    rostering.replace(roster, by=request.principal, seen=seen, duty=duty, officer=officer)
    return f"{duty.window} 号窗口由 {duty.user.name} 换成 {officer.name}。"


def _publish(request: SignedIn, roster: Roster, seen: int | None) -> str:
    rostering.publish(roster, by=request.principal, seen=seen)
    return "已发布，值班的人会收到通知；这一周的延时场次按这张表放号。"


def _copy(request: SignedIn, roster: Roster, seen: int | None) -> str:
    left_out = rostering.copies(roster)[1]
    rostering.copy(roster, by=request.principal, seen=seen)
    return "已照上周排好。" + (f"没有照排的：{'；'.join(left_out)}" if left_out else "")


def _bring_in(request: SignedIn, roster: Roster, seen: int | None) -> str:
    given = request.FILES.get("file")
    if given is None:
        raise ValueError("请选择值班表文件（.xlsx）。")
    plan = Plan(roster, ahead_cleared=True)
    placings, faults = roster_sheet.read(given.read(), plan)
    if faults:
        raise Faults(faults)
    rostering.rewrite(roster, by=request.principal, seen=seen, placings=placings)
    return f"已导入 {len(placings)} 个班次，原来还没到的班次已被替换。"


class Faults(ValueError):
    """Rows of a file that cannot stand."""

    def __init__(self, rows: list[str]) -> None:
        super().__init__(f"没有导入，{len(rows)} 处要改：")
        self.rows = rows


ACTS: dict[str, Callable[[SignedIn, Roster, int | None], str]] = {
    "assignments": _assign, "removal": _take_off, "replacement": _replace, "publication": _publish, "copy": _copy,
    "file": _bring_in,
}  # fmt: skip


@require_POST
@manager_only
def act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    """What was typed stays on the page when an act is refused."""
    roster = _roster(request, pk)
    if act not in ACTS:
        raise Http404
    try:
        said = ACTS[act](request, roster, wire.whole(request.POST.get("seen", "")))
    except (ValueError, PermissionDenied) as problem:
        head = problem.title if isinstance(problem, Incomplete) else str(problem)
        problems = [head, *(problem.rows if isinstance(problem, Faults | Incomplete) else [])]
        return _page(request, _roster(request, pk), problems=problems, status=422)
    except Conflict as conflict:
        return _page(request, _roster(request, pk), problems=[conflict.message], status=409)
    messages.success(request, said)
    return redirect("manage-roster", pk)


@manager_only
def file(request: SignedIn, pk: int) -> HttpResponse:
    """In the shape that is taken in again."""
    roster = _roster(request, pk)
    rows = roster_sheet.rows_of(Plan(roster).duties)
    return download(plain_workbook("值班表", rows), f"值班表{roster.monday:%Y%m%d}.xlsx")


@manager_only
def done(request: SignedIn) -> HttpResponse:
    """What was done in extended hours, week by week and agency by agency; `?as=xlsx` as a workbook."""
    sites = halls_of(request.principal)
    site = hall_of(request, sites)
    weeks = extended.weeks(site)
    if request.GET.get("as") == "xlsx":
        return download(plain_workbook("延时服务", extended.table(weeks)), f"延时服务{clock.today():%Y%m%d}.xlsx")
    return render(request, "manage/extended.html", {"sites": sites, "site": site, "weeks": weeks})
