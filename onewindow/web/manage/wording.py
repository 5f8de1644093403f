"""What an editor typed into the vocabulary, read or refused with a sentence at its box."""

from __future__ import annotations

import re

from onewindow.catalogue import speech
from onewindow.catalogue.models import Item, Word

SPLIT = re.compile(r"[、,，|\s]+")
WORD_MAX, MEANS_MAX = 40, 20
# Kinds that say nothing without a meaning, and what the meaning is.
NEEDS = {
    Word.Kind.WIDEN: "写它等于目录里的什么词，用顿号隔开，比如“老年人优待证”。",
    Word.Kind.TOPIC: "写人们怎么说这个主题，用顿号隔开。",
    Word.Kind.AGE: "写到这个年龄的人常办什么，用顿号隔开。",
}
INTENTS = ("replace", "cancel", "change", "renew", "query", "transfer", "stop", "resume", "complain", "train",
           "appoint", "pawn")  # fmt: skip


class Refused(Exception):
    """`errors`: place → sentence."""

    def __init__(self, **errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


def read_word(kind: str, word: str) -> tuple[str, str]:
    if kind not in Word.Kind.values:
        raise Refused(kind="请选择是哪一类词。")
    if not 1 <= len(speech.normal(word)) <= WORD_MAX:
        raise Refused(word=f"请填写 1 至 {WORD_MAX} 个字。")
    if kind == Word.Kind.AGE and not (word.isdecimal() and int(word) <= 120):
        raise Refused(word="年龄请填 0 至 120 的数字。")
    if kind == Word.Kind.NAME and len(word) < 2:
        raise Refused(word="日常叫法至少两个字。")
    return kind, word


def read_means(kind: str, text: str) -> list[str]:
    means = [part for part in SPLIT.split(text.strip()) if part]
    if kind in NEEDS and not means:
        raise Refused(means=NEEDS[Word.Kind(kind)])
    if len(means) > MEANS_MAX or any(len(part) > WORD_MAX for part in means):
        raise Refused(means=f"最多 {MEANS_MAX} 个词，每个最多 {WORD_MAX} 个字。")
    if kind == Word.Kind.REPLACE and len(means) != 1:
        raise Refused(means="写一个普通话的说法，替换它。")
    if kind in (Word.Kind.ASKED, Word.Kind.NAMED) and (len(means) != 1 or means[0] not in INTENTS):
        raise Refused(means=f"写一个动作：{'、'.join(INTENTS)}。")
    return means


def read_item(text: str) -> Item:
    """By code, or by exact name."""
    found = Item.objects.filter(pk=text).first() or Item.objects.filter(name=text).first()
    if found is None:
        raise Refused(item="没有这件事项，请填写事项编号。")
    return found
