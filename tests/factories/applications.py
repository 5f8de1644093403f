"""Applications filled in whole, for any item, out of its own guide: what a person would answer, write and hand in."""

from __future__ import annotations

import secrets
from itertools import product
from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import parties, readiness
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case, Party
from onewindow.catalogue.checklist import checklist
from onewindow.catalogue.guide import Guide, Question
from onewindow.catalogue.procedure import CoApplicant
from onewindow.documents.models import File
from onewindow.kernel import clock, forms
from onewindow.kernel.forms.answers import is_shown
from tests.factories.accounts import PersonFactory

SAMPLES: dict[str, Any] = {
    "text": "示例", "long_text": "示例内容", "number": 1, "date": "2020-01-06", "yes_no": True,
    "person_number": "510125195603128624", "credit_code": "91510114MA62000018", "phone": "13880001234",
    "address": {"division": "510114001000", "detail": "香城大道1号"},
}  # fmt: skip


def fill(case: Case, by: Principal, *, lacking: bool = False) -> Case:
    """The draft made whole by its applicant: answers and form that meet every condition, then the papers.

    `lacking`: without those that may come later or be promised.
    """
    guide = case.guide
    answers, form = fitting(guide, case.answers)
    drafts.save_answers(case, answers, by=by)
    drafts.save_form(case, forms.seal(guide.form, form), by=by)
    found = readiness.check(case)
    keys = [place.removeprefix("material:") for place in found.problems if place.startswith("material:")]
    later = [] if lacking else [paper.key for paper in (*found.offer.gaps, *found.offer.proofs)]
    for key in dict.fromkeys([*keys, *later]):
        drafts.add_paper(case, key, picture(by), by=by)
    for need in parties.needed(case, readiness.variables(case)):
        joined(case, need)
    readiness.ensure(case)
    if case.channel != Case.Channel.DESK:
        # As chosen on the check page: 同意电子送达.
        case.service = {"way": "online"}
        Case.objects.filter(pk=case.pk).update(service=case.service)
    return case


def joined(case: Case, need: CoApplicant) -> None:
    """Those who apply together, all confirmed."""
    for nth in range(need.count):
        person = PersonFactory(name=f"共同申请人{nth + 1}")
        Party.objects.create(
            case=case, need=need.key, label=need.label, name=person.name, person=person, joined_at=clock.now(),
            confirmed_at=clock.now(), confirmed_how="online", agreed=True,
        )  # fmt: skip


def picture(by: Principal) -> File:
    return File.objects.create(
        name="材料.jpg", mime="image/jpeg", size=1, sha256=secrets.token_hex(32), owner=by.key, scan=File.Scan.CLEAN
    )


def written(guide: Guide, answers: dict[str, Any]) -> forms.Checked:
    """The form, saying the same as the answers where it asks the same."""
    facts: dict[str, Any] = {}
    for field in guide.form.walk():
        if is_shown(field, facts):
            facts[field.key] = answers.get(field.key, _value(field))
    return forms.validate(guide.form, facts)


def _value(field: forms.FormField) -> Any:
    if field.kind == "choice":
        return field.choices[0].value
    if field.kind == "choices":
        return [field.choices[0].value]
    if field.kind == "number":
        return max(field.min or 0, min(field.max or 100, 100))
    if field.kind == "date" and field.when == "future":
        return "2099-01-06"
    if field.kind == "group":
        return [{sub.key: _value(sub) for sub in field.fields}]
    return SAMPLES[field.kind]


def fitting(guide: Guide, given: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first answers, and the form with them, under which no condition fails."""
    keys = [question.key for question in guide.questions]
    for values in product(*map(_possible, guide.questions)):
        answers = dict(zip(keys, values, strict=True)) | (given or {})
        form = written(guide, answers)
        if form.is_valid and checklist(guide, answers | form.clean).answer != "not_met":
            return answers, form.clean
    raise AssertionError(f"no answers fit {guide.code}")


def _possible(question: Question) -> list[Any]:
    if question.kind == "yes_no":
        return [True, False]
    if question.kind == "choice":
        return [choice.value for choice in question.choices]
    return [min(85, question.max or 85), question.min or 0, question.max or 1000]
