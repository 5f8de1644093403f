"""The calendar between a file of holidays, the rows an administrator may edit, and the process."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.db import transaction

from onewindow.kernel import models
from onewindow.kernel.clock.working import Calendar

KEPT_SECONDS = 60
_kept: tuple[float, Calendar] | None = None


def calendar() -> Calendar:
    """The rows as a calendar, read again after a minute: another process may have loaded a new list."""
    global _kept
    if _kept is None or monotonic() - _kept[0] > KEPT_SECONDS:
        _kept = (monotonic(), _from_rows())
    return _kept[1]


def forget() -> None:
    """Read the rows again at the next call: they changed, or a test rolled them back."""
    global _kept
    _kept = None


def _from_rows() -> Calendar:
    rows = list(models.CalendarDay.objects.values_list("day", "working", "name"))
    return Calendar(
        off={day: name for day, working, name in rows if not working},
        makeup={day: name for day, working, name in rows if working},
        official=frozenset(models.CalendarYear.objects.filter(official=True).values_list("year", flat=True)),
    )


def read_file(path: Path) -> Calendar:
    """A holidays file as a calendar, without a database; ValueError names the year and the entry that is wrong."""
    return _parse(_json(path))


def load_holidays(path: Path) -> tuple[int, int]:
    """Make the rows of the file's years say what the file says: (days in the file, rows changed)."""
    content = _json(path)
    parsed = _parse(content)
    wanted = {day: (False, name) for day, name in parsed.off.items()}
    wanted |= {day: (True, name) for day, name in parsed.makeup.items()}
    source = str(content.get("source", path.name))[:200]
    with transaction.atomic():
        changed = _store_days(wanted, parsed.official) + _store_years(parsed.official, source)
    forget()
    return len(wanted), changed


def _store_days(wanted: dict[date, tuple[bool, str]], years: frozenset[int]) -> int:
    mine = models.CalendarDay.objects.filter(day__year__in=years)
    there = {day: (working, name) for day, working, name in mine.values_list("day", "working", "name")}
    gone = there.keys() - wanted.keys()
    differing = {day: fact for day, fact in wanted.items() if there.get(day) != fact}
    new = [models.CalendarDay(day=day, working=working, name=name) for day, (working, name) in differing.items()]
    mine.filter(day__in=gone).delete()
    models.CalendarDay.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["day"], update_fields=["working", "name"]
    )
    return len(gone) + len(new)


def _store_years(years: frozenset[int], source: str) -> int:
    there = {row.year: row for row in models.CalendarYear.objects.filter(year__in=years)}
    same = {year for year, row in there.items() if row.official and row.source == source}
    new = [models.CalendarYear(year=year, official=True, source=source) for year in sorted(years - same)]
    models.CalendarYear.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["year"], update_fields=["official", "source"]
    )
    return len(new)


def _json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("years"), dict):
        raise ValueError(f"{path.name} 里没有 years：应是年份到放假安排的对照")
    return content


def _parse(content: dict[str, Any]) -> Calendar:
    off: dict[date, str] = {}
    makeup: dict[date, str] = {}
    for year, lists in content["years"].items():
        for kind, title, names, seen in (
            ("holidays", "放假", "name_zh", off),
            ("makeup_workdays", "调休上班", "for_zh", makeup),
        ):
            for number, entry in enumerate(lists.get(kind, []), start=1):
                where = f"{year} 年{title}第 {number} 条"
                day = _day(entry, year, where)
                if day in off or day in makeup:
                    raise ValueError(f"{where}：{day} 重复")
                seen[day] = str(entry.get(names, title))
    return Calendar(off, makeup, frozenset(int(year) for year in content["years"]))


def _day(entry: Any, year: str, where: str) -> date:
    text: Any = entry.get("date") if isinstance(entry, dict) else entry
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}：{text!r} 不是日期，应写成 2026-01-01") from error
    if str(day.year) != year:
        raise ValueError(f"{where}：{day} 不在 {year} 年")
    return day
