"""本区工作日历: the days periods are counted by, a year on a page."""

from __future__ import annotations

from calendar import Calendar as Almanac
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from onewindow.kernel import clock

MONTHS = Almanac(firstweekday=0)


def index(request: HttpRequest) -> HttpResponse:
    return redirect("calendar-year", clock.today().year)


def show(request: HttpRequest, year: int) -> HttpResponse:
    calendar = clock.calendar()
    years = sorted({*calendar.official, clock.today().year, clock.today().year + 1})
    if year not in years:
        raise Http404
    months = [_month(calendar, year, month) for month in range(1, 13)]
    context = {
        "year": year, "years": [each for each in years if abs(each - year) <= 2], "months": months,
        "official": year in calendar.official, "off": _spans(calendar, year),
        "makeup": [(day, name) for day, name in sorted(calendar.makeup.items()) if day.year == year],
        "worked": sum(month["worked"] for month in months),
    }  # fmt: skip
    return render(request, "public/calendar.html", context)


def _month(calendar: clock.Calendar, year: int, month: int) -> dict[str, Any]:
    weeks = [
        [_cell(calendar, day) if day.month == month else None for day in week]
        for week in MONTHS.monthdatescalendar(year, month)
    ]
    worked = sum(cell is not None and cell["works"] for week in weeks for cell in week)
    return {"month": month, "weeks": weeks, "worked": worked}


def _cell(calendar: clock.Calendar, day: date) -> dict[str, Any]:
    kind = "makeup" if day in calendar.makeup else "off" if calendar.holiday(day) else ""
    return {
        "day": day, "kind": kind, "works": calendar.is_working(day), "today": day == clock.today(),
        "name": calendar.makeup.get(day) or calendar.holiday(day),
    }  # fmt: skip


def _spans(calendar: clock.Calendar, year: int) -> list[tuple[str, date, date]]:
    """A holiday with its first and last day; the same name a second time in the year is a second one."""
    every = (date(year, 1, 1) + timedelta(days=nth) for nth in range(366))
    named = [(day, calendar.holiday(day)) for day in every if day.year == year and calendar.holiday(day)]
    runs = groupby(enumerate(named), key=lambda pair: (pair[1][1], pair[1][0].toordinal() - pair[0]))
    found = [[day for _, day in run] for _, run in runs]
    return [(run[0][1], run[0][0], run[-1][0]) for run in found]
