"""The guide's schema as an editor sees it: every field with its Chinese name and how it is filled in.

Edit pages, differences and workbooks are made from this; a new field of the schema appears in all three by itself.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from onewindow.catalogue.guide import Guide
from onewindow.kernel.forms.schema import Said

# text: a line or several; flag: yes or no; perhaps: yes, no or not said; words: one a line; picks: some of several;
# pairs: label=key a line; part: a group of fields; rows: any number of such groups.
Kind = Literal["text", "whole", "number", "flag", "perhaps", "choice", "words", "picks", "pairs", "part", "rows"]


@dataclass(frozen=True)
class Shape:
    name: str
    said: Said
    kind: Kind
    default: Any
    required: bool
    model: type[BaseModel] | None = None

    @property
    def title(self) -> str:
        return self.said.title

    @property
    def inner(self) -> tuple[Shape, ...]:
        return shapes(self.model) if self.model else ()

    @property
    def words(self) -> dict[str, str]:
        return self.said.words

    def plain(self, value: Any) -> str:
        """A value of a simple field as people read it."""
        if value in (None, ""):
            return ""
        if self.kind in {"flag", "perhaps"}:
            return {True: "是", False: "否"}.get(value, str(value))
        if self.kind in {"words", "picks"}:
            return "\n".join(self.words.get(word, word) for word in value)
        if self.kind == "pairs":
            return "\n".join(f"{label}={key}" for label, key in _pairs(value))
        return f"{value:g}" if isinstance(value, float) else self.words.get(str(value), str(value))


def _pairs(value: Any) -> Iterable[tuple[str, str]]:
    return value.items() if isinstance(value, dict) else (tuple(pair) for pair in value)


@cache
def shapes(model: type[BaseModel]) -> tuple[Shape, ...]:
    """Of the fields that have a name for people, in the order of the schema."""
    return tuple(_shape(name, info) for name, info in model.model_fields.items() if _said(info))


def of_guide(name: str) -> Shape:
    return next(shape for shape in shapes(Guide) if shape.name == name)


def _said(info: FieldInfo) -> Said | None:
    return next((extra for extra in info.metadata if isinstance(extra, Said)), None)


def _shape(name: str, info: FieldInfo) -> Shape:
    said = _said(info)
    assert said is not None
    kind, model = _kind(info.annotation, said)
    default = None if info.default is PydanticUndefined else info.default
    return Shape(name, said, kind, default, info.is_required(), model)


def _kind(annotation: Any, said: Said) -> tuple[Kind, type[BaseModel] | None]:
    inner = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) in {Union, types.UnionType}:
        kind, model = _kind(inner[0], said)
        return ("perhaps" if kind == "flag" else kind), model
    if get_origin(annotation) is tuple:
        return _list_of(inner[0], said)
    if get_origin(annotation) is dict:
        return "pairs", None
    if get_origin(annotation) is Literal:
        return "choice", None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "part", annotation
    simple: dict[Any, Kind] = {bool: "flag", int: "whole", float: "number"}
    return simple.get(annotation, "choice" if said.words else "text"), None


def _list_of(entry: Any, said: Said) -> tuple[Kind, type[BaseModel] | None]:
    if isinstance(entry, type) and issubclass(entry, BaseModel):
        return "rows", entry
    return ("picks" if said.words else "words"), None


# What a row is called by, the first that it has.
NAMED_BY = ("name", "title", "ask", "law", "text", "label", "q", "key")


def called(row: Any) -> str:
    """A row's own name, short enough for a line."""
    if not isinstance(row, Mapping):
        return str(row)[:40]
    return next((str(row[name])[:40] for name in NAMED_BY if row.get(name)), "")


def tidy(shape: Shape, value: Any) -> Any:
    """Without what nobody filled in, as a version keeps it; None when nothing is left."""
    if shape.kind == "part":
        value = tidy_part(shape, value) if isinstance(value, Mapping) else value
    elif shape.kind == "rows" and isinstance(value, list):
        value = [tidy_part(shape, row) if isinstance(row, Mapping) else row for row in value]
    default = shape.default
    if shape.kind in {"words", "picks", "rows", "pairs"}:
        default = list(default or ())
    return None if value in (None, "", [], {}) or value == default else value


def tidy_part(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    known = {inner.name: tidy(inner, value.get(inner.name)) for inner in shape.inner}
    return {name: said for name, said in known.items() if said is not None}


def place_in_words(path: Iterable[str | int]) -> str:
    """materials, 2, name → 材料 第 3 行 材料名称."""
    words, level = [], shapes(Guide)
    for part in path:
        if isinstance(part, int) or part.isdigit():
            words.append(f"第 {int(part) + 1} 行")
            continue
        shape = next((each for each in level if each.name == part), None)
        words.append(shape.title if shape else str(part))
        level = shape.inner if shape else ()
    return " · ".join(words)
