"""Where one stands in the application, and what the form pages need around the schema."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from onewindow.accounts import divisions
from onewindow.accounts.principal import Principal
from onewindow.cases import vault
from onewindow.cases.models import Case
from onewindow.catalogue.guide import Guide
from onewindow.kernel import forms, ledger
from onewindow.kernel.forms import FormField, FormPage, FormSchema

# Kinds a question may have: what it was answered is not asked again.
ASKED = frozenset({"choice", "number", "yes_no"})


@dataclass(frozen=True)
class Step:
    key: str
    title: str
    url: str
    here: bool
    done: bool


def progress(case: Case, here: str) -> list[Step]:
    number, guide, rows = case.number, case.guide, []
    if guide.concerns:
        rows.append(("held", "选证照", reverse("case-held", args=[number])))
    if guide.questions:
        rows.append(("questions", "先问几句", reverse("case-questions", args=[number])))
    for index, page in enumerate(guide.form.pages, 1):
        rows.append((f"form-{index}", page.title, reverse("case-form", args=[number, index])))
    rows.append(("materials", "上传材料", reverse("case-materials", args=[number])))
    rows.append(("check", "核对提交", reverse("case-check", args=[number])))
    at = [key for key, _, _ in rows].index(here)
    return [Step(key, title, url, index == at, index < at) for index, (key, title, url) in enumerate(rows)]


def first(case: Case) -> str:
    """Where a new draft begins: which certificate it is about, else the questions, unless the guide page asked them."""
    if case.guide.concerns and case.concerns_id is None:
        return reverse("case-held", args=[case.number])
    return after_certificate(case)


def after_certificate(case: Case) -> str:
    if case.guide.questions and not case.answers:
        return reverse("case-questions", args=[case.number])
    return reverse("case-form", args=[case.number, 1])


def questions_schema(guide: Guide) -> FormSchema:
    """The checklist questions as a form, so that they are drawn and read like any other."""
    fields = tuple(
        FormField(
            key=q.key, label=q.ask, kind=q.kind, choices=q.choices, unit=q.unit, min=q.min, max=q.max, hint=q.hint,
            required=False,
        )
        for q in guide.questions
    )  # fmt: skip
    return FormSchema(pages=(FormPage(title="先问几句，好知道您要带什么", fields=fields),))


def form_values(case: Case, page: int, principal: Principal) -> dict[str, Any]:
    """What was typed before, else what is known of the applicant, else what was said last time."""
    fields, values = case.guide.form.pages[page - 1].fields, dict(forms.masked(case.guide.form, case.form))
    empty = [field for field in fields if values.get(field.key) in (None, "")]
    known = prefill(case)
    if any(field.prefill and not known.get(field.prefill) for field in empty):
        known = vault.said_before(case, principal) | {key: value for key, value in known.items() if value}
    for field in empty:
        if field.key in case.answers and field.kind in {"choice", "number", "yes_no"}:
            values[field.key] = case.answers[field.key]
        elif said := known.get(field.prefill):
            # An address written down in one line has not said its division.
            values[field.key] = {"detail": said} if field.kind == "address" and isinstance(said, str) else said
    return values


def prefill(case: Case) -> dict[str, Any]:
    organisation, person = case.organisation, case.person
    agent = case.mandate.agent if case.mandate else None
    sent = {"agent.name": agent.name, "agent.number": agent.number_masked, "agent.phone": agent.phone} if agent else {}
    if organisation is not None:
        return sent | {
            "organisation.name": organisation.name, "organisation.credit_code": organisation.credit_code,
            "organisation.address": organisation.address, "organisation.phone": organisation.phone,
            "organisation.legal_representative": organisation.legal_representative,
            "person.phone": case.applicant_phone,
        }  # fmt: skip
    if person is None:
        return {}
    return sent | {
        "person.name": person.name, "person.phone": person.phone or case.applicant_phone,
        "person.number": person.number_masked, "person.address": person.address,
    }  # fmt: skip


def posted(case: Case, data: QueryDict, page: int) -> tuple[dict[str, Any], str]:
    """The page's values as typed (a mask left as it was stands for its number), and the group that asked for a row."""
    schema = case.guide.form
    more = next((name.removeprefix("_more.") for name in data if name.startswith("_more.")), "")
    keys = {field.key for field in schema.pages[page - 1].fields}
    typed = {key: value for key, value in forms.from_post(schema, data).items() if key in keys}
    return forms.restore(schema, typed, _offered_numbers(case) | case.form), more


def _offered_numbers(case: Case) -> dict[str, Any]:
    """The applicant's own number and the agent's, sealed for the form, where a field offers it."""
    known = {"person.number": case.person, "agent.number": case.mandate and case.mandate.agent}
    fields = [(field.key, known.get(field.prefill)) for field in case.guide.form.walk()]
    return {key: forms.seal_value(person.number) for key, person in fields if person}


def mark(case: Case, page: int) -> str:
    """Tells whether somebody else has saved this page since it was shown."""
    kept = {field.key: case.form.get(field.key) for field in case.guide.form.pages[page - 1].fields}
    return hashlib.sha256(ledger.canonical(kept).encode()).hexdigest()[:16]


def elsewhere(case: Case, page: int, typed: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, what is kept now) of the page's fields that were saved otherwise than typed here."""
    schema = FormSchema(pages=(case.guide.form.pages[page - 1],))
    kept, here = forms.masked(schema, case.form), forms.masked(schema, typed)
    words = forms.display_values(schema, case.form, divisions.name)
    return [(f.label, words[f.key]) for f in schema.walk() if kept.get(f.key) and kept[f.key] != here.get(f.key)]


def merge(case: Case, page: int, checked: forms.Checked) -> dict[str, Any]:
    """The form with this page's answers; where one is at fault, what was kept before stays."""
    schema = case.guide.form
    keys = {field.key for field in schema.pages[page - 1].fields}
    faulty = {place.partition(".")[0] for place in checked.errors}
    kept = {key: value for key, value in case.form.items() if key not in keys or key in faulty}
    fresh = {key: value for key, value in checked.clean.items() if key in keys and key not in faulty}
    return kept | forms.seal(schema, fresh)


def options() -> dict[str, Any]:
    return {"divisions": list(divisions.towns().items())}


def places(case: Case, problems: dict[str, str]) -> list[tuple[str, str]]:
    """(text, where to mend it) for each problem of the check page."""
    pages = {f.key: index for index, page in enumerate(case.guide.form.pages, 1) for f in page.fields}
    found = []
    for place, text in problems.items():
        kind, _, key = place.partition(":")
        if kind == "form":
            url = reverse("case-form", args=[case.number, pages.get(key.split(".")[0], 1)]) + f"#f-{key}"
        elif kind == "material":
            url = reverse("case-materials", args=[case.number]) + f"#{key}"
        elif kind == "certificate":
            url = reverse("case-held", args=[case.number])
        elif kind in {"condition", "promise"}:
            url = reverse("case-questions", args=[case.number])
        else:
            url = ""
        found.append((text, url))
    return found
