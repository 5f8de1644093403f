"""The calendar between a file of holidays, the rows an administrator may edit, and the process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from onewindow.kernel import models
from onewindow.kernel.clock.working import SHANGHAI, Calendar

KEPT_SECONDS = 60
# The advisory lock of the calendar; kernel_calendar_edition() takes it shared.
LOCK = [20_170, 82]
_kept: tuple[float, Calendar] | None = None
_editions: dict[int, Calendar] = {}
_instead: ContextVar[Calendar | None] = ContextVar("calendar_instead", default=None)
_watched: ContextVar[set[int] | None] = ContextVar("calendars_read", default=None)


class NoCalendar(ValueError):
    """No date is guessed: without a calendar acts that need one are refused and the timers wait."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}，期限算不出来，所以没有办理。请告诉运维人员在“管理 → 工作日历”里补齐，再来办理。")


def calendar() -> Calendar:
    """The rows as a calendar, read again after a minute: another process may have loaded a new list.

    An act that reads it is refused by its own statement when another edition is in force by then (kernel.flow).
    """
    global _kept
    if (instead := _instead.get()) is not None:
        return instead
    if _kept is None or monotonic() - _kept[0] > KEPT_SECONDS:
        _kept = (monotonic(), _from_rows())
    if (seen := _watched.get()) is not None:
        ensure_known(_kept[1])
        seen.add(_kept[1].edition)
    return _kept[1]


def ensure_known(calendar: Calendar) -> None:
    """No act on a guess: what the law counts on these days is settled only by the list of the running year.

    A page may show such a day as 暂定; in a demonstration acts go on, its files end some year.
    """
    year = timezone.now().astimezone(SHANGHAI).year
    if year not in calendar.official and not settings.SANDBOX:
        raise NoCalendar(f"{year} 年的放假安排还没有录入")


@contextmanager
def using(other: Calendar) -> Iterator[None]:
    """Everything inside reckons by another calendar: one that was, or that is being considered."""
    token = _instead.set(other)
    try:
        yield
    finally:
        _instead.reset(token)


@contextmanager
def watched() -> Iterator[set[int]]:
    """The editions that were read inside."""
    seen: set[int] = set()
    token = _watched.set(seen)
    try:
        yield seen
    finally:
        _watched.reset(token)


def forget() -> None:
    """Read the rows again at the next call: they changed, or a test rolled them back."""
    global _kept
    _kept = None
    _editions.clear()


def _from_rows() -> Calendar:
    years = dict(models.CalendarYear.objects.values_list("year", "official"))
    rows = list(models.CalendarDay.objects.values_list("day", "working", "name"))
    official = frozenset(year for year, known in years.items() if known)
    off = {day: name for day, working, name in rows if not working}
    if not years:
        raise NoCalendar("库里没有工作日历")
    if lost := sorted(official - {day.year for day in off}):
        raise NoCalendar(f"{'、'.join(map(str, lost))} 年的放假安排不完整")
    return Calendar(off, {day: name for day, working, name in rows if working}, official, in_force())


def in_force() -> int:
    return models.CalendarEdition.objects.aggregate(last=Max("number"))["last"] or 0


def edition(number: int) -> Calendar:
    """An earlier publication; never changed, so kept for good."""
    if number not in _editions:
        _editions[number] = of_content(models.CalendarEdition.objects.get(pk=number).content, number)
    return _editions[number]


def content_of(calendar: Calendar) -> dict[str, Any]:
    off, makeup = (
        {day.isoformat(): name for day, name in sorted(days.items())} for days in (calendar.off, calendar.makeup)
    )
    return {"off": off, "makeup": makeup, "official": sorted(calendar.official)}


def of_content(content: dict[str, Any], number: int = 0) -> Calendar:
    off, makeup = ({date.fromisoformat(day): name for day, name in content[kind].items()} for kind in ("off", "makeup"))
    return Calendar(off, makeup, frozenset(content["official"]), number)


def hold() -> None:
    """Until the transaction ends no act that reckons days can finish; those under way have finished (0019)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", LOCK)


def publish(calendar: Calendar, source: str) -> Calendar:
    """The rows say this from now on, under a number of its own. The caller holds the lock and moves what depends."""
    number = in_force() + 1
    wanted = {day: (False, name) for day, name in calendar.off.items()}
    wanted |= {day: (True, name) for day, name in calendar.makeup.items()}
    years = (
        calendar.official
        | {day.year for day in wanted}
        | set(models.CalendarYear.objects.values_list("year", flat=True))
    )
    _store_days(wanted, frozenset(years))
    models.CalendarYear.objects.filter(official=True).exclude(year__in=calendar.official).update(official=False)
    _store_years(calendar.official, source)
    models.CalendarEdition.objects.create(
        number=number, at=timezone.now(), source=source[:200], content=content_of(calendar)
    )
    forget()
    transaction.on_commit(forget)
    return replace(calendar, edition=number)


def read_file(path: Path) -> Calendar:
    """A holidays file as a calendar, without a database; ValueError names the year and the entry that is wrong."""
    return read_content(_json(path))


def load_holidays(path: Path) -> tuple[int, int]:
    """Make the rows of the file's years say what the file says: (days in the file, rows changed)."""
    content = _json(path)
    parsed = read_content(content)
    wanted = {day: (False, name) for day, name in parsed.off.items()}
    wanted |= {day: (True, name) for day, name in parsed.makeup.items()}
    source = str(content.get("source", path.name))[:200]
    with transaction.atomic():
        hold()
        changed = _store_days(wanted, parsed.official) + _store_years(parsed.official, source)
        if changed:
            forget()
            models.CalendarEdition.objects.create(
                number=in_force() + 1, at=timezone.now(), source=source, content=content_of(_from_rows())
            )
    forget()
    return len(wanted), changed


def differs(path: Path) -> bool:
    """The file says something else of its years than the calendar in force."""
    filed = read_file(path)
    try:
        ours = _from_rows()
    except NoCalendar:
        return True
    wanted = (filed.off, filed.makeup)
    mine = ({day: name for day, name in days.items() if day.year in filed.official} for days in (ours.off, ours.makeup))
    return not filed.official <= ours.official or tuple(mine) != wanted


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


def read_content(content: dict[str, Any]) -> Calendar:
    """The shape of data/xindu/holidays.json; ValueError names the year and the entry that is wrong."""
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
