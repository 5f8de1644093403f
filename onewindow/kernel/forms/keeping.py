"""How answers are kept and shown: personal numbers sealed, choices in words, dates in 年月日."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from onewindow.kernel import secrecy
from onewindow.kernel.forms.schema import SECRET_KINDS, FormField, FormSchema

PURPOSE = "form"


def seal_value(number: str) -> dict[str, str]:
    return {
        "cipher": secrecy.encrypt(number, purpose=PURPOSE),
        "masked": secrecy.mask_number(number),
        "index": secrecy.index(number, purpose="person"),
    }


def unseal(value: Mapping[str, str]) -> str:
    """The full number; the caller has asked for permission and reason and writes the ledger row."""
    return secrecy.decrypt(value["cipher"], purpose=PURPOSE)


def seal(schema: FormSchema, clean: Mapping[str, Any]) -> dict[str, Any]:
    """Personal numbers become {cipher, masked, index}; those sealed before stay as they are."""
    fields = {field.key: field for field in schema.walk()}
    return {key: _seal(fields[key], value) for key, value in clean.items()}


def _seal(field: FormField, value: Any) -> Any:
    if field.kind == "group":
        subs = {sub.key: sub for sub in field.fields}
        return [{key: _seal(subs[key], each) for key, each in row.items()} for row in value]
    if field.kind not in SECRET_KINDS or isinstance(value, Mapping):
        return value
    return seal_value(value)


def masked(schema: FormSchema, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What may stand in a page: every sealed value as its mask."""
    return {field.key: _masked(field, stored[field.key]) for field in schema.walk() if field.key in stored}


def _masked(field: FormField, value: Any) -> Any:
    if field.kind == "group" and isinstance(value, list):
        return [{sub.key: _masked(sub, row[sub.key]) for sub in field.fields if sub.key in row} for row in value]
    if field.kind in SECRET_KINDS and isinstance(value, Mapping):
        return value.get("masked", "")
    return value


def restore(schema: FormSchema, typed: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values where an untouched mask stands for the sealed value it came from."""
    fields = {field.key: field for field in schema.walk()}
    return {key: _restore(fields.get(key), value, stored.get(key)) for key, value in typed.items()}


def _restore(field: FormField | None, value: Any, kept: Any) -> Any:
    if field is None:
        return value
    if field.kind == "group" and isinstance(value, list):
        return [_restore_row(field, row, kept or []) for row in value]
    if field.kind in SECRET_KINDS and isinstance(kept, Mapping) and value == kept.get("masked"):
        return kept
    return value


def _restore_row(group: FormField, row: Mapping[str, Any], kept: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows may have been dropped: a mask is looked for in all of them, and typed again if it fits two numbers."""
    restored = dict(row)
    for key in (sub.key for sub in group.fields if sub.kind in SECRET_KINDS and isinstance(row.get(sub.key), str)):
        fitting = {each[key]["index"]: each[key] for each in kept if key in each and each[key]["masked"] == row[key]}
        if len(fitting) == 1:
            restored[key] = next(iter(fitting.values()))
    return restored


NameOf = Callable[[str], str]


def _same(code: str) -> str:
    return code


def plain(number: float) -> str:
    """All its digits, and no .0."""
    return str(int(number)) if number == int(number) else str(number)


def say(field: FormField, value: Any, division_name: NameOf = _same) -> str:
    """One answer in words."""
    if value in (None, "", []):
        return ""
    labels = {option.value: option.label for option in field.choices}
    if field.kind == "yes_no":
        return "是" if value in (True, "yes") else "否"
    if field.kind == "choice":
        return labels.get(value, str(value))
    if field.kind == "choices":
        return "、".join(labels.get(each, str(each)) for each in value)
    if field.kind == "date":
        year, month, day = str(value).split("-")
        return f"{year}年{int(month)}月{int(day)}日"
    if field.kind == "number":
        return f"{plain(value)}{field.unit}"
    if field.kind == "address":
        return f"{division_name(value.get('division', ''))} {value.get('detail', '')}".strip()
    if field.kind == "group":
        rows = ("，".join(filter(None, (_pair(sub, row, division_name) for sub in field.fields))) for row in value)
        return "\n".join(f"{index}. {row}" for index, row in enumerate(rows, 1))
    if field.kind in SECRET_KINDS and isinstance(value, Mapping):
        return str(value.get("masked", ""))
    if field.kind == "file":
        return f"{len(value)} 个文件"
    return str(value)


def _pair(field: FormField, row: Mapping[str, Any], division_name: NameOf) -> str:
    said = say(field, row.get(field.key), division_name)
    return f"{field.label}：{said}" if said else ""


def display_places(
    schema: FormSchema, stored: Mapping[str, Any], division_name: NameOf = _same
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Per page: (place, label, words) of every field that was asked."""
    from onewindow.kernel.forms.answers import is_shown

    return [
        (
            page.title,
            [
                (field.key, field.label, say(field, stored.get(field.key), division_name))
                for field in page.fields
                if field.key in stored or is_shown(field, stored)
            ],
        )
        for page in schema.pages
    ]


def display(
    schema: FormSchema, stored: Mapping[str, Any], division_name: NameOf = _same
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per page: (label, words), for check-your-answers and printing."""
    pages = display_places(schema, stored, division_name)
    return [(title, [(label, text) for _, label, text in rows]) for title, rows in pages]


def display_values(schema: FormSchema, stored: Mapping[str, Any], division_name: NameOf = _same) -> dict[str, str]:
    return {field.key: say(field, stored.get(field.key), division_name) for field in schema.walk()}


class Change(NamedTuple):
    key: str
    label: str
    old: str
    new: str


def changes(schema: FormSchema, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What differs, in words (masked numbers differ by their index)."""
    found: Iterable[Change] = (
        Change(field.key, field.label, say(field, old.get(field.key)), say(field, new.get(field.key)))
        for field in schema.walk()
        if comparable(old.get(field.key)) != comparable(new.get(field.key))
    )
    return list(found)


def comparable(value: Any) -> Any:
    """A kept value without what differs each time it is sealed."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, Mapping):
        return value["index"] if "index" in value else {key: comparable(part) for key, part in value.items()}
    return value
