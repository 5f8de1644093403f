"""A guide as a workbook in the shape of the national implementation list 实施清单, and back.

The sheets are made from the guide's schema: one row an item on 基本信息, one row an entry on the others. What is
written and read back is the same guide.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from python_calamine import CalamineError, CalamineWorkbook

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.shape import Shape, shapes, tidy

CODE, OF, ORDER = "事项编号", "所属", "序号"
BASE = "基本信息"
# Lists with a sheet of their own, at any depth: place in the guide → name of the sheet.
SHEETS = {
    "basis": "设定依据", "questions": "问题", "questions.choices": "问题选项", "conditions": "受理条件",
    "conditions.cites": "条件依据", "situations": "情形", "materials": "材料", "materials.cites": "材料依据",
    "form.pages": "表单页", "form.pages.fields": "表单字段", "form.pages.fields.choices": "字段选项",
    "form.pages.fields.fields": "组内字段", "form.pages.fields.fields.choices": "组内选项",
    "statutory.basis": "法定时限依据", "promised.basis": "承诺时限依据", "steps": "环节", "fees": "收费",
    "faq": "常见问题", "contacts.places": "办理地点", "gaps.basis": "容缺依据", "promise.basis": "告知承诺依据",
    "intake.basis": "受理依据", "pauses": "特别程序", "pauses.cites": "特别程序依据", "extension.basis": "延期依据",
    "parties": "共同申请人", "parties.cites": "共同申请依据",
}  # fmt: skip
HIDDEN = {"code", "updated"}
MOST_ROWS = 20_000
MOST_BYTES = 100 * 1024 * 1024
YES = {"是": True, "否": False}


@dataclass(frozen=True)
class Column:
    heading: str
    path: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True)
class Sheet:
    name: str
    # Names down to the list; () for 基本信息.
    place: tuple[str, ...]
    columns: tuple[Column, ...]


@cache
def layout() -> tuple[Sheet, ...]:
    return (Sheet(BASE, (), tuple(_columns(shapes(Guide)))), *_lists(shapes(Guide), ()))


def _columns(level: Iterable[Shape], path: tuple[str, ...] = (), prefix: str = "") -> Iterator[Column]:
    for shape in level:
        if shape.kind == "rows" or (not path and shape.name in HIDDEN):
            continue
        if shape.kind == "part":
            yield from _columns(shape.inner, (*path, shape.name), f"{prefix}{shape.title}：")
        else:
            yield Column(prefix + shape.title, (*path, shape.name), shape)


def _lists(level: Iterable[Shape], path: tuple[str, ...]) -> Iterator[Sheet]:
    for shape in level:
        place = (*path, shape.name)
        if shape.kind == "rows" and ".".join(place) in SHEETS:
            yield Sheet(SHEETS[".".join(place)], place, tuple(_columns(shape.inner, ("",))))
        if shape.kind in {"rows", "part"} and len(place) < 6:
            yield from _lists(shape.inner, place)


# ---- out


def workbook(bodies: Iterable[Mapping[str, Any]]) -> bytes:
    """One or many items; each list entry says whose it is by item code and, within a list, by the numbers above it."""
    book = Workbook(write_only=True)
    contents = list(bodies)
    for sheet in layout():
        lead = [CODE] if not sheet.place else [CODE, *([OF] if _depth(sheet) > 1 else []), ORDER]
        rows = [[*lead, *(column.heading for column in sheet.columns)]]
        rows += [row for content in contents for row in _rows(sheet, content)]
        _put(book, sheet.name, rows)
    return _bytes(book)


def plain_workbook(title: str, rows: Iterable[Iterable[Any]]) -> bytes:
    return book_of([(title, rows)])


def book_of(sheets: Iterable[tuple[str, Iterable[Iterable[Any]]]]) -> bytes:
    """Each with its headings in the first row."""
    book = Workbook(write_only=True)
    for title, rows in sheets:
        _put(book, title, [list(row) for row in rows])
    return _bytes(book)


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _depth(sheet: Sheet) -> int:
    """How many lists lie above and including this one."""
    return sum(1 for n in range(1, len(sheet.place) + 1) if ".".join(sheet.place[:n]) in SHEETS)


def _rows(sheet: Sheet, content: Mapping[str, Any]) -> Iterator[list[Any]]:
    if not sheet.place:
        yield [content["code"], *(_cell(column, content) for column in sheet.columns)]
        return
    for numbers, entry in _entries(content, sheet.place):
        above = [".".join(map(str, numbers[:-1]))] if _depth(sheet) > 1 else []
        yield [content["code"], *above, numbers[-1], *(_cell(column, {"": entry}) for column in sheet.columns)]


def _entries(node: Any, place: tuple[str, ...], numbers: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    if not place:
        yield numbers, node
        return
    below = node.get(place[0]) if isinstance(node, Mapping) else None
    if isinstance(below, list):
        for n, each in enumerate(below, 1):
            yield from _entries(each, place[1:], (*numbers, n))
    elif below is not None:
        yield from _entries(below, place[1:], numbers)


def _cell(column: Column, content: Mapping[str, Any]) -> Any:
    value: Any = content
    for name in column.path:
        value = value.get(name) if isinstance(value, Mapping) else None
    shape = column.shape
    if value is None:
        value = shape.default if shape.kind in {"flag", "choice", "picks"} or shape.words else None
    if value is None or (shape.kind in {"whole", "number"} and not shape.words and isinstance(value, int | float)):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", shape.plain(value))


def _put(book: Workbook, title: str, rows: list[list[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for n, heading in enumerate(rows[0], 1):
        long = max((len(str(row[n - 1] or "")) for row in rows[1:201] if len(row) >= n), default=0)
        sheet.column_dimensions[get_column_letter(n)].width = min(max(len(heading) * 2 + 2, long * 1.6, 8), 60)
    sheet.append([_styled(sheet, heading) for heading in rows[0]])
    for row in rows[1:]:
        sheet.append([_text(sheet, value) for value in row])


def _styled(sheet: Any, heading: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, heading)
    cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="123C4A")
    return cell


def _text(sheet: Any, value: Any) -> Any:
    """Text stays text: what begins with = is no formula; a control character somebody pasted breaks no file."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str) or not value:
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    if "\n" in value:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


