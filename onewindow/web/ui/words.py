"""Dates, sizes, limits and names in words a neighbour would use, in the language of the page."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from onewindow.cases.actions import outside
from onewindow.kernel import clock

WEEKDAYS = "一二三四五六日"
# A run of Chinese, with the figures and marks in it but no Latin word.
HAN = r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uffe5]"
CHINESE = re.compile(f"({HAN}(?:[^A-Za-z]*{HAN})?)")
SENTENCE = re.compile(r"。|(?<=[a-z)])\.(?: |$)")


def english() -> bool:
    return get_language() == "en"


def day(value: date | datetime | None) -> str:
    """10月13日（周二） or Tue 13 Oct, with the year when it is not this one."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(clock.SHANGHAI).date()
    this_year = value.year == clock.today().year
    if english():
        return f"{value:%a} {value.day} {value:%b}{'' if this_year else f' {value.year}'}"
    return f"{'' if this_year else f'{value.year}年'}{value.month}月{value.day}日（周{WEEKDAYS[value.weekday()]}）"


def whole_day(value: date) -> str:
    """With its year whatever today is: what a certificate says is read for years."""
    return f"{value.day} {value:%b} {value.year}" if english() else f"{value.year}年{value.month}月{value.day}日"


def whole_moment(value: datetime) -> str:
    """With its year: on a paper somebody takes home."""
    local = value.astimezone(clock.SHANGHAI)
    return f"{whole_day(local.date())} {local:%H:%M}"


def moment(value: datetime | None) -> str:
    if value is None:
        return "—"
    local = value.astimezone(clock.SHANGHAI)
    this_year = local.year == clock.today().year
    if english():
        return f"{local.day} {local:%b}{'' if this_year else f' {local.year}'} {local:%H:%M}"
    return f"{'' if this_year else f'{local.year}年'}{local.month}月{local.day}日 {local:%H:%M}"


def limit(value: object) -> str:
    """A Limit in words: 当场办结, 15 个工作日, 15 日."""
    if value is None:
        return gettext("法律未规定")
    days, unit = value.days, value.unit  # type: ignore[attr-defined]
    if days == 0:
        return gettext("当场办结")
    if unit == "working":
        return ngettext("%(n)s 个工作日", "%(n)s 个工作日", days) % {"n": days}
    return ngettext("%(n)s 日（自然日）", "%(n)s 日（自然日）", days) % {"n": days}


def due(value: date | None, working_left: int | None = None) -> str:
    """最迟 10月13日（周二），还有 4 个工作日."""
    if value is None:
        return "—"
    days = abs(working_left or 0)
    if working_left is None:
        text = gettext("最迟 %(day)s")
    elif working_left < 0:
        text = ngettext("最迟 %(day)s，已超过 %(n)s 个工作日", "最迟 %(day)s，已超过 %(n)s 个工作日", days)
    elif working_left == 0:
        text = gettext("最迟 %(day)s，就是今天")
    else:
        text = ngettext("最迟 %(day)s，还有 %(n)s 个工作日", "最迟 %(day)s，还有 %(n)s 个工作日", days)
    return text % {"day": day(value), "n": days}


def filesize(size: int) -> str:
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def named(thing: Any, attribute: str = "") -> str:
    """The English name of an item or an agency on an English page, where it has one."""
    if english() and thing.name_en:
        return str(thing.name_en)
    return str(getattr(thing, attribute) if attribute else thing)


def chinese(text: object) -> str | SafeString:
    """What is in Chinese, told to screen readers on an English page: all of it, or a name in brackets."""
    said = str(text)
    if not english() or not CHINESE.search(said):
        return said
    parts = enumerate(CHINESE.split(said))
    return format_html_join("", "{}", ((_marked(part) if at % 2 else part,) for at, part in parts))


def _marked(text: str) -> SafeString:
    return format_html('<span lang="zh-Hans">{}</span>', text)


def told(text: str) -> str | SafeString:
    """A text of the district's data that the catalogue of the pages has in English; else marked as Chinese."""
    return chinese(gettext(text))


def first_sentence(text: str) -> str:
    return SENTENCE.split(text, maxsplit=1)[0]


def _district() -> str:
    return str(settings.DISTRICT_NAME_EN if english() else settings.DISTRICT_NAME)


district = lazy(_district, str)()


# What an outside system told, in words.
OUTSIDE = outside.STATUSES | outside.OUTCOMES


def stamp(text: str) -> str:
    """A time kept as ISO text."""
    return moment(datetime.fromisoformat(text))


# Colour and icon of a case's state; the word stands beside them.
STATE_LOOKS = {
    "draft": ("quiet", "pencil"), "prereview": ("lake", "eye"), "returned": ("osmanthus", "message-2-exclamation"),
    "passed": ("jade", "circle-check"), "submitted": ("lake", "send"), "received": ("lake", "inbox"),
    "reviewing": ("lake", "clipboard-text"), "deciding": ("lake", "clipboard-text"),
    "decided": ("jade", "circle-check"), "delivered": ("jade", "circle-check"), "finished": ("jade", "circle-check"),
    "correcting": ("osmanthus", "message-2-exclamation"), "paused": ("osmanthus", "player-pause"),
    "lapsed": ("quiet", "clock-x"), "terminated": ("quiet", "circle-off"), "refused": ("cinnabar", "circle-x"),
    "withdrawn": ("quiet", "arrow-back-up"), "outside": ("lake", "building-bank"),
    "forwarded": ("lake", "arrow-up-circle"),
    "outside_done": ("jade", "circle-check"),
}  # fmt: skip


def hour(value: datetime) -> str:
    """9:00."""
    return f"{value.astimezone(clock.SHANGHAI):%-H:%M}"


def hours(starts: datetime, ends: datetime) -> str:
    """9:00–9:30."""
    first, last = (moment.astimezone(clock.SHANGHAI) for moment in (starts, ends))
    return f"{first:%-H:%M}–{last:%-H:%M}"
