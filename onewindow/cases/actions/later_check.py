"""事后核查: what was promised is looked at after the decision, by two officers; mended, or the decision is revoked.

`Case.later_check`: {"state", "rounds": [{"at", "result", "findings", "officers"}], "order": {"what", "days", "at"},
"answer", "answered_at"}.
"""

from __future__ import annotations

from typing import Any

from onewindow.accounts import credit, principal
from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

AFTER = frozenset({State.DECIDED, State.DELIVERED, State.FINISHED})
STATES = {
    "due": "待核查", "faults": "要责令改正", "correcting": "限期改正中",
    "overdue": "逾期没有报告改正", "mended": "已报改正，待复查", "passed": "核查合格",
    "void": "待撤销", "revoked": "已撤销",
}  # fmt: skip
RESULTS = {"conforms": "与承诺一致", "faults": "与承诺不符，要改正", "false": "承诺虚假，或者仍不符合"}


def schedule(case: Case) -> None:
    """With a grant that rests on a promise."""
    if case.by_promise or case.promise.get("proofs"):
        case.later_check = {"state": "due", "rounds": [], "order": {}, "answer": "", "answered_at": ""}


def state(case: Case) -> str:
    return str(case.later_check.get("state", ""))


def _is_to_check(case: Case) -> bool:
    return state(case) in {"due", "mended", "correcting", "overdue"}


def _has_faults(case: Case) -> bool:
    return state(case) == "faults"


def _is_correcting(case: Case) -> bool:
    return state(case) == "correcting"


def _is_to_mend(case: Case) -> bool:
    return state(case) in {"correcting", "overdue"}


@transition(
    "case.later_checked", label="记录事后核查", source=AFTER, target=None, allowed=guards.inspector, when=_is_to_check,
    tone="primary", retry=False,
)  # fmt: skip
def check(case: Case, *, by: Actor, partner: int, result: str, findings: str, place: str = "") -> dict[str, Any]:
    """By two officers or more (行政许可法 §34); a second time after the correction, when only two results are left."""
    if result not in RESULTS:
        raise ValueError("请选择核查结果。")
    second = principal.load(partner)
    if second is None or second.key == by.key or not guards.inspector(case, second):
        raise ValueError("核查要两名以上工作人员：请选择一同核查的另一名本单位人员，当事人一方的人除外。")
    again = bool(case.later_check["order"])
    if again and result == "faults":
        raise ValueError("已经责令改正过一次：改正合格选“与承诺一致”，仍不符合选“承诺虚假，或者仍不符合”。")
    findings = wording(findings, least=6, otherwise="请写明核查看到的情况，至少六个字。")
    officers = [by.name, second.name]
    round_ = {"at": clock.now().isoformat(), "result": result, "findings": findings, "officers": officers}
    to = {"conforms": "passed", "faults": "faults", "false": "void"}[result]
    case.later_check = {**case.later_check, "state": to, "rounds": [*case.later_check["rounds"], round_]}
    deadlines.refresh(case)
    facts: dict[str, Any] = {
        "result": RESULTS[result], "findings": findings, "officers": officers, "check_place": wording(place),
        "terms": list(case.guide.promise.terms) if case.by_promise else [],
    }  # fmt: skip
    nth = len(case.later_check["rounds"])
    return {"result": RESULTS[result], "officers": officers, "paper": notices.paper(
        case, "later_check", by=by, nth=nth, **facts)}  # fmt: skip


@transition(
    "case.correction_ordered", label="责令限期改正", source=AFTER, target=None, allowed=guards.inspector,
    when=_has_faults, tone="primary",
)  # fmt: skip
def order_correction(case: Case, *, by: Actor, what: str, days: int) -> dict[str, Any]:
    """责令改正: what, by when, and what follows; at most the days the guide names."""
    most = case.guide.promise.correct_days
    if not 1 <= days <= most:
        raise ValueError(f"改正的期限最多 {most} 天。")
    what = wording(what, least=6, otherwise="请写明要改正什么、改到什么样，至少六个字。")
    order = {"what": what, "days": days, "at": clock.now().isoformat()}
    case.later_check = {**case.later_check, "state": "correcting", "order": order}
    deadlines.refresh(case)
    until = case.check_on.isoformat() if case.check_on else ""
    facts: dict[str, Any] = {
        "what": what, "days": days, "correct_by": until, "findings": case.later_check["rounds"][-1]["findings"],
        "consequences": case.guide.promise.consequences,
    }  # fmt: skip
    return {"reason": what, "answer_by": until, "paper": notices.paper(case, "correction_order", by=by, **facts)}


@transition(
    "case.correction_reported", label="报告已改正", source=AFTER, target=None, allowed=guards.bearer,
    when=_is_to_mend, tone="primary",
)  # fmt: skip
def report_correction(case: Case, *, by: Actor, answer: str) -> dict[str, Any]:
    """The applicant says what was mended; the officers look again."""
    answer = wording(answer, least=6, otherwise="请写明改正了什么，至少六个字。")
    now = clock.now().isoformat()
    case.later_check = {**case.later_check, "state": "mended", "answer": answer, "answered_at": now}
    deadlines.refresh(case)
    return {"reason": answer}


@transition(
    "case.correction_overdue", label="逾期没有报告改正", source=AFTER, target=None, allowed=guards.timer,
    when=_is_correcting,
)  # fmt: skip
def note_overdue(case: Case, *, by: Actor) -> dict[str, Any]:
    """Once: from now on the officers have it before them again, and may find it unmended."""
    until = case.check_on
    if until is None or until >= clock.today():
        raise WrongState(case, "改正的期限还没有到。")
    case.later_check = {**case.later_check, "state": "overdue"}
    deadlines.refresh(case)
    return {"due_on": until.isoformat()}


def end(case: Case, by: Actor, reason: str) -> str:
    """With the revocation 撤销 (actions.afterwards): the check is over, the promise is on record; the record's number.

    Whatever the ground that was named: what rested on a promise is gone because the promise was not kept.
    """
    if state(case) not in {"void", "due", "faults", "correcting", "overdue", "mended"}:
        return ""
    rule, ordered = case.guide.promise, bool(case.later_check["order"])
    case.later_check = {**case.later_check, "state": "revoked"}
    deadlines.refresh(case)
    kept = credit.record(
        person=case.person, organisation=case.organisation, agency=case.agency,
        ground=CreditRecord.Ground.UNMENDED if ordered else CreditRecord.Ground.FALSE, happened=reason,
        months=rule.record_months, by=by, case_number=case.number, basis="、".join(map(str, rule.basis)),
    )  # fmt: skip
    return kept.number if kept else ""
