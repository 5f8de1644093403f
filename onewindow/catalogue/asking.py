"""Asking one question back when several answers are as likely: derived from what separates them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from onewindow.catalogue.ranking import Entry
from onewindow.catalogue.search import Answer, Filters

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# As likely as the first: at least this share of its score, among the first few. Of variants of one licence less is
# enough: the plain application goes first, but who said no more than its name may mean any of them.
CLOSE, RELATED, LOOKED_AT, CHOICES = 0.9, 0.5, 6, 4
# What is done, in the order and words a window asks; the empty intent is the plain application.
DOINGS = {
    "": _("新办"), "renew": _("延续、换证"), "change": _("变更"), "replace": _("补办"), "transfer": _("转移"),
    "cancel": _("注销"), "stop": _("停业"), "resume": _("恢复"),
}  # fmt: skip
ACTS = re.compile(r"[（(].*?[）)]|新办|核发|审批|办理|登记|申领|申请|备案|许可证|许可|证书|执业|注册|发放|设立|配发|证")


@dataclass(frozen=True)
class Choice:
    """`field`, `value`: the filter that answers so."""

    words: StrPromise | str
    field: str
    value: str


@dataclass(frozen=True)
class Ask:
    question: StrPromise | str
    choices: tuple[Choice, ...]


def ask(answer: Answer, filters: Filters) -> Ask | None:
    """None when the first hit is clearly ahead, or nothing a person could say would part the first ones."""
    near = [hit for hit in answer.hits[:LOOKED_AT] if hit.score >= RELATED * answer.hits[0].score]
    entries = [answer.entry(hit) for hit in near]
    if len(entries) < 2:
        return None
    close = [answer.entry(hit) for hit in near if hit.score >= CLOSE * near[0].score]
    return _doing(answer, entries, filters) or (_who(close, filters) or _about(close, filters) if close[1:] else None)


def _who(entries: list[Entry], filters: Filters) -> Ask | None:
    sides = {("自然人" in entry.target, "法人" in entry.target) for entry in entries}
    if filters.who or not {(True, False), (False, True)} <= sides:
        return None
    return Ask(
        _("给谁办？"), (Choice(_("本人或家里人"), "who", "自然人"), Choice(_("公司、店铺等单位"), "who", "法人"))
    )


def _doing(answer: Answer, entries: list[Entry], filters: Filters) -> Ask | None:
    """Variants of one licence: new, renewed, changed, lost, given up."""
    first, said = entries[0], answer.question.intents
    if filters.doing is not None or said or len({_stem(answer, entry) for entry in entries[:2]}) > 1:
        return None
    stem = _stem(answer, first)
    family = [entry for entry in answer.index.entries if _stem(answer, entry) == stem]
    found = {intent for entry in family for intent in (entry.intents or {""})}
    choices = tuple(Choice(word, "do", intent or "new") for intent, word in DOINGS.items() if intent in found)
    return Ask(_("要办哪一种？"), choices[:CHOICES]) if len(choices) > 1 else None


def _stem(answer: Answer, entry: Entry) -> str:
    name = entry.name
    for word in answer.index.vocabulary.named:
        name = name.replace(word, "")
    return ACTS.sub("", name)


def _about(entries: list[Entry], filters: Filters) -> Ask | None:
    if filters.theme or entries[0].themes & entries[1].themes:
        return None
    themes = dict.fromkeys(min(entry.themes) for entry in entries if entry.themes)
    choices = tuple(Choice(_(theme), "theme", theme) for theme in islice(themes, CHOICES))
    return Ask(_("是哪方面的事？"), choices) if len(choices) > 1 else None
