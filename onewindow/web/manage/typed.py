"""A posted edit page as content of a draft, and what its buttons do with rows. Nothing typed is refused or lost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from onewindow.catalogue.drafting import without_blank
from onewindow.catalogue.shape import Shape, called, tidy
from onewindow.web.manage.sections import Section

# Rows of rows of rows; no guide has more.
DEEPEST = 12
MOST_ROWS = 200
VERBS = re.compile(r"(add|remove|up|down):([a-z_0-9.]{1,120})")


def read(section: Section, post: QueryDict) -> dict[str, Any]:
    """Rows left blank go on the next saving; a button names rows by their place, so until then they stay."""
    values = {shape.name: tidy(shape, _read(shape, shape.name, post)) for shape in section.shapes}
    return values if VERBS.fullmatch(post.get("_do", "")) else without_blank(values)


def fields(shapes: Iterable[Shape], post: QueryDict) -> dict[str, Any]:
    """A form of any schema: what was left blank is left out, so that the schema's default holds."""
    found = {shape.name: _read(shape, shape.name, post) for shape in shapes}
    return {name: said for name, said in found.items() if said not in (None, "", [])}


def _read(shape: Shape, place: str, post: QueryDict) -> Any:
    if shape.kind == "part":
        return _part(shape, place, post)
    if shape.kind == "rows":
        return [_part(shape, f"{place}.{index}", post) for index in _indexes(place, post)]
    if shape.kind == "flag":
        return place in post
    if shape.kind == "picks":
        return post.getlist(place)
    text = post.get(place, "").replace("\r\n", "\n").strip()
    if shape.kind == "words":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if shape.kind == "pairs":
        lines = (line.replace("＝", "=").partition("=") for line in text.splitlines() if line.strip())
        return [[label.strip(), key.strip()] for label, _, key in lines]
    if shape.kind == "perhaps":
        return {"yes": True, "no": False}.get(text)
    return _number(text, whole=shape.kind == "whole") if shape.kind in {"whole", "number"} else text


def _part(shape: Shape, place: str, post: QueryDict) -> dict[str, Any]:
    if place.count(".") > DEEPEST:
        return {}
    return {inner.name: _read(inner, f"{place}.{inner.name}", post) for inner in shape.inner}


def _indexes(place: str, post: QueryDict) -> list[int]:
    found = {name[len(place) + 1 :].partition(".")[0] for name in post if name.startswith(f"{place}.")}
    return sorted(int(index) for index in found if index.isascii() and index.isdigit() and len(index) < 5)[:MOST_ROWS]


def _number(text: str, *, whole: bool) -> int | float | str | None:
    """What is no number stays as typed: the draft shows it with its fault."""
    if not text:
        return None
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        return text
    # JSON in PostgreSQL has no infinity.
    return number if len(text) < 20 and math.isfinite(number) else text


def act(section: Section, values: dict[str, Any], button: str) -> tuple[str, dict[str, Any]]:
    """Do with the rows what the button says; where to look afterwards, and what was taken out."""
    match = VERBS.fullmatch(button)
    verb, place = match.groups() if match else ("", "")
    if not _holds_rows(section, place if verb == "add" else place.rpartition(".")[0]):
        return "", {}
    if verb == "add":
        rows = _rows(values, place, make=True)
        if rows is not None and len(rows) < MOST_ROWS:
            rows.append({})
            return f"{place}.{len(rows) - 1}", {}
        return place, {}
    where, _, index = place.rpartition(".")
    rows, at = _rows(values, where), int(index) if index.isdigit() else -1
    if rows is None or not 0 <= at < len(rows):
        return where, {}
    if verb == "remove":
        row = rows.pop(at)
        return where, {"place": where, "at": at, "row": row, "called": called(row) or f"第 {at + 1} 行"}
    to = at - 1 if verb == "up" else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
        return f"{where}.{to}", {}
    return place, {}


def _holds_rows(section: Section, place: str) -> bool:
    """Rows of this page: an address typed by hand reaches nothing else."""
    level, kind = tuple(section.shapes), ""
    for part in place.split("."):
        if part.isdigit():
            continue
        shape = next((each for each in level if each.name == part), None)
        if shape is None:
            return False
        level, kind = shape.inner, shape.kind
    return kind == "rows" and not place[-1].isdigit()


def put_back(values: dict[str, Any], removed: Mapping[str, Any]) -> str:
    rows = _rows(values, removed["place"], make=True)
    if rows is None:
        return ""
    rows.insert(removed["at"], removed["row"])
    return f"{removed['place']}.{min(removed['at'], len(rows) - 1)}"


def _rows(values: dict[str, Any], place: str, *, make: bool = False) -> list[Any] | None:
    """The list at the place; one that was empty is made."""
    node: Any = values
    *road, last = place.split(".")
    for part in road:
        if isinstance(node, list):
            node = node[int(part)] if part.isdigit() and int(part) < len(node) else None
        elif isinstance(node, dict):
            node = node.setdefault(part, {}) if make and node.get(part) is None else node.get(part)
    if not isinstance(node, dict):
        return None
    if make and not node.get(last):
        node[last] = []
    found = node.get(last)
    return found if isinstance(found, list) else None
