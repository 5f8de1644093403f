"""Search by what people call things. The index lives in the process and is rebuilt when a version is published.

An item has several names (official, short, everyday); the best one counts. A name scores by the rarity of what it
shares with the question and by how much of the name the question says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from django.db.models import Max

from onewindow.catalogue import speech
from onewindow.catalogue.models import Item, ItemVersion

# How much a kind of name counts, and how much it matters that the question says all of it.
OFFICIAL, SHORT, PLAIN, ENGLISH = 1.0, 1.0, 1.25, 0.8
COVERAGE = 0.65
WHOLE, ASIDE = 0.7, 0.04
# Factors for what the question is about (Vocabulary.asked) and what is more often meant.
SAME_INTENT, OTHER_INTENT, MISSED_INTENT = 1.2, 0.72, 0.9
NOT_CORE, INTERMEDIARY, WRONG_SIDE = 0.95, 0.8, 0.9


@dataclass(frozen=True, slots=True)
class Hit:
    """`why` is the name that matched best."""

    code: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of an item."""

    code: str
    name: str
    factor: float
    intents: frozenset[str]
    person: bool
    business: bool


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    entry: int
    weight: float
    total: float


class Index:
    def __init__(self, rows: Iterable[dict[str, Any]], vocabulary: speech.Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.entries: list[Entry] = []
        named: list[tuple[str, int, float, dict[str, float]]] = []
        aside: list[tuple[int, set[str]]] = []
        for number, row in enumerate(rows):
            self.entries.append(_entry(row, vocabulary))
            named += [(text, number, weight, vocabulary.weighed(speech.normal(text))) for text, weight in _names(row)]
            aside.append((number, set(speech.tokens(speech.normal(_aside(row))))))
        self._weigh(named)
        self.aside: defaultdict[str, list[int]] = defaultdict(list)
        for number, tokens in aside:
            for token in tokens & self.rarity.keys():
                self.aside[token].append(number)
        pieces = [name.text for name in self.names if len(name.text) <= 14]
        self.abbreviations = speech.abbreviations_of([*pieces, *vocabulary.widen])

    def _weigh(self, named: list[tuple[str, int, float, dict[str, float]]]) -> None:
        """Rarity by items, not by names: an item with many names does not make its words common."""
        holders: defaultdict[str, set[int]] = defaultdict(set)
        for _, number, _, tokens in named:
            for token in tokens:
                holders[token].add(number)
        size = len(self.entries)
        self.rarity = {token: math.log(1 + size / len(items)) for token, items in holders.items()}
        self.names: list[Name] = []
        self.postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for text, number, weight, tokens in named:
            weights = {token: kind * self.rarity[token] for token, kind in tokens.items()}
            for token, value in weights.items():
                self.postings[token].append((len(self.names), value))
            self.names.append(Name(text, number, weight, sum(weights.values()) or 1.0))

    def search(self, text: str, limit: int) -> list[Hit]:
        query = speech.understand(text, self.vocabulary, self.abbreviations, self.rarity)
        side: defaultdict[int, float] = defaultdict(float)
        for token in query.tokens:
            for number in self.aside.get(token, ()):
                side[number] += self.rarity[token]
        hits = []
        for number, (score, whole, why) in self._names(query).items():
            entry = self.entries[number]
            score += WHOLE * whole + ASIDE * side[number]
            hits.append((score * entry.factor * _fit(entry, query), entry.code, why))
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        return [Hit(code, round(score, 2), why) for score, code, why in hits[:limit]]

    def _names(self, query: speech.Query) -> dict[int, tuple[float, float, str]]:
        """By entry: the score of its best name, what all its names together share with the question, that name."""
        matched: defaultdict[int, float] = defaultdict(float)
        whole: defaultdict[int, float] = defaultdict(float)
        for token, weight in query.tokens.items():
            share = min(1.0, weight / _kind(token))
            holders = set()
            for at, value in self.postings.get(token, ()):
                matched[at] += value * share
                holders.add(self.names[at].entry)
            for number in holders:
                whole[number] += weight * self.rarity[token]
        found: dict[int, tuple[float, float, str]] = {}
        for at, value in matched.items():
            name = self.names[at]
            score = name.weight * value * (value / name.total) ** COVERAGE
            if name.entry not in found or score > found[name.entry][0]:
                found[name.entry] = (score, whole[name.entry], name.text)
        return found


def _kind(token: str) -> float:
    if token.startswith("w:"):
        return speech.WORD
    return speech.SOUND if " " in token else speech.PAIR


def _fit(entry: Entry, query: speech.Query) -> float:
    """Doing the same thing (apply, replace, change, cancel …) with the same thing."""
    factor = 1.0
    if entry.intents & query.intents:
        factor *= SAME_INTENT
    elif entry.intents:
        factor *= OTHER_INTENT
    elif query.intents:
        factor *= MISSED_INTENT
    if (query.business and not entry.business) or (not query.business and not entry.person):
        factor *= WRONG_SIDE
    return factor


def _entry(row: dict[str, Any], vocabulary: speech.Vocabulary) -> Entry:
    factor = (1.0 if row["core"] else NOT_CORE) * (INTERMEDIARY if row["kind"] == "中介服务" else 1.0)
    target = row["target"]
    return Entry(
        code=row["code"],
        name=row["short_name"] or row["name"],
        factor=factor,
        intents=vocabulary.intents_of_name(row["name"]),
        person="自然人" in target,
        business="法人" in target,
    )


def _names(row: dict[str, Any]) -> list[tuple[str, float]]:
    body = row["current__body"]
    names = [(row["name"], OFFICIAL), (row["short_name"], SHORT), (row["name_en"], ENGLISH)]
    names += [(name, PLAIN) for name in body.get("plain_names", ())]
    return [(name, weight) for name, weight in names if name]


def _aside(row: dict[str, Any]) -> str:
    body = row["current__body"]
    materials = [material["name"] for material in body.get("materials", ())]
    return " ".join(
        [body.get("parent_name", ""), row["agency__name"], *row["themes"], *materials, body.get("summary", "")]
    )


_kept: tuple[int, Index] | None = None
_building = Lock()


def index() -> Index:
    """The index of the newest published version; one small query tells whether it is still the one kept."""
    global _kept
    newest = ItemVersion.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if _kept is None or _kept[0] != newest:
        # While one thread builds, the others go on with the index they have.
        if not _building.acquire(blocking=_kept is None):
            assert _kept is not None
            return _kept[1]
        try:
            if _kept is None or _kept[0] != newest:
                _kept = (newest, _build())
        finally:
            _building.release()
    return _kept[1]


def _build() -> Index:
    columns = (
        "code",
        "name",
        "short_name",
        "name_en",
        "kind",
        "core",
        "target",
        "themes",
        "agency__name",
        "current__body",
    )
    rows = Item.objects.filter(current__isnull=False).values(*columns)
    return Index(rows, speech.Vocabulary.read(settings.DATA_DIR / "synonyms.yaml"))


def search(text: str, limit: int = 10) -> list[Hit]:
    """The items most likely meant, best first; at most the first 200 characters are read."""
    return index().search(text[:200], limit)


def suggest(prefix: str, limit: int = 8) -> list[Hit]:
    """Names that begin with, then those that contain, what has been typed so far (characters, pinyin or initials)."""
    typed = speech.normal(prefix).strip()[:40]
    if not typed:
        return []
    current = index()
    pieces = (typed, *current.abbreviations.get(typed, ()))
    found: dict[int, tuple[float, str]] = {}
    for name in current.names:
        place = min((at for piece in pieces if (at := name.text.lower().find(piece)) >= 0), default=-1)
        if place >= 0:
            entry = current.entries[name.entry]
            score = name.weight * entry.factor * (2 if place == 0 else 1) / (1 + len(name.text) / 20)
            found[name.entry] = max(found.get(name.entry, (0.0, "")), (score, name.text))
    ranked = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))[:limit]
    return [Hit(current.entries[number].code, round(score, 2), text) for number, (score, text) in ranked]
