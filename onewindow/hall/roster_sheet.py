"""A roster as a workbook: what is written is read back; one wrong row and nothing is taken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from onewindow.hall.models import Duty, Hours
from onewindow.hall.planning import Officer, Placing, Plan
from onewindow.hall.sessions import WEEKDAYS

HEADINGS = ["日期", "场次", "窗口", "部门代码", "部门", "账号", "姓名", "星期", "时间"]
NEEDED = [*HEADINGS[:4], "账号"]
KINDS = {str(Hours.Kind(kind).label): kind for kind in Hours.EXTENDED}
MOST_ROWS, MOST_BYTES = 2000, 2 * 1024 * 1024


def rows_of(duties: Sequence[Duty]) -> list[list[Any]]:
    """The last two columns and the names are for the eye."""
    return [
        HEADINGS,
        *(
            [
                duty.day, duty.get_session_display(), duty.window.number, duty.agency_id, str(duty.agency),
                duty.user.username, duty.user.name, f"周{WEEKDAYS[duty.day.weekday()]}",
                f"{duty.opens:%H:%M}–{duty.closes:%H:%M}",
            ]
            for duty in duties
        ),
    ]  # fmt: skip


def read(data: bytes, plan: Plan) -> tuple[list[Placing], list[str]]:
    """The lines that can stand, and what is wrong with the others; `plan` is the week without what is still ahead."""
    if len(data) > MOST_BYTES:
        return [], ["文件太大，值班表不超过 2 MB。"]
    try:
        sheet = CalamineWorkbook.from_object(io.BytesIO(data)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError, ValueError):
        return [], ["读不出这个文件：请交 .xlsx 工作簿，可以先下载本周的照着填。"]
    headings = [str(cell).strip() for cell in rows[0]] if rows else []
    if lacks := [heading for heading in NEEDED if heading not in headings]:
        return [], [f"第 1 行缺少列：{'、'.join(lacks)}。可以先下载本周的照着填。"]
    if len(rows) > MOST_ROWS:
        return [], [f"最多 {MOST_ROWS} 行。"]
    reader = _Reader(plan)
    for number, cells in enumerate(rows[1:], 2):
        if any(str(cell).strip() for cell in cells):
            reader.take(number, dict(zip(headings, cells, strict=False)))
    if not reader.found and not reader.faults:
        reader.faults.append("文件里没有一行班次。")
    return reader.found, reader.faults


class _Reader:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found: list[Placing] = []
        self.faults: list[str] = []
        self._by_login: dict[tuple[str, str], Officer] = {
            (officer.username, officer.agency_id): officer for officer in plan.officers.values()
        }

    def take(self, number: int, cells: dict[str, Any]) -> None:
        try:
            asked = self._placing(cells)
            if asked.session.over:
                return  # what is over stays as it was
            if problem := self.plan.problem(asked):
                raise ValueError(problem)
        except ValueError as fault:
            self.faults.append(f"第 {number} 行：{fault}")
            return
        self.plan.take(asked)
        self.found.append(asked)

    def _placing(self, cells: dict[str, Any]) -> Placing:
        day, label = _day(cells["日期"]), str(cells["场次"]).strip()
        if label not in KINDS:
            raise ValueError(f"场次只能写{'、'.join(KINDS)}，现在是“{label}”。")
        session = self.plan.sessions.get(f"{day.isoformat()}.{KINDS[label]}")
        if session is None:
            raise ValueError(f"{day:%-m月%-d日} 没有“{label}”这个场次（不在这一周，或那天不开）。")
        window = self.plan.windows.get(_text(cells["窗口"]))
        if window is None:
            raise ValueError(f"没有“{_text(cells['窗口'])}”号窗口。")
        login, agency = _text(cells["账号"]), _text(cells["部门代码"])
        officer = self._by_login.get((login, agency))
        if officer is None:
            raise ValueError(f"账号“{login}”在部门“{agency}”没有本大厅的窗口岗位。")
        return Placing(session, window, officer)


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip().replace("/", "-"))
    except ValueError as error:
        raise ValueError(f"“{cell}”不是日期，应写成 2026-03-02。") from error


def _text(cell: Any) -> str:
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
