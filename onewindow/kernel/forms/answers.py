"""Answers checked against a schema: one function for pages, desk and API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from onewindow.kernel.conditions import Answer, evaluate
from onewindow.kernel.forms.kinds import Problem, read
from onewindow.kernel.forms.schema import FormField, FormSchema

KnownDivision = Callable[[str], bool]


@dataclass
class Checked:
    """`clean` holds what may be kept; `errors` names each place ("name", "members.0.name") with what to do."""

    clean: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return not self.errors


def any_division(code: str) -> bool:
    return code.isdigit() and len(code) == 12


def from_post(schema: FormSchema, data: QueryDict | Mapping[str, Any]) -> dict[str, Any]:
    """The shape the API speaks, out of HTML names: `key`, `key.division`, `key.0.sub`, several values of one name."""
    return _collect(schema.walk(), data, "")


def _collect(fields: Iterable[FormField], data: QueryDict | Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields:
        name = prefix + each.key
        if each.kind in {"choices", "file"}:
            values = data.getlist(name) if isinstance(data, QueryDict) else data.get(name, [])
            found[each.key] = [value for value in values if value]
        elif each.kind == "address":
            found[each.key] = {"division": data.get(f"{name}.division", ""), "detail": data.get(f"{name}.detail", "")}
        elif each.kind == "group":
            rows = sorted({row for key in data if (row := _row(key, name)) is not None})
            taken = [_collect(each.fields, data, f"{name}.{row}.") for row in rows]
            found[each.key] = [row for row in taken if not _is_empty(row)]
        elif name in data:
            found[each.key] = data[name]
    return found


def _row(key: str, group: str) -> int | None:
    head, _, rest = key.partition(f"{group}.")
    number = rest.partition(".")[0]
    return int(number) if not head and number.isdecimal() and len(number) < 4 else None


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(each) for each in value.values())
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == []


def validate(
    schema: FormSchema,
    data: Mapping[str, Any],
    *,
    page: int | None = None,
    partial: bool = False,
    known_division: KnownDivision = any_division,
) -> Checked:
    """Check all pages, or the one with the index `page`. `partial` lets required fields wait (a draft by the API).

    A hidden field (`shown_when` not met or not yet decidable from the right answers before it) is neither asked nor
    kept. A sealed personal number is passed through as it is.
    """
    checked, elsewhere = Checked(), Checked()
    facts: dict[str, Any] = {}
    for index, form_page in enumerate(schema.pages):
        for each in form_page.fields:
            _check(each, data, facts, checked if page in (None, index) else elsewhere, partial, known_division)
    unknown = set(data) - {each.key for each in schema.walk()}
    checked.errors |= {key: "这张表里没有这一项" for key in sorted(unknown)}
    return checked


def is_shown(each: FormField, facts: Mapping[str, Any]) -> bool:
    return not each.shown_when or evaluate(each.shown_when, facts).answer is Answer.MET


def _check(
    each: FormField,
    data: Mapping[str, Any],
    facts: dict[str, Any],
    checked: Checked,
    partial: bool,
    known: KnownDivision,
) -> None:
    if not is_shown(each, facts):
        return
    value = data.get(each.key)
    if _is_empty(value):
        if each.required and not partial and (each.kind != "group" or each.min_items > 0):
            checked.errors[each.key] = _please(each)
        return
    if each.kind == "group":
        _check_group(each, value, facts, checked, partial, known)
        return
    try:
        checked.clean[each.key] = facts[each.key] = read(each, value, known)
    except Problem as problem:
        checked.errors[each.key] = str(problem)


def _please(each: FormField) -> str:
    chosen = {"choice", "choices", "yes_no", "address"}
    verb = "请选择" if each.kind in chosen else "请上传" if each.kind == "file" else "请填写"
    return f"{verb}：{each.label}" if each.label.endswith(("？", "?")) else f"{verb}{each.label}"


def _check_group(
    each: FormField, rows: Any, facts: dict[str, Any], checked: Checked, partial: bool, known: KnownDivision
) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        checked.errors[each.key] = f"{each.label}的格式不对"
        return
    if len(rows) < each.min_items and not partial:
        checked.errors[each.key] = f"{each.label}至少要填 {each.min_items} 项"
    if len(rows) > each.max_items:
        checked.errors[each.key] = f"{each.label}最多填 {each.max_items} 项"
    kept = []
    for index, row in enumerate(rows):
        inner, within = Checked(), dict(facts)
        for sub in each.fields:
            _check(sub, row, within, inner, partial, known)
        kept.append(inner.clean)
        row_name = f"{each.label}第 {index + 1} 项："
        checked.errors |= {f"{each.key}.{index}.{key}": row_name + text for key, text in inner.errors.items()}
    checked.clean[each.key] = facts[each.key] = kept
