"""少交材料: the share of papers not asked twice, by agency, item and month; the same as a workbook."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.cases import reuse
from onewindow.catalogue.sheets import plain_workbook
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.workbooks import download

COLUMNS = ("月份", "部门", "事项", "办件", "需要的材料", "取用以前的", "共享核验", "新交", "免交比例（%）")


@staff_only("manager", "head", "supervisor")
def show(request: SignedIn) -> HttpResponse:
    """A manager sees the own agency, who supervises the district all of it."""
    year = wire.whole(request.GET.get("year", "")) or clock.today().year
    year = year if 2000 <= year <= 2100 else clock.today().year
    own = None if request.principal.has_at(None, "supervisor", "manager") else request.principal.agencies()
    rows = [row | {"share": reuse.share(row)} for row in reuse.figures(date(year, 1, 1), date(year, 12, 31), own)]
    if request.GET.get("format") == "xlsx":
        return _workbook(rows, year)
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("cases", *reuse.KINDS)}
    context = {
        "rows": rows, "year": year, "total": total | {"share": reuse.share(total)}, "definition": reuse.DEFINITION,
        "columns": COLUMNS,
    }  # fmt: skip
    return render(request, "desk/reuse.html", context)


def _workbook(rows: list[dict[str, Any]], year: int) -> HttpResponse:
    names = ("organ", "name", "cases", "needed", "vault", "shared", "new", "share")
    lines = [[f"{row['month']:%Y-%m}", *(row[name] for name in names)] for row in rows]
    title = f"{year}年少交材料"
    return download(plain_workbook(title, [COLUMNS, *lines, [reuse.DEFINITION]]), f"{title}.xlsx")
