"""What a guide must satisfy beyond its schema: names that refer to each other, and conditions that can be evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from onewindow.catalogue.guide import Guide
from onewindow.kernel import conditions
from onewindow.kernel.forms.schema import FormField

# Where in the document something is wrong, and what.
Path = tuple[str | int, ...]
Finding = tuple[Path, str]
COMPARED = re.compile(r"\b([a-z][a-z0-9_]*) *[!=]= *(['\"])(.*?)\2")


def findings(guide: Guide) -> Iterator[Finding]:
    yield from _repeated(guide)
    yield from _expressions(guide)
    yield from _questions(guide)
    fields = {field.key for field in guide.form.walk()}
    for label, key in guide.result.shows.items():
        if key not in fields:
            yield ("result", "shows", label), f"表单里没有字段“{key}”"
    if guide.concerns:
        yield from _concerned(guide, fields)
    if guide.discretion:
        yield from _standard(guide, fields | {question.key for question in guide.questions})
    if guide.result.holder and guide.result.holder not in fields:
        yield ("result", "holder"), f"表单里没有字段“{guide.result.holder}”"


def _fields(guide: Guide) -> Iterator[tuple[Path, FormField]]:
    for p, page in enumerate(guide.form.pages):
        for f, field in enumerate(page.fields):
            path: Path = ("form", "pages", p, "fields", f)
            yield path, field
            yield from (((*path, "fields", i), inner) for i, inner in enumerate(field.fields))


def _repeated(guide: Guide) -> Iterator[Finding]:
    lists: dict[str, Iterable[tuple[Path, str]]] = {
        name: [((name, i), entry.key) for i, entry in enumerate(getattr(guide, name))]
        for name in ("questions", "conditions", "situations", "materials", "parties")
    }
    # A case may be reviewed in several steps; every other stage happens once.
    lists["steps"] = [(("steps", i), step.key) for i, step in enumerate(guide.steps) if step.key != "review"]
    lists["form"] = [(path, field.key) for path, field in _fields(guide) if len(path) == 5]
    for entries in lists.values():
        seen: set[str] = set()
        for path, key in entries:
            if key in seen:
                yield (*path, "key"), f"“{key}”重复"
            seen.add(key)


def _written(guide: Guide) -> Iterator[tuple[Path, str]]:
    for i, condition in enumerate(guide.conditions):
        yield ("conditions", i, "when"), condition.when
    for i, situation in enumerate(guide.situations):
        yield ("situations", i, "when"), situation.when
    for i, material in enumerate(guide.materials):
        yield ("materials", i, "needed_when"), material.needed_when
    for i, party in enumerate(guide.parties):
        yield ("parties", i, "when"), party.when
    yield ("promise", "when"), guide.promise.when
    yield ("scrutiny", "visit_when"), guide.scrutiny.visit_when
    for path, field in _fields(guide):
        yield (*path, "shown_when"), field.shown_when


def _expressions(guide: Guide) -> Iterator[Finding]:
    known = {question.key for question in guide.questions} | {field.key for _, field in _fields(guide)}
    choices = {entry.key: {choice.value for choice in entry.choices} for _, entry in _fields(guide) if entry.choices}
    choices |= {
        question.key: {choice.value for choice in question.choices} for question in guide.questions if question.choices
    }
    for path, expression in _written(guide):
        if not expression:
            continue
        for fault in conditions.check(expression, known):
            yield path, fault
        for name, _, value in COMPARED.findall(expression):
            if name in choices and value not in choices[name]:
                yield path, f"“{name}”没有选项“{value}”"


def _questions(guide: Guide) -> Iterator[Finding]:
    for i, question in enumerate(guide.questions):
        if question.kind == "choice" and len(question.choices) < 2:
            yield ("questions", i, "choices"), "至少要有两个选项"


def _concerned(guide: Guide, fields: set[str]) -> Iterator[Finding]:
    assert guide.concerns is not None
    names, result = guide.concerns.certificates, guide.result
    if guide.concerns.act != "cancel" and result.name not in names:
        yield ("result", "name"), f"换发的证照要和原证同名：{'、'.join(names)}"
    for key in guide.concerns.fills.keys() - fields:
        yield ("concerns", "fills", key), f"表单里没有字段“{key}”"


def _standard(guide: Guide, known: set[str]) -> Iterator[Finding]:
    """A standard that cannot be evaluated, or leaves facts without an answer, decides nothing."""
    standard = guide.discretion
    assert standard is not None
    factors = {factor.key: {choice.value for choice in factor.choices} for factor in standard.factors}
    for i, row in enumerate(standard.rows):
        for fault in conditions.check(row.when, known | factors.keys()):
            yield ("discretion", "rows", i, "when"), fault
        for name, _, value in COMPARED.findall(row.when):
            if factors.get(name) and value not in factors[name]:
                yield ("discretion", "rows", i, "when"), f"“{name}”没有选项“{value}”"
        if "conditional" in row.outcomes and not row.conditions:
            yield ("discretion", "rows", i, "conditions"), "可以附条件准予的，要写明附款"
        if (row.least is None) != (row.most is None) or (row.least or 0) > (row.most or 0):
            yield ("discretion", "rows", i, "most"), "幅度的上限和下限要一起写，下限不能高于上限"
    if standard.rows[-1].when:
        yield ("discretion", "rows", len(standard.rows) - 1, "when"), "最后一个情形要留空，写其他情形怎么办"
    if standard.validity and guide.result.kind != "certificate":
        yield ("discretion", "validity"), "办理结果不是证照，没有有效期"
