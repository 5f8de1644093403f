"""大厅日报: a day's figures on a page and as a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.catalogue.sheets import book_of
from onewindow.feedback import figures
from onewindow.hall import daily
from onewindow.hall.daily import Day, Row
from onewindow.kernel import clock
from onewindow.web.account.guards import SignedIn
from onewindow.web.desk.floor import manager_only, site_of
from onewindow.web.workbooks import download

COUNTS = (
    "取号",
    "已办",
    "过号",
    "放弃",
    "没办到",
    "等候中位（分）",
    "九成不超过（分）",
    "最长（分）",
    "办理中位（分）",
    "预计误差中位（分）",
)
Table = tuple[str, tuple[str, ...], list[list[Any]]]


@manager_only
def show(request: SignedIn, code: str) -> HttpResponse:
    """Any day that is not still to come."""
    site = site_of(request, code)
    day = min(_day(request.GET.get("day", "")) or clock.today(), clock.today())
    report = daily.of(site, day)
    tables = _tables(report)
    if request.GET.get("format") == "xlsx":
        return _workbook(report, tables)
    context = {"site": site, "day": day, "report": report, "tables": tables, "today": clock.today()}
    return render(request, "desk/hall_day.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _counts(row: Row) -> list[Any]:
    return [
        row.drawn, row.done, row.missed, row.given_up, row.left, row.wait, row.wait90, row.longest, row.service, row.off
    ]  # fmt: skip


def _tables(report: Day) -> list[Table]:
    stars = {name: figures.by(report.site, report.day, name) for name in ("window__zone", "window", "officer")}

    def rated(field: str, key: int) -> list[Any]:
        many, mean, _ = stars[field].get(key, (0, None, 0))
        return [many, round(mean, 2) if mean is not None else None]

    zones = [
        [row.name, *_counts(row), report.by_zone.get(pk, 0), *rated("window__zone", pk)]
        for pk, row in report.zones.items()
    ]
    serving = ("已办", "办理中位（分）", "值守（分）", "其中暂停（分）", "评价人数", "平均星级")
    windows = [
        [row.name, row.done, row.service, *report.staffed.get(pk, (None, None)), *rated("window", pk)]
        for pk, row in report.windows.items()
    ]
    officers = [
        [row.name, row.done, row.service, *report.sat.get(pk, (None, None)), *rated("officer", pk)]
        for pk, row in report.officers.items()
    ]
    asked = [
        [each.number, f"{each.at.astimezone(clock.SHANGHAI):%H:%M}", str(each.item or ""), each.about]
        for each in report.consultations
    ]
    tables: list[Table] = [
        ("各区", ("区域", *COUNTS, "咨询", "评价人数", "平均星级"), zones),
        ("业务组", ("业务组", *COUNTS), [[row.name, *_counts(row)] for row in report.queues]),
        ("各时段", ("取号时间", *COUNTS), [[row.name, *_counts(row)] for row in report.hours]),
        ("窗口", ("窗口", *serving), windows),
        ("人员", ("姓名", *serving), officers),
        ("咨询", ("编号", "时间", "事项", "问的是什么"), asked),
        ("延时服务", ("场次", "排班窗口", "办结号数"), [list(row) for row in report.extended]),
    ]
    return [table for table in tables if table[2]]


def _workbook(report: Day, tables: Iterable[Table]) -> HttpResponse:
    title = f"{report.site} {report.day:%Y-%m-%d} 大厅日报"
    told = [[label, value] for label, value in zip(COUNTS, _counts(report.total), strict=True)]
    empty = [] if report.total.drawn else [["这一天没有人取号。"]]
    sheets: list[tuple[str, list[Any]]] = [("全天", [[title, ""], *empty, *told, ["预约未到", report.no_shows]])]
    sheets += [(name, [head, *rows]) for name, head, rows in tables]
    return download(book_of(sheets), f"大厅日报 {report.site} {report.day:%Y-%m-%d}.xlsx")
