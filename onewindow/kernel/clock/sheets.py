"""A holiday list as an office writes it: a workbook of three columns, or the JSON of data/<district>/holidays.json."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from onewindow.kernel.clock.rows import read_content
from onewindow.kernel.clock.working import WEEKDAYS, Calendar

HEADINGS = ["日期", "安排", "名称", "星期"]
OFF, WORKED = "放假", "调休上班"
MOST_ROWS = 2000


def rows_of(calendar: Calendar, years: list[int]) -> list[list[Any]]:
    """What `read` reads back; the weekday is for the eye."""
    days = [(day, OFF, name) for day, name in calendar.off.items()]
    days += [(day, WORKED, name) for day, name in calendar.makeup.items()]
    found = [[day, kind, name, f"周{WEEKDAYS[day.weekday()]}"] for day, kind, name in sorted(days) if day.year in years]
    return [HEADINGS, *found]


def read(data: bytes, name: str) -> Calendar:
    """The years the file speaks of, each whole; ValueError says which row is wrong and how."""
    if name.lower().endswith(".json"):
        return _from_json(data)
    try:
        sheet = CalamineWorkbook.from_object(io.BytesIO(data)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError) as error:
        raise ValueError("这个文件不是可以读取的工作簿。请交 .xlsx，或者 holidays.json 那样的 .json。") from error
    if not rows or [str(cell).strip() for cell in rows[0][:3]] != HEADINGS[:3]:
        raise ValueError(f"第一行应是标题：{'、'.join(HEADINGS[:3])}。可以先下载一年的日历，照着改。")
    if len(rows) > MOST_ROWS:
        raise ValueError(f"最多 {MOST_ROWS} 行。")
    return _from_rows(rows)


def _from_rows(rows: list[list[Any]]) -> Calendar:
    off: dict[date, str] = {}
    makeup: dict[date, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = [*row, "", "", ""]
        if not any(str(cell).strip() for cell in cells[:3]):
            continue
        day, kind, name = _day(cells[0], number), str(cells[1]).strip(), str(cells[2]).strip()
        if kind not in {OFF, WORKED}:
            raise ValueError(f"第 {number} 行：安排只能写“{OFF}”或“{WORKED}”，现在是“{kind}”。")
        if not name:
            raise ValueError(f"第 {number} 行：请写名称，例如“国庆节”。")
        if day in off or day in makeup:
            raise ValueError(f"第 {number} 行：{day} 重复。")
        (off if kind == OFF else makeup)[day] = name[:40]
    if not off:
        raise ValueError("文件里没有一天放假。")
    return Calendar(off, makeup, frozenset(day.year for day in (*off, *makeup)))


def _day(cell: Any, number: int) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip().replace("/", "-"))
    except ValueError as error:
        raise ValueError(f"第 {number} 行：“{cell}”不是日期，应写成 2027-01-01。") from error


def _from_json(data: bytes) -> Calendar:
    try:
        content = json.loads(data)
    except ValueError as error:
        raise ValueError("这个文件不是可以读取的 JSON。") from error
    if not isinstance(content, dict) or not isinstance(content.get("years"), dict) or not content["years"]:
        raise ValueError("文件里没有 years：应是年份到放假安排的对照，像 data/xindu/holidays.json 那样。")
    if not all(str(year).isdecimal() and isinstance(lists, dict) for year, lists in content["years"].items()):
        raise ValueError("years 里应是年份到“holidays、makeup_workdays”的对照。")
    return read_content(content)
