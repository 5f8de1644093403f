"""Search by what people call things. The index lives in the process, and is built again when a version is published
or the vocabulary changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from django.db import connection

from onewindow.catalogue import speech, words
from onewindow.catalogue.models import Item
from onewindow.catalogue.question import Question
from onewindow.catalogue.ranking import Entry, Hit, Index
from onewindow.catalogue.vocabulary import Vocabulary

READ_MAX = 200
# Below this share of what a word that only one item has would weigh, no hit is an answer; found by looking at nonsense.
POOR = 0.9
COLUMNS = (
    "code", "name", "short_name", "name_en", "kind", "core", "target", "themes", "agency_id", "agency__name",
    "online_depth", "current__body",
)  # fmt: skip
MARK = """
SELECT coalesce((SELECT max(id) FROM catalogue_itemversion), 0),
       coalesce((SELECT number FROM catalogue_edition WHERE id = 1), 0)
"""
Mark = tuple[int, int]
_kept: tuple[Mark, Index] | None = None
_building = Lock()


@dataclass(frozen=True)
class Filters:
    """What the found items must have; empty means any."""

    who: str = ""
    theme: str = ""
    agency: str = ""
    level: str = ""
    # At least this depth 网办深度, 1–5.
    online: int = 0
    # What is to be done; "" is the plain application, None any.
    doing: str | None = None

    def admit(self, entry: Entry) -> bool:
        return (
            (not self.who or self.who in entry.target)
            and (not self.theme or self.theme in entry.themes)
            and (not self.agency or self.agency == entry.agency)
            and (not self.level or self.level in entry.levels)
            and entry.depth >= self.online
            and (self.doing is None or (self.doing in entry.intents if self.doing else not entry.intents))
        )


@dataclass(frozen=True)
class Answer:
    """`hits` passed the filters; `everything` is what was found before them."""

    question: Question
    hits: list[Hit]
    everything: list[Hit]
    index: Index

    @property
    def poor(self) -> bool:
        rarest = math.log(1 + len(self.index.entries))
        return not self.everything or self.everything[0].score < POOR * rarest

    def entry(self, hit: Hit) -> Entry:
        return self.index.entry(hit)


ANY = Filters()


def index() -> Index:
    """The index of the newest version and edition; one small query tells whether it is still the one kept."""
    global _kept
    mark = _mark()
    if _kept is None or _kept[0] != mark:
        # While one thread builds, the others go on with the index they have.
        if not _building.acquire(blocking=_kept is None):
            assert _kept is not None
            return _kept[1]
        try:
            if _kept is None or _kept[0] != mark:
                _kept = (mark, _build())
        finally:
            _building.release()
    return _kept[1]


def _mark() -> Mark:
    with connection.cursor() as cursor:
        cursor.execute(MARK)
        newest, edition = cursor.fetchone()
    return newest, edition


def _build() -> Index:
    rows = Item.objects.filter(current__isnull=False).values(*COLUMNS)
    return Index(rows, Vocabulary.of(words.entries()), said_of=words.names())


def answer(text: str, filters: Filters = ANY, *, literally: bool = False) -> Answer:
    """At most the first 200 characters are read; `literally` takes nothing for a typing error."""
    current = index()
    question = current.understand(text[:READ_MAX], literally=literally)
    found = current.rank(question)
    hits = found if filters == ANY else [hit for hit in found if filters.admit(current.entry(hit))]
    return Answer(question, hits, found, current)


def search(text: str, limit: int = 10) -> list[Hit]:
    """The items most likely meant, best first."""
    return answer(text).hits[:limit]


def suggest(prefix: str, limit: int = 8) -> list[Hit]:
    """Names that begin with, then those that contain, what has been typed so far (characters, pinyin or initials)."""
    typed = speech.normal(prefix).strip()[:40]
    if not typed:
        return []
    current = index()
    pieces = (typed, *current.ear.abbreviations.get(typed, ()))
    found: dict[int, tuple[float, str]] = {}
    for at, place in _holding(current, pieces):
        name = current.names[at]
        entry = current.entries[name.entry]
        score = (2 if place == 0 else 1) * (1.15 if name.everyday else 1) / (1 + len(name.text) / 20)
        score *= (1 if entry.core else 0.9) * (0.8 if entry.intents else 1)
        found[name.entry] = max(found.get(name.entry, (0.0, "")), (score, name.text))
    ranked = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))[:limit]
    hits = [Hit(current.entries[number].code, round(score, 2), text) for number, (score, text) in ranked]
    # A sentence is in no name: then what the search itself would find.
    return hits or current.rank(current.understand(typed))[:limit]


def _holding(current: Index, pieces: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Names that hold one of the pieces, and where."""
    for at, name in enumerate(current.names):
        place = min((found for piece in pieces if (found := name.text.find(piece)) >= 0), default=-1)
        if place >= 0:
            yield at, place
