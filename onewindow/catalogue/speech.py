"""How Chinese is written, sounded and abbreviated: what search compares. Nothing here knows a word or an item."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pypinyin import lazy_pinyin

CHINESE = re.compile(r"[一-鿿]+")
LATIN = re.compile(r"[a-z]{2,}")
WORD = re.compile(r"[a-z0-9]+")
AGE = re.compile(r"(?<!\d)(\d{1,3})(?:周?岁|了|的人|的老)")
DIGITS = "零一二三四五六七八九"
SPOKEN_AGE = re.compile(rf"(?:([{DIGITS[1:]}])?十([{DIGITS[1:]}])?|([{DIGITS[2:]}])([{DIGITS[1:]}]))(?=周?岁)")
# Sounds that Sichuan speakers and sloppy typing mix up, folded into one.
FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
# What an abbreviation may stand for: so many of the whole names up to this length, and of the pieces of these lengths
# that stand in so many names.
MEANINGS, LONGEST, SHARED, OFTEN = 4, 6, (2, 3, 4), 4


@lru_cache(maxsize=20_000)
def syllable(character: str) -> str:
    return lazy_pinyin(character)[0]


@lru_cache(maxsize=20_000)
def sound(character: str) -> str:
    """The folded syllable of a character."""
    said = syllable(character)
    for spoken, folded in FOLDS:
        if said.startswith(spoken):
            said = folded + said[len(spoken) :]
            break
    return said.removesuffix("g") if said.endswith(("eng", "ing")) else said


def sounds(text: str) -> str:
    return " ".join(sound(character) for character in text)


def normal(text: str) -> str:
    """Full-width forms, capitals and spoken ages (七十岁) as the index has them."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return SPOKEN_AGE.sub(_spelled, plain)


def _spelled(match: re.Match[str]) -> str:
    tens, ones, first, second = match.groups()
    if first:
        return f"{DIGITS.index(first)}{DIGITS.index(second)}"
    return str((DIGITS.index(tens) if tens else 1) * 10 + (DIGITS.index(ones) if ones else 0))


def pairs(text: str) -> Iterator[tuple[int, str]]:
    """Every two neighbouring characters with their place; Latin words and numbers whole, marked e:."""
    for run in CHINESE.finditer(text):
        found, start = run.group(), run.start()
        for at in range(len(found) - 1):
            yield start + at, found[at : at + 2]
    for word in WORD.finditer(text):
        yield word.start(), f"e:{word.group().removesuffix('s')}"


@lru_cache(maxsize=60_000)
def tokens(text: str) -> tuple[str, ...]:
    """The pairs of a text, each once, in order; kept, because most names stay the same from one index to the next."""
    return tuple(dict.fromkeys(pair for _, pair in pairs(text)))


def ages(text: str) -> Iterator[int]:
    for match in AGE.finditer(text):
        yield int(match[1])


def abbreviations_of(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Initials and full pinyin → the few most frequent names, or pieces that names share, they may stand for."""
    counts: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for name in names:
        for run in CHINESE.findall(name):
            if len(run) <= LONGEST:
                whole[run] += 1
            counts.update([run[at : at + size] for size in SHARED for at in range(len(run) - size + 1)])
    pieces = whole + Counter({piece: times for piece, times in counts.items() if times >= OFTEN})
    found: dict[str, list[str]] = {}
    for piece, _ in pieces.most_common():
        syllables = [syllable(character) for character in piece]
        for key in ("".join([said[0] for said in syllables]), "".join(syllables)):
            meanings = found.setdefault(key, [])
            if len(meanings) < MEANINGS and len(key) > 2:
                meanings.append(piece)
    return {key: tuple(meanings) for key, meanings in found.items() if meanings}
