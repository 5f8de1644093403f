"""Two states of a guide, field by field: what was added, taken out, changed, with the words that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import rjieba

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.shape import Shape, called, shapes

Content = Mapping[str, Any]
# A piece of a text, and whether the other side lacks it.
Pieces = list[tuple[str, bool]]
NOT_COMPARED = {"code", "updated"}


@dataclass(frozen=True)
class Change:
    how: Literal["changed", "added", "removed", "moved"]
    path: tuple[str | int, ...]
    label: str
    before: Pieces
    after: Pieces

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def part(self) -> str:
        """The field of the guide it belongs to."""
        return str(self.path[0])


def compare(before: Content, after: Content) -> list[Change]:
    """Both in the shape of `ItemVersion.body`, also when a draft is not valid."""
    found: list[Change] = []
    for shape in shapes(Guide):
        if shape.name not in NOT_COMPARED:
            found += _compare(shape, before.get(shape.name), after.get(shape.name), (shape.name,), shape.title)
    return found


def _compare(shape: Shape, old: Any, new: Any, path: tuple[str | int, ...], label: str) -> Iterator[Change]:
    if shape.kind == "part":
        yield from _parts(shape, old, new, path, label)
    elif shape.kind == "rows":
        yield from _rows(shape, list(old or ()), list(new or ()), path, label)
    else:
        default = shape.default if shape.kind not in {"flag"} else bool(shape.default)
        before, after = (shape.plain(default if value is None else value) for value in (old, new))
        if before != after:
            yield Change("changed", path, label, *words(before, after))


def _parts(shape: Shape, old: Any, new: Any, path: tuple[str | int, ...], label: str) -> Iterator[Change]:
    before = old if isinstance(old, Mapping) else {}
    after = new if isinstance(new, Mapping) else {}
    for inner in shape.inner:
        place, name = (*path, inner.name), f"{label} · {inner.title}"
        yield from _compare(inner, before.get(inner.name), after.get(inner.name), place, name)


def _rows(shape: Shape, old: list[Any], new: list[Any], path: tuple[str | int, ...], label: str) -> Iterator[Change]:
    pairs = _pairs(old, new)
    kept = [j for j in pairs if j is not None]
    for i, j in enumerate(pairs):
        if j is None:
            yield Change("added", (*path, i), f"{label}：{called(new[i])}", [], [(text(shape, new[i]), True)])
            continue
        yield from _parts(shape, old[j], new[i], (*path, i), f"{label} · {called(new[i]) or f'第 {i + 1} 行'}")
    if kept != sorted(kept):
        order = ["、".join(called(rows[j]) for j in where) for rows, where in ((old, sorted(kept)), (old, kept))]
        yield Change("moved", path, f"{label}的顺序", *words(*order))
    for j in range(len(old)):
        if j not in kept:
            yield Change("removed", path, f"{label}：{called(old[j])}", [(text(shape, old[j]), True)], [])


def _pairs(old: list[Any], new: list[Any]) -> list[int | None]:
    """For each new row the old row it comes from: of the same name, else the unclaimed one at its place."""
    names: dict[str, list[int]] = {}
    for j, row in enumerate(old):
        names.setdefault(_name(row), []).append(j)
    found: list[int | None] = [names[_name(row)].pop(0) if names.get(_name(row)) else None for row in new]
    free = {j for left in names.values() for j in left}
    for i, row in enumerate(new):
        if found[i] is None and i in free and "key" not in row:
            found[i] = i
            free.discard(i)
    return found


def _name(row: Any) -> str:
    return str(row.get("key") or called(row)) + called(row) * ("post" in row) if isinstance(row, Mapping) else str(row)


def text(shape: Shape, row: Any) -> str:
    """A whole row in lines of name and value."""
    if not isinstance(row, Mapping):
        return str(row)
    lines = []
    for inner in shape.inner:
        value = row.get(inner.name)
        if value in (None, "", [], {}):
            continue
        if inner.kind == "rows":
            lines.append(f"{inner.title}：{'、'.join(called(each) for each in value)}")
        elif inner.kind != "part":
            lines.append(f"{inner.title}：{inner.plain(value)}")
    return "\n".join(lines)


def words(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Cut into words, so that a changed word is seen as one."""
    old, new = rjieba.cut(before), rjieba.cut(after)
    left: Pieces = []
    right: Pieces = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if a < b:
            left.append(("".join(old[a:b]), how != "equal"))
        if c < d:
            right.append(("".join(new[c:d]), how != "equal"))
    return left, right
