"""Guides in the language of the page: translations in the database, and versions that speak them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import get_language

from onewindow.catalogue import pofiles
from onewindow.catalogue.models import GuideTranslation, Item, ItemVersion
from onewindow.catalogue.texts import Spoken, say
from onewindow.kernel import ledger
from onewindow.kernel.tables import Problems

Found = dict[tuple[str, str], pofiles.Words]
# Parsed guides in other words, by version and the digests of what they were said with.
_spoken: dict[tuple[int, str, str], Spoken] = {}


def read(folder: Path, codes: set[str], problems: Problems) -> Found:
    """Words by language and item ("" for what several say alike)."""
    found: Found = {}
    for language in pofiles.LANGUAGES:
        for name, words in pofiles.read(folder, language, problems).items():
            if name != pofiles.COMMON and name not in codes:
                problems.add(f"{language}/{name}.po", f"没有编号为“{name}”的事项")
            found[language, "" if name == pofiles.COMMON else name] = words
    return found


def store(found: Found) -> int:
    """How many files differ from what the database has; what has no file any more goes. Needs a transaction."""
    rows = GuideTranslation.objects.defer("texts")
    there = {(row.language, row.item_id or ""): row for row in rows}
    GuideTranslation.objects.filter(pk__in=[there[key].pk for key in there.keys() - found.keys()]).delete()
    written = 0
    for (language, code), words in found.items():
        digest = hashlib.sha256(ledger.canonical(words).encode()).hexdigest()
        if (language, code) in there and there[language, code].digest == digest:
            continue
        GuideTranslation.objects.update_or_create(
            language=language, item_id=code or None, defaults={"texts": words, "digest": digest}
        )
        written += 1
    return written


def speak(versions: Iterable[ItemVersion], language: str | None = None) -> None:
    """From here on the guides of these versions say what they say in the language of the page: for showing only.

    One query for any number of versions, none on a Chinese page.
    """
    language = language or get_language()
    if language not in pofiles.LANGUAGES:
        return
    shown = list(versions)
    known = _digests([version.item_id for version in shown], language)
    lacking = [version for version in shown if _key(version, known) not in _spoken]
    words = _words([version.item_id for version in lacking], language) if lacking else {}
    if len(_spoken) > 4000:
        _spoken.clear()
    for version in lacking:
        _spoken[_key(version, known)] = say(version.guide, words.get(version.item_id, {}), words.get("", {}))
    for version in shown:
        version.spoken = _spoken[_key(version, known)]
        version.guide = version.spoken.guide


def speaking(items: Iterable[Item]) -> list[Item]:
    """The items, their current guides in the language of the page."""
    found = list(items)
    speak(item.current for item in found if item.current)
    return found


def _key(version: ItemVersion, known: Mapping[str, str]) -> tuple[int, str, str]:
    return version.pk, known.get(version.item_id, ""), known.get("", "")


def _digests(codes: list[str], language: str) -> dict[str, str]:
    rows = GuideTranslation.objects.of(codes, language).values_list("item_id", "digest")
    return {code or "": digest for code, digest in rows}


def _words(codes: list[str], language: str) -> dict[str, pofiles.Words]:
    rows = GuideTranslation.objects.of(codes, language).values_list("item_id", "texts")
    return {code or "": words for code, words in rows}


@dataclass(frozen=True)
class Coverage:
    """How much of an item's current guide has a translation."""

    item: Item
    spoken: Spoken


def words_of(item: Item, language: str) -> tuple[pofiles.Words, pofiles.Words]:
    """The item's own, and what several guides say alike."""
    words = _words([item.code], language)
    return words.get(item.code, {}), words.get("", {})


def spoken(item: Item, language: str) -> Spoken:
    return say(item.guide, *words_of(item, language))


def coverage(language: str) -> list[Coverage]:
    """Of every item somebody has begun to translate."""
    items = Item.objects.filter(translations__language=language, current__isnull=False)
    items = items.select_related("current", "agency")
    found = list(items.order_by("code"))
    words = _words([item.code for item in found], language)
    return [Coverage(item, say(item.guide, words[item.code], words.get("", {}))) for item in found]
