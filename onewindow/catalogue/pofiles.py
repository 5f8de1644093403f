"""Translations as translators keep them: catalogue/en/<ITEM>.po, and common.po for what several guides say alike.

The Chinese text is its own key. When it changes it is found no more, so an old translation never stands for new words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from onewindow.catalogue import texts
from onewindow.catalogue.guide import Guide
from onewindow.kernel import clock
from onewindow.kernel.tables import Problems

LANGUAGES = ("en",)
COMMON = "common"
HEADER = "# What the guides say, in English. Terms: README.md beside this file."
Words = dict[str, str]


def folder_of(district: Path, language: str) -> Path:
    return district / "catalogue" / language


def read(district: Path, language: str, problems: Problems) -> dict[str, Words]:
    """Chinese → translation by file; what has none yet, or is marked as doubtful (fuzzy), is left out."""
    found: dict[str, Words] = {}
    for path in sorted(folder_of(district, language).glob("*.po")):
        try:
            catalogue = _opened(path)
        except (PoFileError, UnicodeDecodeError, ValueError) as error:
            problems.add(f"{language}/{path.name}", f"读不出来（{error}）")
            continue
        found[path.stem] = {
            _key(message.context, str(message.id)): str(message.string)
            for message in catalogue
            if message.id and message.string and not message.fuzzy
        }
    return found


def _opened(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, abort_invalid=True)


def _key(context: str | None, said: str) -> str:
    return f"{context}{texts.CONTEXT}{said}" if context else said


def write(district: Path, language: str, guides: Mapping[str, Guide], more: Iterable[str] = ()) -> dict[str, int]:
    """Brings the files of all translated items, and of `more`, to what the guides say now; texts without one by file.

    What a guide no longer says goes; what two of them say moves to common.po with its translation.
    """
    folder = folder_of(district, language)
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.stem: _opened(path) for path in sorted(folder.glob("*.po"))}
    known = {
        message.id: message
        for catalogue in there.values()
        for message in catalogue
        if message.string and not message.context
    }
    wanting = {}
    for name, template in _templates({code: guides[code] for code in {*there.keys() - {COMMON}, *more}}, there).items():
        catalogue = there.get(name) or _fresh(language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        for message in catalogue:
            if not message.string and message.id in known:
                message.string, message.flags = known[message.id].string, known[message.id].flags
        wanting[name] = sum(not message.string or message.fuzzy for message in catalogue if message.id)
        with (folder / f"{name}.po").open("wb") as file:
            write_po(file, catalogue, width=0, ignore_obsolete=True)
    return wanting


def written(guide: Guide, own: Words, shared: Words, language: str) -> bytes:
    """The file of one guide as it is published now, for a translator: what is shared is not asked again."""
    catalogue = _fresh(language)
    for text, place in _first_places(guide).items():
        if text not in shared:
            catalogue.add(text, own.get(text, ""), auto_comments=[place])
    for place, text in texts.texts(guide):
        if there := own.get(_key(place, text)):
            catalogue.add(text, there, context=place)
    file = BytesIO()
    write_po(file, catalogue, width=0)
    return file.getvalue()


def _fresh(language: str) -> Catalog:
    return Catalog(
        locale=language, charset="utf-8", header_comment=HEADER, fuzzy=False, project="OneWindow", version="guides",
        last_translator="", language_team="", msgid_bugs_address="", revision_date=clock.now(),
    )  # fmt: skip


def _templates(guides: Mapping[str, Guide], there: Mapping[str, Catalog]) -> dict[str, Catalog]:
    """What belongs in each file: an item's own texts, those that differ by place, and in common.po what two say."""
    said = {code: _first_places(guides[code]) for code in sorted(guides)}
    times = Counter(text for places in said.values() for text in places)
    found = {COMMON: Catalog()} | {code: Catalog() for code in said}
    for code, places in said.items():
        for text, place in places.items():
            where = found[COMMON if times[text] > 1 else code]
            if text not in where:
                where.add(text, auto_comments=[place])
        for message in there.get(code, ()):
            if message.context and (message.context, message.id) in set(texts.texts(guides[code])):
                found[code].add(message.id, context=message.context)
    return found


def _first_places(guide: Guide) -> dict[str, str]:
    """Chinese → where the guide says it first: a translator wants to know what kind of text it is."""
    found: dict[str, str] = {}
    for path, text in texts.texts(guide):
        found.setdefault(text, path)
    return found
