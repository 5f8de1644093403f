"""容缺受理: accepted while secondary papers are lacking; they come by the promised day, or it counts as withdrawn.

The clock runs all the same: the case is accepted in law. What waits is the decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onewindow.accounts import credit
from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, CasePaper, State
from onewindow.catalogue.guide import Material
from onewindow.documents.models import File
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

RUNNING = frozenset({State.REVIEWING, State.PAUSED, State.DECIDING})
CONSEQUENCE = "逾期没有补齐的，视为撤回申请，材料退还，以后可以重新申请。"


def promise_papers(case: Case, lacking: Sequence[Material]) -> None:
    """At the submission; the period begins when the organ accepts and says so."""
    papers = [
        {"key": paper.key, "name": paper.name, "standard": paper.standard, "closed_at": ""} for paper in lacking
    ]  # fmt: skip
    case.gaps = {
        "promised_at": clock.now().isoformat(), "told_at": "", "papers": papers, "reminded": [],
        "days": case.guide.gaps.days, "record_months": case.guide.gaps.record_months,
    }  # fmt: skip


def settle(case: Case) -> None:
    """What has come by another way (a correction) is lacking no more."""
    if not case.open_gaps:
        return
    held = set(case.papers.filter(removed_at__isnull=True).values_list("material", flat=True))
    _close(case, held)


def tell(case: Case) -> dict[str, Any]:
    """At acceptance: what is lacking, until when, and what follows; facts for the acceptance paper."""
    settle(case)
    if not case.open_gaps:
        return {}
    case.gaps = {**case.gaps, "told_at": clock.now().isoformat()}
    until = deadlines.gap(case)
    assert until is not None
    return {
        "gaps": [{"name": paper["name"], "standard": paper["standard"]} for paper in case.open_gaps],
        "gap_days": deadlines.gap_length(case), "gap_until": until.date.isoformat(),
        "gap_consequence": consequence(case),
    }  # fmt: skip


def consequence(case: Case) -> str:
    months = record_months(case)
    return CONSEQUENCE + (f"逾期不补的记入信用记录（{months} 个月）。" if months else "")


def record_months(case: Case) -> int:
    """As the letter said, whatever a later version of the guide says."""
    return int(case.gaps.get("record_months", case.guide.gaps.record_months))


def names(case: Case) -> str:
    return "、".join(f"“{paper['name']}”" for paper in case.open_gaps)


def ensure_closed(case: Case) -> None:
    """Nothing is decided on a file that is not whole."""
    if case.open_gaps:
        said = f"还不能作出决定：容缺的材料{names(case)}没有补交。补齐后再决定；逾期不补，系统按撤回处理。"
        raise WrongState(case, said)


def _close(case: Case, keys: set[str]) -> None:
    now = clock.now().isoformat()
    papers = [
        paper | {"closed_at": now} if paper["key"] in keys and not paper["closed_at"] else paper
        for paper in case.gaps["papers"]
    ]  # fmt: skip
    case.gaps = {**case.gaps, "papers": papers}


def _has_open(case: Case) -> bool:
    return bool(case.open_gaps)


@transition(
    "case.gap_filled", label="补交容缺材料", source={State.SUBMITTED, State.RECEIVED, *RUNNING}, target=None,
    allowed=guards.bearer, writes=True, when=_has_open,
)  # fmt: skip
def hand_in(
    case: Case, *, by: Actor, material: str, file: File | None = None, paper_form: str = "original"
) -> dict[str, Any]:
    """By the applicant as a file, or at the window where the clerk has seen the paper; a receipt is given."""
    lacking = next((paper for paper in case.open_gaps if paper["key"] == material), None)
    if lacking is None:
        raise WrongState(case, "这份材料不在待补的容缺材料里，可能已经补交过了。")
    if is_late(case):
        raise WrongState(case, "容缺材料补交的期限已过，不能再补交。需要时请重新申请。")
    if file is None and not guards.clerk(case, by):
        raise ValueError("请选择要补交的文件。")
    if file is not None and file.scan == File.Scan.INFECTED:
        raise ValueError("文件含有害内容，没有收下。请换一个文件。")
    CasePaper.objects.create(
        case=case, material=material, title=lacking["name"], file=file, added_by=by.key,
        paper_form="" if file else paper_form,
    )  # fmt: skip
    _close(case, {material})
    deadlines.refresh(case)
    nth = sum(bool(paper["closed_at"]) for paper in case.gaps["papers"])
    form = "电子" if file else {"original": "原件", "copy": "复印件"}[paper_form]
    papers = [{"name": lacking["name"], "count": 1, "form": form}]
    issued = notices.paper(case, "gap_receipt", by=by, nth=nth, papers=papers)
    return {"material": lacking["name"], "missing": len(case.open_gaps), "paper": issued}


def is_late(case: Case) -> bool:
    until = deadlines.gap(case)
    return until is not None and until.date < clock.today()


@transition(
    "case.gap_reminded", label="提醒补交容缺材料", source=RUNNING, target=None, allowed=guards.timer, when=_has_open
)
def remind(case: Case, *, by: Actor) -> dict[str, Any]:
    """At half of the time and on the working day before the end, once each; the later one makes the earlier idle."""
    days = deadlines.gap_days(case)
    due = [stage for stage in ("half", "last") if stage in days and days[stage] <= clock.today()]
    if not due or due[-1] in case.gaps["reminded"] or is_late(case):
        raise WrongState(case, "还不到提醒的时候。")
    case.gaps = {**case.gaps, "reminded": due}
    deadlines.refresh(case)
    return {"due_on": days["end"].isoformat(), "missing": [paper["name"] for paper in case.open_gaps]}


@transition(
    "case.gap_lapsed", label="容缺材料逾期未补，视为撤回", source=RUNNING, target=State.WITHDRAWN,
    allowed=guards.timer, writes=True, when=_has_open,
)  # fmt: skip
def lapse(case: Case, *, by: Actor) -> dict[str, Any]:
    """视为撤回 (安阳市政务服务条例 §29): the papers go back; a credit record only where the item says so."""
    if not is_late(case):
        raise WrongState(case, "容缺材料补交的期限还没有到。")
    until = deadlines.gap_days(case)["end"].isoformat()
    reason = f"容缺受理后，{names(case)}在承诺的期限内没有补交，视为撤回申请"
    case.gaps = {**case.gaps, "lapsed_at": clock.now().isoformat()}
    case.finished_at = clock.now()
    case.state = State.WITHDRAWN
    deadlines.refresh(case)
    rule, months = case.guide.gaps, record_months(case)
    kept = credit.record(
        person=case.person, organisation=case.organisation, agency=case.agency, ground=CreditRecord.Ground.GAP,
        happened=reason, months=months, by=by, case_number=case.number,
        basis="、".join(map(str, rule.basis)),
    ) if months else None  # fmt: skip
    facts: dict[str, Any] = {
        "reason": reason, "gap_until": until, "papers": notices.handed_in(case),
        "credit": f"已记入信用记录（{kept.until:%Y年%-m月%-d日}前有效）" if kept and kept.until else "",
    }  # fmt: skip
    return {
        "reason": reason, "credit": kept.number if kept else "",
        "paper": notices.paper(case, "gap_lapse", by=by, **facts),
    }  # fmt: skip
