"""The words of a guide apart from its rules: what a translator gets, and the same guide said in other words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from onewindow.catalogue.afterwards import Discretion, Standing
from onewindow.catalogue.guide import (
    Condition,
    Contacts,
    Faq,
    Fee,
    Guide,
    Mail,
    Material,
    Online,
    Place,
    Provenance,
    Question,
    Remedies,
    Result,
    Situation,
    Visits,
)
from onewindow.catalogue.procedure import CheckPoint, Citation, CoApplicant, Limit, Outside, Promise, Step  # fmt: skip
from onewindow.kernel.forms.schema import Choice, FormField, FormPage

M = TypeVar("M", bound=BaseModel)
Path = tuple[str, ...]
# What is said to people. Names stay (an item has `name_en`), and so does the text of a law: only the Chinese is law.
SPOKEN: dict[type[BaseModel], frozenset[str]] = {
    Guide: frozenset({
        "summary", "division", "entrusted", "joint", "quota", "refusals", "appointment", "fee_note", "rights", "duties",
        "intermediary",
    }),
    Citation: frozenset({"law", "article"}),
    Question: frozenset({"ask", "unit", "hint"}),
    Choice: frozenset({"label", "hint"}),
    Condition: frozenset({"text", "unmet"}),
    CoApplicant: frozenset({"label", "why"}),
    Situation: frozenset({"title"}),
    Material: frozenset({"name", "why", "issuer", "where", "standard", "size", "note"}),
    Limit: frozenset({"note"}),
    CheckPoint: frozenset({"text", "standard"}),
    Outside: frozenset({"name", "operator", "track"}),
    Step: frozenset({"name", "performer", "description"}),
    Fee: frozenset({"name", "standard", "basis", "waiver"}),
    Result: frozenset({"name", "note"}),
    Promise: frozenset({"terms", "consequences"}),
    Faq: frozenset({"q", "a"}),
    Place: frozenset({"name", "address", "hours", "transit"}),
    Contacts: frozenset({"consult", "complain"}),
    Remedies: frozenset({"reconsideration", "suit"}),
    Visits: frozenset({"reason"}),
    Online: frozenset({"why_not"}),
    Mail: frozenset({"address", "note"}),
    FormPage: frozenset({"title", "intro"}),
    FormField: frozenset({"label", "hint", "placeholder", "unit", "pattern_hint"}),
    # The note is for the agency that checks the guide.
    Discretion: frozenset({"title", "amount", "unit"}),
    Standing: frozenset({"text", "conditions"}),
    Provenance: frozenset({"source"}),
}  # fmt: skip
# Between a path and the Chinese, where one text needs another translation at that place (gettext's own sign).
CONTEXT = "\x04"
# What a program asks about by these very words.
FREE = "不收费。"
HAN = re.compile(r"[\u4e00-\u9fff]")
ARTICLE = re.compile(r"第([零一二三四五六七八九十百千\d]+)(条|款|项|章)")
PART = {"条": "art. {}", "款": "para. {}", "项": "item {}", "章": "chapter {}"}
JOINS = {"、": ", ", "至": " to ", "和": " and ", "附件": "annex, "}
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"十": 10, "百": 100, "千": 1000}


def texts(guide: Guide) -> Iterator[tuple[str, str]]:
    """(path, Chinese) of everything a translator is asked for, in the order of the guide."""
    found: list[tuple[str, str]] = []

    def note(path: Path, said: str) -> str:
        if not article(said):
            found.append((".".join(path), said))
        return said

    _said(guide, (), note)
    yield from found


def told(guide: Guide, words: Callable[[str, str], str]) -> Guide:
    """The guide with every text as `words(path, Chinese)` says it; nothing else of it changes."""
    return _said(guide, (), lambda path, said: article(said) or words(".".join(path), said))


@dataclass(frozen=True)
class Spoken:
    """A guide in another language, and how far that goes."""

    guide: Guide
    texts: int
    # Chinese texts without a translation.
    missing: tuple[str, ...]
    # Chinese texts that were translated and are said no more: the guide has changed since.
    obsolete: tuple[str, ...]

    def says(self, said: str) -> bool:
        """Whether a text of the guide is in the language, not in Chinese."""
        return said not in self.missing

    @property
    def share(self) -> float:
        return 1 - len(self.missing) / self.texts if self.texts else 1.0


def say(guide: Guide, own: Mapping[str, str], shared: Mapping[str, str]) -> Spoken:
    """The guide in the words of its translation, else in those that several guides share, else in Chinese."""
    missing: dict[str, None] = {}

    def words(path: str, said: str) -> str:
        found = own.get(f"{path}{CONTEXT}{said}") or own.get(said) or shared.get(said)
        if found is None:
            missing[said] = None
        return found or said

    spoken = told(guide, words)
    said = {text for _, text in texts(guide)}
    obsolete = tuple(text for key in own if (text := key.rpartition(CONTEXT)[2]) not in said)
    return Spoken(spoken, len(said), tuple(missing), obsolete)


def _said(model: M, path: Path, say: Callable[[Path, str], str]) -> M:
    spoken = SPOKEN.get(type(model), frozenset())
    changes: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            changes[name] = _said(value, (*path, name), say)
        elif isinstance(value, tuple):
            changes[name] = tuple(
                _said(each, (*path, name, _called(each, at)), say)
                if isinstance(each, BaseModel)
                else _text(each, (*path, name, str(at)), say) if name in spoken else each
                for at, each in enumerate(value)
            )  # fmt: skip
        elif name in spoken:
            changes[name] = _text(value, (*path, name), say)
    return model.model_copy(update=changes)


def _text(value: Any, path: Path, say: Callable[[Path, str], str]) -> Any:
    return say(path, value) if isinstance(value, str) and value != FREE and HAN.search(value) else value


def _called(model: BaseModel, at: int) -> str:
    """A row's own key where it has one: its place may change."""
    return str(getattr(model, "key", None) or getattr(model, "value", None) or at)


def article(said: str) -> str:
    """第十四条第二款 → art. 14, para. 2; nothing where it says more than numbers."""
    found = ARTICLE.sub(lambda part: f"{PART[part[2]].format(_number(part[1]))};", said)
    for chinese, english in JOINS.items():
        found = found.replace(f";{chinese}", english).replace(chinese, english)
    return "" if found == said or HAN.search(found) else found.rstrip(";").replace(";", ", ")


def _number(digits: str) -> int:
    """十四 → 14, 一百零五 → 105."""
    if digits.isdigit():
        return int(digits)
    total = last = 0
    for digit in digits:
        value = DIGITS[digit]
        if value < 10:
            last = value
        else:
            total, last = total + (last or 1) * value, 0
    return total + last
