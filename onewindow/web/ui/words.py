"""Dates, sizes and limits in words a neighbour would use."""

from __future__ import annotations

from datetime import date, datetime

from onewindow.kernel import clock

WEEKDAYS = "一二三四五六日"


def day(value: date | datetime | None) -> str:
    """10月13日（周二）, with the year when it is not this one."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(clock.SHANGHAI).date()
    year = "" if value.year == clock.today().year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日（周{WEEKDAYS[value.weekday()]}）"


def moment(value: datetime | None) -> str:
    if value is None:
        return "—"
    local = value.astimezone(clock.SHANGHAI)
    year = "" if local.year == clock.today().year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def limit(value: object) -> str:
    """A Limit in words: 当场办结, 15 个工作日, 15 日."""
    if value is None:
        return "法律未规定"
    days, unit = value.days, value.unit  # type: ignore[attr-defined]
    if days == 0:
        return "当场办结"
    return f"{days} 个工作日" if unit == "working" else f"{days} 日（自然日）"


def due(value: date | None, working_left: int | None = None) -> str:
    """最迟 10月13日（周二），还有 4 个工作日."""
    if value is None:
        return "—"
    if working_left is None:
        return f"最迟 {day(value)}"
    if working_left < 0:
        return f"最迟 {day(value)}，已超过 {-working_left} 个工作日"
    if working_left == 0:
        return f"最迟 {day(value)}，就是今天"
    return f"最迟 {day(value)}，还有 {working_left} 个工作日"


def filesize(size: int) -> str:
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"
