"""Working-day arithmetic (行政许可法 §82, 民法典 §201–203), pure: a calendar of three facts and no clock.

Inside, a day is its ordinal number; a year's working days are listed once, so a date is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime
from functools import cached_property
from itertools import count
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
# 《全国年节及纪念日放假办法》（国务院令第 795 号）第二条: what no yearly list changes. 清明, the days of the moon
# and the weekends moved for bridges are left to the list.
FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
Unit = Literal["working", "natural"]
UNITS = ("working", "natural")
# Due has an attribute `date`, which would hide the type in its own annotations.
Date = date


def day_of(moment: date | datetime) -> date:
    """The day in Shanghai; a naive time is Shanghai's."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.tzinfo is None else moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, eq=False)
class Calendar:
    """Days off and make-up workdays 调休上班 with their names, and the years whose official list is known.

    Any other year has weekends and the holidays of a fixed date, and what touches it is provisional 暂定.
    """

    off: Mapping[date, str] = field(default_factory=dict)
    makeup: Mapping[date, str] = field(default_factory=dict)
    official: frozenset[int] = frozenset()
    # Which publication this is (CalendarEdition); 0 is none, as of a file or a draft.
    edition: int = 0
    _years: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False)

    def holiday(self, day: date) -> str:
        """Its name; "" where the day is none."""
        if day.year in self.official:
            return self.off.get(day, "")
        return self.off.get(day) or FIXED.get((day.month, day.day), "")

    def is_working(self, day: date) -> bool:
        return day in self.makeup or (day.weekday() < 5 and not self.holiday(day))

    def next_working(self, day: date) -> date:
        """The first working day after `day`."""
        return date.fromordinal(self.nth_after(day.toordinal(), 1))

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is the earlier."""
        a, b = start.toordinal(), end.toordinal()
        return self.count(a, b) if a <= b else -self.count(b, a)

    def working_days_left(self, today: date, due: date) -> int:
        """0 on the last day; negative as soon as it is past, even on the weekend right after it."""
        left = self.working_days_between(today, due)
        return left if today <= due else min(left, -1)

    def due(
        self,
        start: date | datetime,
        limit: int,
        unit: Unit = "working",
        stops: Iterable[tuple[date, date]] = (),
        extend: int = 0,
    ) -> Due:
        """The last day of a period of `limit` + `extend` days that begins the day after `start`.

        A stop 暂停 names whole days, both ends included. A natural period that ends on a day off moves to the next
        working day (民法典 §203), even into a stop. Limit 0 is the start's own day.
        """
        if unit not in UNITS:
            raise ValueError(f"期限单位只能是 working 或 natural，现在是 {unit!r}")
        if limit < 0 or extend < 0:
            raise ValueError("期限和延长的天数不能是负数")
        first, pauses = day_of(start), _merged(stops)
        counted_end = self._end(first.toordinal(), limit + extend, unit, pauses)
        if counted_end > date.max.toordinal():
            raise OverflowError("到期日超出了可以计算的范围")
        last = counted_end
        if unit == "natural" and not self.is_working(date.fromordinal(last)):
            last = self.nth_after(last, 1)
        return Due(date.fromordinal(last), self, first, unit, pauses, date.fromordinal(counted_end))

    def _end(self, cursor: int, days: int, unit: Unit, pauses: tuple[tuple[int, int], ...]) -> int:
        """The ordinal of the day that is counted `days`, stepping from pause to pause."""
        if days == 0:
            return cursor
        for begin, end in pauses:
            before = max(begin - 1, cursor)
            free = self.count(cursor, before) if unit == "working" else before - cursor
            if free >= days:
                break
            days -= free
            cursor = max(cursor, end)
        return self.nth_after(cursor, days) if unit == "working" else cursor + days

    def count(self, after: int, through: int) -> int:
        """Working days in the half-open range of ordinals (after, through]."""
        first, last = date.fromordinal(after).year, date.fromordinal(through).year
        whole = sum(len(self._working(year)) for year in range(first, last))
        return whole + bisect_right(self._working(last), through) - bisect_right(self._working(first), after)

    def nth_after(self, day: int, n: int) -> int:
        year = date.fromordinal(day).year
        days = self._working(year)
        at = bisect_right(days, day) + n - 1
        while at >= len(days):
            at -= len(days)
            year += 1
            days = self._working(year)
        return days[at]

    def _working(self, year: int) -> tuple[int, ...]:
        if year > MAXYEAR:
            raise OverflowError("到期日超出了可以计算的范围")
        if (known := self._years.get(year)) is None:
            every = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
            known = self._years[year] = tuple(day for day in every if self.is_working(date.fromordinal(day)))
        return known

    def why_off(self, day: date) -> str:
        """国庆节放假, or 周六."""
        name = self.holiday(day)
        return f"{name}放假" if name else f"周{WEEKDAYS[day.weekday()]}"


class Day(NamedTuple):
    """One line of a derivation; `counted` is the running number, None for a day that does not count."""

    date: date
    counted: int | None
    why: str


@dataclass(frozen=True)
class Due:
    """A due date that can explain itself."""

    date: Date
    calendar: Calendar = field(repr=False, compare=False)
    start: Date
    unit: Unit
    pauses: tuple[tuple[int, int], ...]
    # The day the count ended on; `date` is later when a natural period ended on a day off.
    counted_end: Date

    @property
    def provisional(self) -> bool:
        """A counted year has no official list yet; the start's own day is not counted."""
        first = min(self.start.toordinal() + 1, self.date.toordinal())
        years = range(Date.fromordinal(first).year, self.date.year + 1)
        return not self.calendar.official.issuperset(years)

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """Every day from the start to the due date; made when asked for."""
        begin, end = self.start.toordinal(), self.date.toordinal()
        zero = self.counted_end == self.start
        lines = [Day(self.start, None, "当日办结" if zero else "起算日不计")]
        numbers = count(1)
        for ordinal in range(begin + 1, end + 1):
            day = Date.fromordinal(ordinal)
            if day > self.counted_end:
                moved = f"{self.calendar.why_off(day)}，遇放假顺延" if ordinal < end else "遇放假顺延至此日"
                lines.append(Day(day, None, moved))
            elif any(a <= ordinal <= b for a, b in self.pauses):
                lines.append(Day(day, None, "暂停期间不计"))
            elif self.unit == "natural":
                number = next(numbers)
                lines.append(Day(day, number, f"第{number}日" + self._end_note(day)))
            elif not self.calendar.is_working(day):
                lines.append(Day(day, None, self.calendar.why_off(day)))
            else:
                number = next(numbers)
                makeup = "调休上班，" if day in self.calendar.makeup else ""
                lines.append(Day(day, number, f"{makeup}第{number}个工作日"))
        return tuple(lines)

    def _end_note(self, day: Date) -> str:
        return f"，{self.calendar.why_off(day)}，遇放假顺延" if day == self.counted_end != self.date else ""


def _merged(stops: Iterable[tuple[date, date]]) -> tuple[tuple[int, int], ...]:
    """Ordered, disjoint pauses as ordinals, both ends included."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted((day_of(a).toordinal(), day_of(b).toordinal()) for a, b in stops):
        if end < begin:
            raise ValueError(f"暂停的结束 {date.fromordinal(end)} 早于开始 {date.fromordinal(begin)}")
        if merged and begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)


def add_months(day: date, months: int) -> date:
    """The same day number of the last month, or its last day (民法典 §202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
