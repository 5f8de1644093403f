"""The working-day clock by hand and in batches."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from onewindow.kernel import clock
from onewindow.kernel.clock.working import UNITS, WEEKDAYS


class Command(BaseCommand):
    help = "期限：due 按工作日历推算到期日；--batch 从标准输入逐行读 JSON"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        due = parser.add_subparsers(dest="what", required=True).add_parser("due", help="推算到期日")
        due.add_argument("--batch", action="store_true", help="标准输入每行一个 JSON，标准输出每行一个结果")
        due.add_argument("--explain", action="store_true", help="逐日说明（--batch 时放在 days 里）")
        due.add_argument("--start", help="起算日，如 2026-09-30（当日不计）")
        due.add_argument("--limit", type=int, help="期限天数")
        due.add_argument("--unit", choices=UNITS, default="working", help="working 工作日，natural 自然日")
        due.add_argument("--extend", type=int, default=0, help="延长天数")
        due.add_argument("--stop", action="append", default=[], metavar="起:止", help="暂停，两端都算在内，可重复")

    def handle(self, *args: Any, batch: bool, explain: bool, **options: Any) -> None:
        calendar = self._calendar()
        if batch:
            self._batch(calendar, sys.stdin, explain)
            return
        if options["start"] is None or options["limit"] is None:
            raise CommandError("请给出 --start 和 --limit，或用 --batch 从标准输入读取")
        request = {key: options[key] for key in ("start", "limit", "unit", "extend")}
        try:
            due = due_of(calendar, request | {"stops": [stop.split(":") for stop in options["stop"]]})
        except ValueError as error:
            raise CommandError(str(error)) from error
        for day in due.days:
            self.stdout.write(f"{day.date} 周{WEEKDAYS[day.date.weekday()]}  {day.why}")
        self.stdout.write(f"到期日：{due.date}（周{WEEKDAYS[due.date.weekday()]}）")
        if due.provisional:
            self.stdout.write("暂定：期间涉及尚无官方放假安排的年份，先按周末和日期固定的节日推算，公布后重新计算。")

    def _calendar(self) -> clock.Calendar:
        try:
            return clock.calendar()
        except clock.NoCalendar as error:
            missing = str(error).split("，")[0]
        except Error as error:
            missing = f"读不到数据库里的工作日历（{str(error).splitlines()[0]}）"
        path = settings.DATA_DIR / "holidays.json"
        self.stderr.write(f"{missing}，改用 {path}")
        return clock.read_file(path)

    def _batch(self, calendar: clock.Calendar, lines: Iterable[str], explain: bool) -> None:
        wrong = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                answer = answer_of(due_of(calendar, json.loads(line)), explain)
            except ValueError as error:
                wrong += 1
                answer = {"error": f"第 {number} 行：{_said(error)}"}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if wrong:
            raise CommandError(f"{wrong} 行有误")


def _said(error: ValueError) -> str:
    return f"不是合法的 JSON（{error.msg}）" if isinstance(error, json.JSONDecodeError) else str(error)


def answer_of(due: clock.Due, explain: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"due": due.date.isoformat(), "provisional": due.provisional}
    if explain:
        answer["days"] = [{"date": d.date.isoformat(), "counted": d.counted, "why": d.why} for d in due.days]
    return answer


def due_of(calendar: clock.Calendar, request: Any) -> clock.Due:
    if not isinstance(request, dict):
        raise ValueError('应是一个 JSON 对象，如 {"start": "2026-09-30", "limit": 20}')
    stops = request.get("stops", [])
    if not isinstance(stops, list) or not all(isinstance(stop, list) and len(stop) == 2 for stop in stops):
        raise ValueError("stops 应是 [[开始, 结束], …]")
    start, unit = _date(request.get("start"), "start"), request.get("unit", "working")
    limit, extend = _days(request.get("limit"), "limit"), _days(request.get("extend", 0), "extend")
    pauses = [(clock.day_of(_date(a, "stops")), clock.day_of(_date(b, "stops"))) for a, b in stops]
    try:
        return calendar.due(start, limit, unit, stops=pauses, extend=extend)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _date(text: Any, name: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} 的 {text!r} 不是日期，应写成 2026-09-30") from error


def _days(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value <= 100_000:
        raise ValueError(f"{name} 应是 0 到 100000 的整数，现在是 {value!r}")
    return value
