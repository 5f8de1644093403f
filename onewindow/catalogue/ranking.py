"""The index and its ranking: which items share most with a question.

An item has several names (official, short, everyday); a name scores by the rarity of what it shares with the question
and by how much of the name the question says. The best name counts, and so does what all names together explain of the
question. Then what fits better goes first: doing the same thing, for the same kind of applicant.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from onewindow.catalogue import speech
from onewindow.catalogue.question import Ear, Question, understand
from onewindow.catalogue.vocabulary import Vocabulary

NAME_MAX, TERM_MAX = 14, 6


@dataclass(frozen=True)
class Weights:
    """Found by `benchmarks/tune.py` on questions-open.csv and one half of questions-held.csv."""

    # A meaning, a sound and a verb of doing against a pair that was said and names a thing.
    meaning: float = 0.8
    sound: float = 0.6
    action: float = 0.6
    # A meaning of many characters counts as its length to this power; part of it as its share to that power.
    length: float = 0.55
    part: float = 0.25
    # How much it matters that the question says all of a name; what all names explain; parent name, papers and themes.
    coverage: float = 0.35
    whole: float = 1.0
    parent: float = 0.4
    aside: float = 0.08
    topic: float = 1.0
    everyday: float = 1.0
    # Factors for what the question is about and what is more often meant.
    same_intent: float = 1.2
    other_intent: float = 0.72
    missed_intent: float = 0.8
    not_core: float = 0.88
    intermediary: float = 0.8
    wrong_side: float = 0.9


@dataclass(frozen=True, slots=True)
class Hit:
    """`why` is the name that matched best."""

    code: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of an item; also what can be filtered by."""

    code: str
    name: str
    intents: frozenset[str]
    core: bool
    kind: str
    target: frozenset[str]
    themes: frozenset[str]
    agency: str
    agency_name: str
    levels: frozenset[str]
    depth: int


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    entry: int
    everyday: bool
    tokens: tuple[str, ...]


@dataclass(slots=True)
class _Match:
    """Of a name: what it explains at each place of the question, and how much of each of its tokens was said."""

    explained: dict[int, float] = field(default_factory=dict)
    covered: dict[str, float] = field(default_factory=dict)

    def add(self, place: int, mass: float, token: str, share: float) -> None:
        if self.explained.get(place, 0.0) < mass:
            self.explained[place] = mass
        if self.covered.get(token, 0.0) < share:
            self.covered[token] = share


