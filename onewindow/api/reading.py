"""What a request may contain, so that everything that was read can also be kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import ConfigDict

from onewindow.accounts import divisions
from onewindow.api.problems import invalid, malformed
from onewindow.catalogue.checklist import read_answers
from onewindow.catalogue.guide import Guide, Question
from onewindow.kernel import forms
from onewindow.kernel.forms import SECRET_KINDS, FormField, FormSchema

ROW = "应是 JSON 对象"
# A form nests four levels: body, form, group, row, address.
DEEPEST = 12
Answers = dict[str, bool | int | float | str | None]


class Strict(Schema):
    """A body whose misspelt names are told rather than overlooked."""

    model_config = ConfigDict(extra="forbid")


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return parse(request.body)


def parse(body: bytes) -> Any:
    """JSON without NaN, infinities, NUL and half characters: none of them can be stored."""
    try:
        data = json.loads(body)
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise malformed() from error
    if "\\u0000" in text or _deeper(data, DEEPEST):
        raise malformed()
    return data


def _deeper(data: Any, levels: int) -> bool:
    """Bodies nested so far that reading them step by step would run out of stack."""
    layer = [data]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(layer)


def typed_answers(guide: Guide, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The checklist's answers; None is "not answered", anything impossible is told."""
    read = read_answers(guide, raw)
    asked = {question.key: question for question in guide.questions}
    wrong = [key for key, value in raw.items() if value is not None and key not in read]
    if wrong:
        raise invalid((f"answers:{key}", _possible(asked.get(key))) for key in wrong)
    return read


def _possible(question: Question | None) -> str:
    if question is None:
        return "这个事项没有问这个问题"
    if question.kind == "yes_no":
        return "应是 true 或 false"
    if question.kind == "choice":
        return "只能是 " + "、".join(choice.value for choice in question.choices)
    low, high = (f"{limit:g}" if limit is not None else "" for limit in (question.min, question.max))
    return f"应是 {low}–{high} 之间的数" if low or high else "应是数字"


def sealed_form(schema: FormSchema, typed: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it may be kept: checked as a draft, numbers sealed; a mask stands for the number it hides."""
    faults = _misshapen(schema.walk(), typed)
    if not faults:
        restored = forms.restore(schema, typed, kept)
        checked = forms.validate(schema, restored, partial=True, known_division=divisions.is_known)
        faults = checked.errors
    if faults:
        raise invalid((f"form:{place}", text) for place, text in faults.items())
    return forms.seal(schema, checked.clean)


def _misshapen(fields: Iterable[FormField], typed: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Rows that are no objects, and personal numbers that are: only the program itself makes sealed values."""
    found = {}
    for field in fields:
        value = typed.get(field.key)
        if field.kind in SECRET_KINDS and isinstance(value, Mapping):
            found[prefix + field.key] = f"{field.label}应是文字"
        if field.kind == "group" and isinstance(value, list):
            for index, row in enumerate(value):
                place = f"{prefix}{field.key}.{index}"
                found |= _misshapen(field.fields, row, f"{place}.") if isinstance(row, Mapping) else {place: ROW}
    return found
