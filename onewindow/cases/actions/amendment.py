"""更正: an officer proposes, the applicant consents, and only then a field of the application says something else."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import QueryDict

from onewindow.accounts import divisions
from onewindow.cases import deadlines
from onewindow.cases.actions import guards, parties
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock, forms
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.forms import FormField
from onewindow.kernel.ledger import Actor

RUNNING = frozenset({State.SUBMITTED, State.RECEIVED, State.REVIEWING, State.DECIDING, State.PAUSED})
# What fits one box; groups and addresses are mended by a correction.
ONE_BOX = frozenset({
    "text", "long_text", "number", "date", "phone", "person_number", "credit_code", "choice", "yes_no",
})  # fmt: skip
YES_NO = {"是": "yes", "否": "no"}


def fields(case: Case) -> dict[str, FormField]:
    return {f.key: f for page in case.guide.form.pages for f in page.fields if f.kind in ONE_BOX}


def open_ones(case: Case) -> list[dict[str, Any]]:
    return [each for each in case.amendments if not each["answer"]]


@transition(
    "case.change_proposed", label="提出更正", source=RUNNING, target=None, allowed=guards.officer
)  # fmt: skip
def propose_change(case: Case, *, by: Actor, field: str, new: str, reason: str) -> dict[str, Any]:
    """Old, new and why; nothing changes before the applicant has consented."""
    known = fields(case).get(field)
    if known is None:
        raise ValueError("请选择要更正的一项。")
    if any(each["field"] == field for each in open_ones(case)):
        raise ValueError("这一项已经提出过更正，等申请人答复。")
    reason = wording(reason, least=4, otherwise="请写明为什么要更正，申请人会看到。")
    sealed = _read(case, known, new)
    if sealed == case.form.get(field):
        raise ValueError("和现在填的一样，不用更正。")
    case.amendments = [*case.amendments, {
        "id": secrets.token_hex(4), "field": field, "label": known.label, "old": case.form.get(field), "new": sealed,
        "reason": reason, "by": by.name, "at": clock.now().isoformat(), "answer": "", "how": "", "note": "",
        "answered_at": "",
    }]  # fmt: skip
    return {"told": _told(case, case.amendments[-1]), "reason": reason}


def _read(case: Case, field: FormField, typed: str) -> Any:
    """As the form keeps it, sealed where it is a personal number; ValueError says what is wrong with it."""
    said = typed.strip()
    said = next((choice.value for choice in field.choices if said in {choice.label, choice.value}), said)
    data = QueryDict(mutable=True)
    data[field.key] = YES_NO.get(said, said) if field.kind == "yes_no" else said
    schema = case.guide.form
    value = forms.from_post(schema, data).get(field.key)
    checked = forms.validate(schema, case.form | {field.key: value}, known_division=divisions.is_known)
    if fault := checked.errors.get(field.key):
        raise ValueError(f"{field.label}：{fault}")
    return forms.seal(schema, {field.key: checked.clean.get(field.key)})[field.key]


def words(case: Case, change: dict[str, Any], which: str) -> str:
    """The value as it is shown, personal numbers masked."""
    shown = forms.display_values(case.guide.form, {change["field"]: change[which]}, divisions.name)
    return shown.get(change["field"], "") or "（没有填）"


def _told(case: Case, change: dict[str, Any]) -> str:
    return f"{change['label']}：{words(case, change, 'old')} → {words(case, change, 'new')}"


@transition(
    "case.change_consented", label="同意更正", source=RUNNING, target=None, allowed=guards.applicant, writes=True
)  # fmt: skip
def consent(case: Case, *, by: Actor, change: str) -> dict[str, Any]:
    return _change(case, by, change, "申请人网上同意", "")


@transition(
    "case.change_consented_at_window", label="申请人在窗口同意更正", source=RUNNING, target=None,
    allowed=guards.witness, writes=True,
)  # fmt: skip
def consent_at_window(case: Case, *, by: Actor, change: str, note: str) -> dict[str, Any]:
    """By signature on paper; which paper stands in the row."""
    note = wording(note, least=4, otherwise="请写明申请人签名的是哪份材料，例如“更正确认书，2026年3月2日签名”。")
    return _change(case, by, change, "申请人在窗口签名同意", note)


@transition("case.change_refused", label="不同意更正", source=RUNNING, target=None, allowed=guards.applicant)
def refuse(case: Case, *, by: Actor, change: str) -> dict[str, Any]:
    answered = _answer(case, change, "refused", "申请人网上答复", "")
    return {"told": _told(case, answered)}


def _change(case: Case, by: Actor, change: str, how: str, note: str) -> dict[str, Any]:
    answered = _answer(case, change, "consented", how, note)
    if case.form.get(answered["field"]) != answered["old"]:
        raise WrongState(case, "这一项在提出更正以后已经变了，请重新提出。")
    case.form = case.form | {answered["field"]: answered["new"]}
    parties.void(case, f"“{answered['label']}”（更正）", by=by)
    deadlines.refresh(case)
    return {"told": _told(case, answered), "reason": answered["reason"], "words": f"{how}{'：' + note if note else ''}"}


def _answer(case: Case, change: str, answer: str, how: str, note: str) -> dict[str, Any]:
    found = next((each for each in open_ones(case) if each["id"] == change), None)
    if found is None:
        raise WrongState(case, "这项更正已经答复过了。")
    answered = found | {"answer": answer, "how": how, "note": note, "answered_at": clock.now().isoformat()}
    case.amendments = [answered if each["id"] == change else each for each in case.amendments]
    return answered