# ---- in


@dataclass
class Contents:
    """Guides by item code as drafts keep them, and what is wrong, by sheet, row and column."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(data: bytes) -> Contents:
    result = Contents()
    if _unfolded(data) > MOST_BYTES:
        result.faults.append("这个工作簿展开后太大，请分几份交。")
        return result
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = set(book.sheet_names)
    except (CalamineError, OSError, ValueError):
        result.faults.append("读不出这个文件：请交 .xlsx 格式的工作簿，可以先导出一份照着填。")
        return result
    known = {sheet.name for sheet in layout()}
    if BASE not in names:
        result.faults.append(f"缺少工作表“{BASE}”，请先导出一份照着填。")
    result.faults += [f"工作表“{name}”：没有这张表，请核对名称。" for name in book.sheet_names if name not in known]
    for sheet in layout():
        if sheet.name in names:
            _read_sheet(sheet, book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False), result)
    shaped = {shape.name: shape for shape in shapes(Guide)}
    for content in result.found.values():
        for name in list(content):
            if name in shaped and (tidied := tidy(shaped[name], content[name])) is None:
                del content[name]
            elif name in shaped:
                content[name] = tidied
    return result


def _unfolded(data: bytes) -> int:
    """What the archive says it holds, before anything opens it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def _read_sheet(sheet: Sheet, rows: list[list[Any]], result: Contents) -> None:
    if not rows:
        result.faults.append(f"工作表“{sheet.name}”：是空的，至少要有标题行。")
        return
    headings = [str(cell).strip() for cell in rows[0]]
    columns = {column.heading: column for column in sheet.columns}
    lead = {CODE} | ({ORDER} if sheet.place else set()) | ({OF} if _depth(sheet) > 1 else set())
    for heading in lead - set(headings):
        result.faults.append(f"工作表“{sheet.name}” 第 1 行：缺少列“{heading}”。")
    for heading in headings:
        if heading and heading not in columns and heading not in lead:
            result.faults.append(f"工作表“{sheet.name}” 第 1 行：没有“{heading}”这一列。")
    if len(rows) > MOST_ROWS:
        result.faults.append(f"工作表“{sheet.name}”：最多 {MOST_ROWS} 行。")
    if lead - set(headings) or len(rows) > MOST_ROWS:
        return
    for number, cells in enumerate(rows[1:], 2):
        row = _Row(sheet, number, dict(zip(headings, cells, strict=False)), result)
        if any(str(cell).strip() for cell in cells):
            row.take(columns)