class Index:
    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        vocabulary: Vocabulary,
        weights: Weights | None = None,
        said_of: dict[str, dict[str, bool]] | None = None,
    ) -> None:
        """`said_of`: everyday names the editors added to an item (True) or took from it (False)."""
        self.vocabulary, self.weights = vocabulary, weights or Weights()
        self.entries: list[Entry] = []
        self.names: list[Name] = []
        self.parents: defaultdict[str, list[int]] = defaultdict(list)
        self.aside: defaultdict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            self.entries.append(_entry(row, vocabulary))
            self.names += _names(row, number, (said_of or {}).get(row["code"], {}))
            parent = set(speech.tokens(speech.normal(row["current__body"].get("parent_name", ""))))
            for token in parent:
                self.parents[token].append(number)
            for token in set(speech.tokens(speech.normal(_aside(row)))) - parent:
                self.aside[token].append(number)
        self.numbers = {entry.code: number for number, entry in enumerate(self.entries)}
        self._weigh()
        self.ear = self._listen()

    def _weigh(self) -> None:
        """Rarity by items, not by names: an item with many names does not make its words common."""
        holders: defaultdict[str, set[int]] = defaultdict(set)
        self.postings: defaultdict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self.names):
            for token in name.tokens:
                holders[token].add(name.entry)
                self.postings[token].append(at)
        size, action, actions = len(self.entries), self.weights.action, self.vocabulary.actions
        self.rarity = {
            token: math.log(1 + size / len(items)) * (action if token in actions else 1)
            for token, items in holders.items()
        }
        self.by_sound: defaultdict[str, list[str]] = defaultdict(list)
        for token in self.rarity:
            self.by_sound[speech.sounds(token)].append(token)
        self.totals = [sum(self.rarity[token] for token in name.tokens) or 1.0 for name in self.names]

    def _listen(self) -> Ear:
        terms: dict[str, str] = {}
        for word in (*self.vocabulary.widen, *(name.text for name in self.names)):
            if 2 <= len(word) <= TERM_MAX and speech.CHINESE.fullmatch(word):
                terms.setdefault(speech.sounds(word), word)
        pieces = [name.text for name in self.names if len(name.text) <= NAME_MAX]
        abbreviations = speech.abbreviations_of([*pieces, *self.vocabulary.widen])
        spoken = {token for word in self.vocabulary.widen for token in speech.tokens(word)}
        return Ear(self.rarity.keys() | spoken, terms, abbreviations)

    def entry(self, hit: Hit) -> Entry:
        return self.entries[self.numbers[hit.code]]

    def understand(self, text: str, *, literally: bool = False) -> Question:
        return understand(text, self.vocabulary, self.ear, literally=literally)

    def rank(self, question: Question) -> list[Hit]:
        """Every item that shares anything, best first."""
        weights = self.weights
        best, whole = self._names(question)
        side = self._beside(question)
        hits = []
        for number, (score, at) in best.items():
            entry = self.entries[number]
            score += weights.whole * sum(whole[number].values()) + side[number]
            if question.topics & entry.themes:
                score += weights.topic
            hits.append(Hit(entry.code, score * self._fit(entry, question), self.names[at].text))
        hits.sort(key=lambda hit: (-hit.score, hit.code))
        return hits

    def _names(self, question: Question) -> tuple[dict[int, tuple[float, int]], dict[int, dict[int, float]]]:
        """By item: score and number of its best name; what all its names explain at each place of the question."""
        weights, matches = self.weights, self._matches(question)
        best: dict[int, tuple[float, int]] = {}
        whole: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for at, match in matches.items():
            name = self.names[at]
            said = sum(self.rarity[token] * share for token, share in match.covered.items())
            score = sum(match.explained.values()) * min(1.0, said / self.totals[at]) ** weights.coverage
            score *= weights.everyday if name.everyday else 1.0
            if name.entry not in best or score > best[name.entry][0]:
                best[name.entry] = (score, at)
            places = whole[name.entry]
            for place, mass in match.explained.items():
                if places.get(place, 0.0) < mass:
                    places[place] = mass
        return best, whole

    def _matches(self, question: Question) -> defaultdict[int, _Match]:
        matches: defaultdict[int, _Match] = defaultdict(_Match)
        for pair, place in question.pairs.items():
            if pair in self.rarity:
                for at in self.postings[pair]:
                    matches[at].add(place, self.rarity[pair], pair, 1.0)
                continue
            share = self.weights.sound
            for token in self.by_sound.get(speech.sounds(pair), ()) if not pair.startswith("e:") else ():
                for at in self.postings[token]:
                    matches[at].add(place, self.rarity[token] * share, token, share)
        for place, words in question.meant:
            for word in words:
                self._mean(matches, -1 - place, word)
        return matches

    def _mean(self, matches: defaultdict[int, _Match], place: int, word: str) -> None:
        """A word that was not said but meant: the name has it whole, or counts by its share."""
        weights = self.weights
        known = [token for token in speech.tokens(word) if token in self.rarity]
        if not known:
            return
        scale = weights.meaning * len(known) ** (weights.length - 1)
        full = sum(self.rarity[token] for token in known) * scale
        found: defaultdict[int, float] = defaultdict(float)
        for token in known:
            for at in self.postings[token]:
                found[at] += self.rarity[token] * scale
                matches[at].add(place, 0.0, token, weights.meaning)
        for at, mass in found.items():
            matches[at].add(place, mass * (mass / full) ** weights.part, known[0], 0.0)

    def _beside(self, question: Question) -> defaultdict[int, float]:
        side: defaultdict[int, float] = defaultdict(float)
        for pair in question.pairs:
            rarity = self.rarity.get(pair, 0.0)
            for numbers, weight in ((self.parents, self.weights.parent), (self.aside, self.weights.aside)):
                for number in numbers.get(pair, ()) if rarity else ():
                    side[number] += weight * rarity
        return side

    def _fit(self, entry: Entry, question: Question) -> float:
        """Doing the same thing (apply, replace, change, cancel …) for the same kind of applicant."""
        weights, factor = self.weights, 1.0
        if entry.intents & question.intents:
            factor *= weights.same_intent
        elif entry.intents:
            factor *= weights.other_intent
        elif question.intents:
            factor *= weights.missed_intent
        if not entry.core:
            factor *= weights.not_core
        if entry.kind == "中介服务":
            factor *= weights.intermediary
        if ("法人" if question.business else "自然人") not in entry.target:
            factor *= weights.wrong_side
        return factor


def _entry(row: dict[str, Any], vocabulary: Vocabulary) -> Entry:
    return Entry(
        code=row["code"],
        name=row["short_name"] or row["name"],
        intents=vocabulary.intents_of_name(row["name"]),
        core=row["core"],
        kind=row["kind"],
        target=frozenset(row["target"]),
        themes=frozenset(row["themes"]),
        agency=row["agency_id"],
        agency_name=row["agency__name"],
        levels=frozenset(row["current__body"].get("levels", ())),
        depth=row["online_depth"],
    )


def _names(row: dict[str, Any], number: int, edited: dict[str, bool]) -> list[Name]:
    """Official, short and English name, then everyday names: the guide's without what the editors took, with theirs."""
    official = [row["name"], row["short_name"], row["name_en"]]
    everyday = [name for name in row["current__body"].get("plain_names", ()) if edited.get(name, True)]
    everyday += [name for name, added in edited.items() if added]
    texts = {speech.normal(text): False for text in official if text}
    for text in everyday:
        texts.setdefault(speech.normal(text), True)
    return [Name(text, number, kind, speech.tokens(text)) for text, kind in texts.items()]


def _aside(row: dict[str, Any]) -> str:
    body = row["current__body"]
    materials = [material["name"] for material in body.get("materials", ())]
    return " ".join([row["agency__name"], *row["themes"], *materials, body.get("summary", "")])
