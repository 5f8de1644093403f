"""补正: everything that is missing told at once; the whole set handed in starts the organ's days anew."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from onewindow.accounts import divisions
from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, notices, readiness
from onewindow.cases.actions import drafts, gap, guards, intake
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.documents.models import File
from onewindow.kernel import clock, forms, ledger
from onewindow.kernel.flow import FASTER, Stale, WrongState, transition
from onewindow.kernel.ledger import Actor

NOT_NEW = (
    "“{}”在第一次告知以后没有新交、没有改过，不能再要求补正：第一次就应当一次告知全部内容（行政许可法第三十二条）。"
    "需要核实的，受理后在审查中核实。"
)


@transition(
    "case.correction_asked", label="告知补正", source={State.SUBMITTED, State.RECEIVED}, target=State.CORRECTING,
    allowed=guards.clerk_here,
)  # fmt: skip
def ask_for_corrections(case: Case, *, by: Actor, remarks: list[dict[str, str]], why_again: str = "") -> dict[str, Any]:
    """补正告知: one notice with all defects and the standard each paper must meet (行政许可法 §32(4)).

    A second one only for what the new papers themselves brought up: it stands at one of them, and says so.
    """
    if deadlines.is_silent(case):
        raise ValueError("告知补正的期限已过，依法视为受理，不能再要求补正。请受理，需要核实的在审查中核实。")
    if not remarks:
        raise ValueError("请在要补正的每一处写清缺什么、怎么改；要一次写全，以后不能再另提。")
    again = bool(case.corrections)
    why_again = wording(
        why_again, least=6 * again, otherwise="已经告知过一次补正。再次告知只能针对新交的材料带来的问题，请写明是什么。"
    )
    if again:
        _ensure_new(case, remarks)
    remarks, nth = intake.remark_on(case, remarks)
    asked = {
        "asked_at": clock.now().isoformat(), "items": remarks, "why_again": why_again, "answered_at": "",
        "days": case.guide.intake.answer_days, "stood": {key: _mark(value) for key, value in case.form.items()},
    }  # fmt: skip
    case.corrections = [*case.corrections, asked]
    case.state = State.CORRECTING
    deadlines.refresh(case)
    facts: dict[str, Any] = {
        "remarks": intake.labelled(case, remarks), "why_again": why_again,
        "answer_by": case.due_on.isoformat() if case.due_on else "",
    }  # fmt: skip
    return {
        "remarks": remarks,
        "why_again": why_again,
        "paper": notices.paper(case, "correction", by=by, nth=nth, **facts),
    }


def places_again(case: Case) -> set[str] | None:
    """Where a second notice may still ask for something: papers handed in, and answers changed, since the first.

    None while there has been none: then anything may be asked for.
    """
    if not case.corrections:
        return None
    first = case.corrections[0]
    since, stood = datetime.fromisoformat(first["asked_at"]), first.get("stood", {})
    fresh = case.papers.filter(added_at__gt=since, removed_at__isnull=True).values_list("material", flat=True)
    changed = {key for key, value in case.form.items() if stood.get(key) != _mark(value)}
    return {f"material:{key}" for key in fresh} | {f"form:{key}" for key in changed}


def _ensure_new(case: Case, remarks: list[dict[str, str]]) -> None:
    allowed = places_again(case)
    old = [remark for remark in remarks if allowed is not None and remark["on"] not in allowed]
    if old:
        raise ValueError(NOT_NEW.format("、".join(each["on"] for each in intake.labelled(case, old))))


def _mark(value: Any) -> str:
    """Whether it was changed, without keeping what it was."""
    return hashlib.sha256(ledger.canonical(forms.comparable(value)).encode()).hexdigest()[:16]


@transition(
    "case.corrected", label="提交补正", source={State.CORRECTING}, target=State.RECEIVED, allowed=guards.mender,
    tone="primary",
)  # fmt: skip
def hand_in_corrections(case: Case, *, by: Actor, present: str = "", changes: Sequence[str] = ()) -> dict[str, Any]:
    """补正完毕: the day the whole set is in is the day acceptance will be dated (§32(5)).

    `present`: who stood at the window with it, where a clerk writes it down; `changes` of the form, in words.
    """
    if not present and not guards.applicant(case, by):
        raise ValueError("请先核对来人的身份证件。")
    promised = Promised(bool(case.gaps), case.by_promise, frozenset(case.promise.get("proofs", ())))
    readiness.ensure(case, for_prereview=True, promised=promised)
    gap.settle(case)
    now = clock.now()
    case.corrections = [*case.corrections[:-1], case.corrections[-1] | {"answered_at": now.isoformat()}]
    case.complete_at = now
    case.received_at = case.received_at or now
    case.state = State.RECEIVED
    deadlines.refresh(case)
    nth = len(case.corrections) + 1
    said = {"who": present, "told": "；".join(changes), "changes": list(changes)} if present else {}
    return said | {"paper": notices.paper(case, "receipt", by=by, nth=nth, papers=notices.handed_in(case))}


@dataclass(frozen=True)
class Brought:
    """What somebody has with them at the window: papers seen, scans of them, and the (sealed) form as it becomes."""

    present: str
    papers: Sequence[str] = ()
    scans: Mapping[str, Sequence[File]] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    # The paper the applicant signed, where an answer of the form was changed; how a general remark was met.
    signed: str = ""
    general: str = ""


@transaction.atomic
def take_in(case: Case, *, by: Principal, brought: Brought, seen: int | None = None) -> Case:
    """补正在窗口交: who cannot or will not do it online is taken in, papers and answers, each change with a trace."""
    if brought.present not in intake.PRESENT:
        raise ValueError("请先核对来人的身份证件。")
    if seen is not None and seen != case.revision:
        raise Stale(case, FASTER)
    asked_of_all = any(remark["on"] == "" for remark in case.open_remarks)
    for key in brought.papers:
        drafts.see_paper(case, key, "original", by=by)
    for key, files in brought.scans.items():
        for file in files:
            drafts.add_paper(case, key, file, by=by, at_window=True)
    changes = _changed_by_hand(case, brought, by)
    if asked_of_all:
        changes.append(wording(brought.general, least=4, otherwise="请写明对整份申请的要求是怎么补的，至少四个字。"))
        drafts.answer_general(case, by=by)
    return hand_in_corrections(case, by=by, present=intake.PRESENT[brought.present], changes=changes)


take_in.transition = hand_in_corrections.transition  # type: ignore[attr-defined]


def _changed_by_hand(case: Case, brought: Brought, by: Principal) -> list[str]:
    """Old and new, numbers masked; only what the applicant signed for (更正要申请人同意)."""
    schema, before = case.guide.form, case.form
    changed = forms.changes(schema, before, brought.form) if brought.form else []
    if not changed:
        return []
    signed = wording(brought.signed, least=4, otherwise="改了申请表的，请写明申请人在哪份材料上签名确认。")
    old, new = (forms.display_values(schema, said, divisions.name) for said in (before, brought.form))
    drafts.save_form(case, brought.form, by=by, changed=[each.key for each in changed], at_window=True)
    told = [f"{c.label}：{old.get(c.key) or '（没有填）'} → {new.get(c.key) or '（没有填）'}" for c in changed]
    return [*told, f"申请人签名：{signed}"]


@transition(
    "case.correction_reminded", label="提醒补正", source={State.CORRECTING}, target=State.CORRECTING,
    allowed=guards.timer,
)  # fmt: skip
def remind(case: Case, *, by: Actor) -> dict[str, Any]:
    """Once, the working day before the applicant's period ends."""
    last = case.corrections[-1]
    if last.get("reminded") or not case.due_on or clock.calendar().next_working(clock.today()) < case.due_on:
        raise WrongState(case, "还不到提醒的时候。")
    case.corrections = [*case.corrections[:-1], last | {"reminded": True}]
    return {"due_on": case.due_on.isoformat()}


@transition(
    "case.lapsed", label="逾期未补正，退件", source={State.CORRECTING}, target=State.LAPSED, allowed=guards.timer
)
def lapse(case: Case, *, by: Actor) -> dict[str, Any]:
    """退件: nothing was mended in the applicant's own period; one may apply again any time."""
    if not case.due_on or case.due_on >= clock.today():
        raise WrongState(case, "补正的期限还没有到。")
    answer_by = case.due_on.isoformat()
    case.finished_at = clock.now()
    case.state = State.LAPSED
    deadlines.refresh(case)
    papers = notices.handed_in(case)
    reason = "在补正期限内没有补正"
    return {
        "reason": reason,
        "paper": notices.paper(case, "lapse", by=by, reason=reason, answer_by=answer_by, papers=papers),
    }