@dataclass
class _Row:
    sheet: Sheet
    number: int
    cells: dict[str, Any]
    result: Contents

    def wrong(self, heading: str, what: str) -> None:
        self.result.faults.append(f"工作表“{self.sheet.name}” 第 {self.number} 行 “{heading}”：{what}")

    def text(self, heading: str) -> str:
        value = self.cells.get(heading, "")
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        return ILLEGAL_CHARACTERS_RE.sub("", text).strip()

    def take(self, columns: Mapping[str, Column]) -> None:
        code = self.text(CODE)
        if not code or len(code) > 50:
            self.wrong(CODE, "请填事项编号。")
        elif not self.sheet.place:
            if code in self.result.found:
                self.wrong(CODE, f"“{code}”出现了两次。")
            self.fill(self.result.found.setdefault(code, {"code": code}), columns)
        elif code not in self.result.found:
            self.wrong(CODE, f"“{BASE}”里没有“{code}”。")
        elif (rows := self.list_of(self.result.found[code])) is not None:
            rows.append({})
            self.fill({"": rows[-1]}, columns)

    def list_of(self, content: dict[str, Any]) -> list[Any] | None:
        """The list this row goes to; the numbers of 所属 lead through the lists above it."""
        numbers = [int(part) for part in self.text(OF).split(".") if part.isdigit()] if _depth(self.sheet) > 1 else []
        node = content
        for n, name in enumerate(self.sheet.place[:-1], 1):
            if ".".join(self.sheet.place[:n]) not in SHEETS:
                node = node.setdefault(name, {})
                continue
            rows, at = node.get(name, []), numbers.pop(0) if numbers else 0
            if not 0 < at <= len(rows):
                self.wrong(OF, f"上一级里没有“{self.text(OF)}”这一项。")
                return None
            node = rows[at - 1]
        found: list[Any] = node.setdefault(self.sheet.place[-1], [])
        return found

    def fill(self, target: dict[str, Any], columns: Mapping[str, Column]) -> None:
        for heading, column in columns.items():
            value = self.value(column) if heading in self.cells else None
            node = target
            for name in column.path[:-1]:
                node = node.setdefault(name, {})
            if value is not None:
                node[column.path[-1]] = value

    def value(self, column: Column) -> Any:
        text, shape = self.text(column.heading), column.shape
        if not text:
            return None
        meanings = {word: key for key, word in shape.words.items()}
        if shape.kind in {"flag", "perhaps"}:
            return self.one_of(column, text, YES)
        if shape.kind == "picks":
            return [self.one_of(column, line, meanings) for line in _lines(text)]
        if shape.words:
            key = self.one_of(column, text, meanings)
            return int(key) if shape.kind == "whole" and key is not None else key
        if shape.kind == "words":
            return _lines(text)
        if shape.kind == "pairs":
            return [[part.strip() for part in line.replace("＝", "=").split("=", 1)] for line in _lines(text)]
        return self.figure(column, text) if shape.kind in {"whole", "number"} else text.replace("\r\n", "\n")

    def one_of(self, column: Column, text: str, meanings: Mapping[str, Any]) -> Any:
        if text not in meanings:
            self.wrong(column.heading, f"只能是{'、'.join(filter(None, meanings))}，现在是“{text[:40]}”。")
        return meanings.get(text)

    def figure(self, column: Column, text: str) -> int | float | None:
        try:
            number = float(text)
            if not math.isfinite(number):
                raise ValueError
        except ValueError:
            self.wrong(column.heading, f"应是数字，现在是“{text[:40]}”。")
            return None
        if column.shape.kind == "whole" and number != int(number):
            self.wrong(column.heading, f"应是整数，现在是“{text[:40]}”。")
        return int(number) if column.shape.kind == "whole" else number


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
