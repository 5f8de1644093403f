"""Keeping the vocabulary 词库: add, change, retire; each act in the ledger, in force in every process at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import F

from onewindow.catalogue import speech
from onewindow.catalogue.models import Edition, Item, Word
from onewindow.catalogue.vocabulary import Entry
from onewindow.kernel import clock, ledger
from onewindow.kernel.tables import Problems

FILE = "synonyms.yaml"
LISTS = ("stop", "business")
MAPS = ("replace", "widen", "topics")


@transaction.atomic
def add(kind: str, word: str, means: Sequence[str], *, item: Item | None = None, by: ledger.Actor) -> Word:
    """A word that was retired comes back; one that is there gets these meanings."""
    text = speech.normal(word)
    row, fresh = Word.objects.get_or_create(kind=kind, word=text, item=item, defaults={"means": list(means)})
    _keep(row, means, retired=False, event="word.added" if fresh else "word.changed", by=by)
    return row


@transaction.atomic
def change(row: Word, means: Sequence[str], *, by: ledger.Actor) -> None:
    _keep(row, means, retired=False, event="word.changed", by=by)


@transaction.atomic
def retire(row: Word, *, by: ledger.Actor) -> None:
    """Stays as a row, so that the next loading of the files does not bring it back."""
    _keep(row, row.means, retired=True, event="word.retired", by=by)


@transaction.atomic
def retire_name(item: Item, word: str, *, by: ledger.Actor) -> None:
    """An everyday name that comes with the guide is no longer searched for this item."""
    row, _ = Word.objects.get_or_create(kind=Word.Kind.NAME, word=speech.normal(word), item=item)
    _keep(row, [], retired=True, event="word.retired", by=by)


def _keep(row: Word, means: Sequence[str], *, retired: bool, event: str, by: ledger.Actor) -> None:
    row.means, row.retired, row.edited, row.changed_at = list(means), retired, True, clock.now()
    row.save()
    new_edition()
    data: dict[str, Any] = {"kind": row.kind, "word": row.word, "means": row.means}
    ledger.record(("word", str(row.pk)), event, by=by, data=data | ({"item": row.item_id} if row.item_id else {}))


def new_edition() -> None:
    """The row stays locked until the commit, so a later number never becomes visible before an earlier one."""
    if not Edition.objects.filter(pk=1).update(number=F("number") + 1):
        Edition.objects.create(pk=1, number=1)


def entries() -> list[Entry]:
    """The vocabulary in force, without the names of items."""
    rows = Word.objects.filter(retired=False).exclude(kind=Word.Kind.NAME)
    return [(kind, word, tuple(means)) for kind, word, means in rows.values_list("kind", "word", "means")]


def names() -> dict[str, dict[str, bool]]:
    """By item: everyday names that editors added (True) or took away (False)."""
    found: dict[str, dict[str, bool]] = {}
    rows = Word.objects.filter(kind=Word.Kind.NAME).values_list("item_id", "word", "retired")
    for code, word, retired in rows:
        found.setdefault(str(code), {})[word] = not retired
    return found


def read(folder: Path, problems: Problems) -> list[Entry]:
    """The district's file as entries; what is wrong in it goes to `problems`."""
    path = folder / FILE
    if not path.exists():
        return []
    try:
        content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        found = list(_entries(content))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        problems.add(FILE, f"读不懂：{error}")
        return []
    for kind, word, _ in found:
        if not 1 <= len(word) <= 40:
            problems.add(f"{FILE} {kind}", f"“{word}”应是 1 至 40 个字")
    return found


def _entries(content: dict[str, Any]) -> Iterable[Entry]:
    for kind in LISTS:
        yield from ((kind, str(word), ()) for word in content[kind])
    yield from (("replace", str(said), (str(meant),) if meant else ()) for said, meant in content["replace"].items())
    yield from (("widen", str(word), tuple(map(str, means))) for word, means in content["widen"].items())
    yield from (("topic", str(word), tuple(map(str, means))) for word, means in content["topics"].items())
    yield from (("age", str(int(age["from"])), tuple(age["words"])) for age in content["ages"])
    for intent, words in content["intents"].items():
        for kind in ("asked", "named"):
            yield from ((kind, str(word), (intent,)) for word in words[kind])


@transaction.atomic
def store(found: Iterable[Entry]) -> int:
    """The file's words as rows; what editors touched stays theirs. How many rows were written or taken away."""
    wanted = {(kind, speech.normal(word)): list(means) for kind, word, means in found}
    there = {(row.kind, row.word): row for row in Word.objects.exclude(kind=Word.Kind.NAME)}
    fresh = [
        Word(kind=kind, word=word, means=means) for (kind, word), means in wanted.items() if (kind, word) not in there
    ]
    moved = []
    for key, row in there.items():
        if not row.edited and key in wanted and row.means != wanted[key]:
            row.means, row.changed_at = wanted[key], clock.now()
            moved.append(row)
    gone = [row.pk for key, row in there.items() if not row.edited and key not in wanted]
    Word.objects.bulk_create(fresh, batch_size=1000)
    Word.objects.bulk_update(moved, ["means", "changed_at"], batch_size=1000)
    Word.objects.filter(pk__in=gone).delete()
    if changed := len(fresh) + len(moved) + len(gone):
        new_edition()
    return changed
