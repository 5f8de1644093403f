"""From how people ask to what an item may be called: speech cleaned, widened by everyday words, cut into tokens.

The words are data (synonyms.yaml of the district); nothing here knows an item.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import rjieba
import yaml
from pypinyin import lazy_pinyin

# Weights of kinds of token: two characters, a word, the sound of two characters (catches typing errors), one character.
PAIR, WORD, SOUND, ENGLISH = 1.0, 0.5, 0.45, 1.0
ACTION = 0.5
# Sounds that Sichuan speakers and sloppy typing mix up, folded into one.
FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
CHINESE = re.compile(r"[一-鿿]+")
LATIN = re.compile(r"[a-z]{2,}")
AGE = re.compile(r"(?<!\d)(\d{1,3})(?:周?岁|了|的人|的老)")


@lru_cache(maxsize=20_000)
def sound(character: str) -> str:
    """The folded syllable of a character."""
    syllable = lazy_pinyin(character)[0]
    for long, short in FOLDS:
        if syllable.startswith(long):
            syllable = short + syllable[len(long) :]
    if syllable.startswith("n"):
        syllable = "l" + syllable[1:]
    return syllable.removesuffix("g") if syllable.endswith(("eng", "ing")) else syllable


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def tokens(text: str) -> dict[str, float]:
    """Token → weight by kind; each token once."""
    found: dict[str, float] = {}
    for run in CHINESE.findall(text):
        sounds = [sound(character) for character in run]
        for i in range(len(run) - 1):
            found[run[i : i + 2]] = PAIR
            found[f"{sounds[i]} {sounds[i + 1]}"] = SOUND
        for word in rjieba.cut(run):
            if len(word) > 2:
                found[f"w:{word}"] = WORD
    for word in re.findall(r"[a-z0-9]+", text):
        found[f"e:{word.removesuffix('s')}"] = ENGLISH
    return found


@dataclass(frozen=True)
class Vocabulary:
    """The words of synonyms.yaml."""

    # Said so → means so, put in its place (dialect, spoken forms).
    replace: dict[str, str] = field(default_factory=dict)
    # Words that say nothing about what is wanted.
    stop: tuple[str, ...] = ()
    # Everyday word → words of the catalogue.
    widen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # From this age on → words.
    ages: tuple[tuple[int, tuple[str, ...]], ...] = ()
    # What is to be done → words in the question, words in the item's name.
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # Words that show a business asks.
    business: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return cls(
            replace=dict(sorted(content["replace"].items(), key=lambda pair: -len(pair[0]))),
            stop=tuple(sorted(content["stop"], key=len, reverse=True)),
            widen={word: tuple(words) for word, words in content["widen"].items()},
            ages=tuple((entry["from"], tuple(entry["words"])) for entry in content["ages"]),
            asked={name: tuple(entry["asked"]) for name, entry in content["intents"].items()},
            named={name: tuple(entry["named"]) for name, entry in content["intents"].items()},
            business=tuple(content["business"]),
        )

    @cached_property
    def actions(self) -> frozenset[str]:
        """Tokens of what is done; with what counts more."""
        words = [word for group in (*self.asked.values(), *self.named.values()) for word in group]
        return frozenset(token for word in words for token in tokens(word))

    def weighed(self, text: str) -> dict[str, float]:
        return {token: weight * (ACTION if token in self.actions else 1) for token, weight in tokens(text).items()}

    @cached_property
    def by_sound(self) -> dict[str, list[tuple[str, int]]]:
        """Words to widen and their lengths by the sound of their first two characters."""
        found: dict[str, list[tuple[str, int]]] = {}
        for word in self.widen:
            if len(word) > 1 and CHINESE.fullmatch(word):
                found.setdefault(f"{sound(word[0])} {sound(word[1])}", []).append((word, len(word)))
        return found

    def intents_of_name(self, name: str) -> frozenset[str]:
        return frozenset(intent for intent, words in self.named.items() if any(word in name for word in words))


@dataclass(frozen=True)
class Query:
    text: str
    tokens: dict[str, float]
    intents: frozenset[str]
    business: bool


# Words that were not said themselves count less, those that only sound like what was said still less.
WIDENED, MISHEARD = 0.45, 0.5


def understand(
    text: str, vocabulary: Vocabulary, abbreviations: Mapping[str, tuple[str, ...]], known: Container[str]
) -> Query:
    """`abbreviations`: initials or full pinyin → words of the catalogue; `known`: the tokens of its names."""
    said = normal(text)
    for old, new in vocabulary.replace.items():
        said = said.replace(old, new)
    plain = said
    for word in vocabulary.stop:
        plain = plain.replace(word, " ")
    found = tokens(plain)
    extra = [word for run in LATIN.findall(said) for word in abbreviations.get(run, ())]
    extra += _ages(said, vocabulary)
    whole = f"{said} {' '.join(extra)}"
    extra += [word for key, words in vocabulary.widen.items() if key in whole for word in words]
    _add(found, extra, WIDENED)
    _add(found, _misheard(plain, vocabulary, known), MISHEARD)
    intents = frozenset(name for name, words in vocabulary.asked.items() if any(word in said for word in words))
    return Query(plain, found, intents, any(word in said for word in vocabulary.business))


def _add(found: dict[str, float], words: Iterable[str], share: float) -> None:
    for word in words:
        for token, weight in tokens(word).items():
            found[token] = max(found.get(token, 0.0), weight * share)


def _misheard(text: str, vocabulary: Vocabulary, known: Container[str]) -> Iterator[str]:
    """Everyday words that sound like something said which the catalogue does not know."""
    for run in CHINESE.findall(text):
        strange = {i for i in range(len(run) - 1) if run[i : i + 2] not in known}
        sounds = [sound(character) for character in run]
        for i in strange:
            for word, length in vocabulary.by_sound.get(f"{sounds[i]} {sounds[i + 1]}", ()):
                # Next to a known pair it is most likely just the seam of two words.
                seam = i + length < len(run) and i + length - 1 not in strange
                if not seam and [sound(character) for character in word] == sounds[i : i + length]:
                    yield from (word, *vocabulary.widen[word])


def _ages(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    for match in AGE.finditer(text):
        fitting = [words for start, words in vocabulary.ages if int(match[1]) >= start]
        yield from fitting[-1] if fitting else ()


def abbreviations_of(names: Iterable[str], longest: int = 4) -> dict[str, tuple[str, ...]]:
    """Initials and full pinyin of every piece of the names → the few most frequent pieces they may stand for."""
    counts: dict[str, int] = {}
    for name in names:
        for run in CHINESE.findall(name):
            for size in range(2, min(longest, len(run)) + 1):
                for start in range(len(run) - size + 1):
                    piece = run[start : start + size]
                    counts[piece] = counts.get(piece, 0) + 1
    found: dict[str, list[str]] = {}
    for piece in sorted(counts, key=lambda piece: -counts[piece]):
        syllables = [_plain(character) for character in piece]
        for key in ("".join(s[0] for s in syllables), "".join(syllables)):
            if len(found.setdefault(key, [])) < 4 and len(key) > 2:
                found[key].append(piece)
    return {key: tuple(pieces) for key, pieces in found.items() if pieces}


@lru_cache(maxsize=20_000)
def _plain(character: str) -> str:
    return lazy_pinyin(character)[0]
