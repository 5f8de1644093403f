"""CSV files as rows that know their line, and one list of everything that is wrong with the files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import models

T = TypeVar("T")


class Problems:
    """Collected, not raised one by one: who repairs a file wants to see them all."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, where: str, what: str) -> None:
        self.found.append(f"{where}：{what}")

    def __bool__(self) -> bool:
        return bool(self.found)


@dataclass(frozen=True)
class Row:
    file: str
    line: int
    cells: dict[str, str]
    problems: Problems = field(repr=False)

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def wrong(self, column: str, what: str) -> None:
        self.problems.add(f"{self.file} 第 {self.line} 行 {column}", what)

    def needed(self, column: str) -> str:
        if not self.cells[column]:
            self.wrong(column, "不能空着")
        return self.cells[column]

    def number(self, column: str, low: int = 0, high: int = 400) -> int:
        text = self.cells[column]
        if not (text.isascii() and text.isdigit()):
            self.wrong(column, f"应是数字，现在是“{text}”")
            return low
        if not low <= int(text) <= high:
            self.wrong(column, f"应在 {low} 到 {high} 之间，现在是 {text}")
            return low
        return int(text)

    def one_of(self, column: str, meanings: dict[str, T]) -> T:
        """What the cell's word means; a word not in the list is a problem and counts as the first one."""
        text = self.cells[column]
        if text not in meanings:
            self.wrong(column, f"应是{'、'.join(word or '（空）' for word in meanings)}之一，现在是“{text}”")
        return meanings.get(text, next(iter(meanings.values())))


def read_csv(path: Path, columns: Iterable[str], problems: Problems) -> list[Row]:
    """The rows; a missing file or column, or a row with too many or too few cells, is a problem."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(path.name, csv.reader(file), list(columns), problems))
    except FileNotFoundError:
        problems.add(path.name, "没有这个文件")
    except UnicodeDecodeError as error:
        problems.add(path.name, f"不是 UTF-8 编码（第 {error.start} 个字节）")
    return []


def _rows(name: str, reader: Iterator[list[str]], columns: list[str], problems: Problems) -> Iterator[Row]:
    header = next(reader, [])
    if missing := [column for column in columns if column not in header]:
        problems.add(f"{name} 第 1 行", f"缺少列 {'、'.join(missing)}")
        return
    line = 2
    for cells in reader:
        if len(cells) != len(header):
            problems.add(f"{name} 第 {line} 行", f"应有 {len(header)} 列，现在是 {len(cells)} 列")
        else:
            yield Row(name, line, dict(zip(header, (cell.strip() for cell in cells), strict=True)), problems)
        line = reader.line_num + 1  # type: ignore[attr-defined]  # csv.reader has it


def store(wanted: Sequence[models.Model], *key: str) -> int:
    """Make the table hold these rows as they are: only new and changed rows are written. Returns how many."""
    if not wanted:
        return 0
    model = type(wanted[0])
    kept = [
        field.attname for field in model._meta.concrete_fields if field.attname != "id" and field.attname not in key
    ]
    there = {row[: len(key)]: row for row in model._default_manager.values_list(*key, *kept)}
    rows = []
    for row in wanted:
        values = tuple(getattr(row, name) for name in (*key, *kept))
        if there.get(values[: len(key)]) != values:
            rows.append(row)
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=list(key), update_fields=kept)
    return len(rows)
