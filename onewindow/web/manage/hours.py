"""开放时间 of a site, a zone or a queue; exceptions; what next week looks like before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.hall.actions import opening, rostering
from onewindow.hall.actions.opening import Scope
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Hours, Queue, SpecialDay, Zone
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.manage.halls import hall_of, halls_of

manager_only = staff_only("manager")
SPARE = 2


@dataclass(frozen=True)
class Line:
    """A row of the form: the same hours on some weekdays."""

    weekdays: str = ""
    opens: str = ""
    closes: str = ""
    kind: str = Hours.Kind.REGULAR

    @property
    def blank(self) -> bool:
        return not (self.weekdays or self.opens or self.closes)


def _lines(rows: list[Hours]) -> list[Line]:
    found: dict[tuple[str, str, str], str] = {}
    for row in rows:
        key = (f"{row.opens:%H:%M}", f"{row.closes:%H:%M}", row.kind)
        found[key] = found.get(key, "") + str(row.weekday)
    return [Line(weekdays, *key) for key, weekdays in found.items()]


def _typed(said: QueryDict) -> list[Line]:
    number = min(wire.whole(said.get("lines", "")) or 0, 40)
    return [
        Line(
            "".join(sorted(set(said.getlist(f"weekday-{n}")) & set("1234567"))), said.get(f"opens-{n}", ""),
            said.get(f"closes-{n}", ""), said.get(f"kind-{n}", ""),
        )
        for n in range(number)
    ]  # fmt: skip


def _rows(scope: Scope, lines: list[Line]) -> list[Hours]:
    """ValueError names the line."""
    rows = []
    for number, line in enumerate(lines, 1):
        if line.blank:
            continue
        if not line.weekdays:
            raise ValueError(f"第 {number} 行：请勾选星期几。")
        if line.kind not in Hours.Kind.values:
            raise ValueError(f"第 {number} 行：请选择场次。")
        opens, closes = _time(line.opens, number), _time(line.closes, number)
        rows += [scope.made(int(weekday), opens, closes, line.kind) for weekday in line.weekdays]
    opening.ensure_sound(rows)
    return rows


def _time(text: str, number: int) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"第 {number} 行：时间请写成 09:00 这样。") from error


def _scope(site: Site, text: str) -> Scope:
    what, _, pk = text.partition(":")
    if what == "zone":
        return Scope(site, zone=get_object_or_404(Zone, site=site, pk=wire.whole(pk) or 0))
    if what == "queue":
        return Scope(
            site, queue=get_object_or_404(Queue.objects.select_related("zone"), site=site, pk=wire.whole(pk) or 0)
        )
    return Scope(site)


@manager_only
def index(request: SignedIn) -> HttpResponse:
    """GET shows, POST previews or saves (`do`)."""
    sites = halls_of(request.principal, stations=True)
    site = hall_of(request, sites)
    scope = _scope(site, request.POST.get("of", request.GET.get("of", "")))
    if request.method != "POST":
        return _page(request, sites, scope, _lines(scope.hours()))
    lines = _typed(request.POST)
    try:
        rows = _rows(scope, lines)
        if request.POST.get("do") != "save":
            return _page(request, sites, scope, lines, preview=opening.with_hours(scope, rows))
        told = opening.write_hours(scope, rows, by=request.principal)
    except ValueError as problem:
        return _page(request, sites, scope, lines, problem=str(problem), status=422)
    messages.success(request, f"“{scope}”的开放时间已改。{_told(told)}")
    return redirect(f"{reverse('manage-hours')}?site={site.pk}&of={request.POST.get('of', '')}")


def _told(people: int) -> str:
    return f"{people} 个预约的人会收到改约通知。" if people else ""


def _page(
    request: SignedIn, sites: list[Site], scope: Scope, lines: list[Line], *, preview: Timetable | None = None,
    problem: str = "", status: int = 200, special: SpecialDay | None = None,
) -> HttpResponse:  # fmt: skip
    site = scope.site
    days = (special.day, special.day) if special else None
    context = {
        "sites": sites, "site": site, "scope": scope, "problem": problem, "preview": preview, "special": special,
        "lines": [*lines, *[Line() for _ in range(SPARE)]], "kinds": Hours.Kind.choices, "typed": request.POST,
        "of": request.POST.get("of", request.GET.get("of", "")),
        "zones": Zone.objects.filter(site=site).prefetch_related("queues"),
        "next": _week(site, preview or Timetable.of(site.pk), special.day if special else None),
        "displaced": opening.booked_in(opening.left_outside(site, preview, days)) if preview else 0,
        "specials": SpecialDay.objects.filter(site=site, day__gte=clock.today()).select_related("zone", "queue"),
    }  # fmt: skip
    return render(request, "manage/hours.html", context, status=status)


def _week(site: Site, timetable: Timetable, day: date | None) -> dict[str, Any]:
    """Next week, or the week of the day, day by day: queues with the same hours in one line."""
    monday = monday_of(day) if day else monday_of(clock.today()) + timedelta(days=7)
    days = [monday + timedelta(days=n) for n in range(7)]
    queues = list(Queue.objects.filter(site=site).select_related("zone"))
    lines: dict[tuple[Any, ...], list[str]] = {}
    for queue in queues:
        week = tuple(tuple(timetable.periods(queue, each)) for each in days)
        lines.setdefault(week, []).append(queue.name)
    labels = {str(value): str(label) for value, label in Hours.Kind.choices}
    return {"days": days, "lines": lines, "labels": labels}


@require_POST
@manager_only
def set_day(request: SignedIn) -> HttpResponse:
    """An exception: first what it does, then, confirmed, it holds."""
    sites = halls_of(request.principal, stations=True)
    scope = _scope(hall_of(request, sites, request.POST.get("site", "")), request.POST.get("of", ""))
    lines = _lines(scope.hours())
    try:
        special = _special(scope, request.POST)
        if request.POST.get("do") != "save":
            return _page(request, sites, scope, lines, preview=opening.with_day(special), special=special)
        told = opening.set_day(special, by=request.principal)
    except ValueError as problem:
        return _page(request, sites, scope, lines, problem=str(problem), status=422)
    messages.success(request, f"已登记：{special.day:%-m月%-d日}{special.reason}。{_told(told)}")
    return redirect(f"{reverse('manage-hours')}?site={scope.site.pk}")


def _special(scope: Scope, said: QueryDict) -> SpecialDay:
    try:
        day = date.fromisoformat(said.get("day", ""))
    except ValueError as error:
        raise ValueError("请选择哪一天。") from error
    hours: tuple[time | None, time | None] = (None, None)
    if said.get("open") == "yes":
        try:
            hours = (time.fromisoformat(said.get("opens", "")), time.fromisoformat(said.get("closes", "")))
        except ValueError as error:
            raise ValueError("改时间开放的，请写从几点到几点。") from error
    return SpecialDay(
        site=scope.site, zone=scope.zone, queue=scope.queue, day=day, opens=hours[0], closes=hours[1],
        reason=said.get("reason", ""),
    )  # fmt: skip


@require_POST
@manager_only
def clear_day(request: SignedIn, pk: int) -> HttpResponse:
    special = get_object_or_404(SpecialDay.objects.select_related("site", "zone", "queue"), pk=pk)
    if not rostering.manages(request.principal, special.site_id):
        raise Http404
    opening.clear_day(special, by=request.principal)
    messages.success(request, f"{special.day:%-m月%-d日}照平常的时间开放。")
    return redirect(f"{reverse('manage-hours')}?site={special.site_id}")
