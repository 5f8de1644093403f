"""外部系统: a matter handed over to the police's, the fund's … own system, and what that system tells of it.

Nothing here starts a clock, and nothing is concluded from silence: what is told stands as told, with its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from onewindow.cases import deadlines
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import DESK_STATES, Case, CasePaper, State
from onewindow.documents.models import File
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

# What an outside system may tell of a matter under way.
STATUSES = {
    "received": "已收到", "accepted": "已受理", "correcting": "要求补正", "working": "办理中", "decided": "已作出决定",
}  # fmt: skip
# Told with the same time (many systems know only the day), the further one stands.
RANK = {"received": 0, "accepted": 1, "correcting": 2, "working": 2, "decided": 3}
OUTCOMES = {"granted": "办成（准予）", "denied": "没有办成（不予）", "other": "其他（撤回、终止等）"}
HOW = {"exchange": "接口", "import": "导入", "hand": "人工登记"}
# The paper that proves what was written down by hand.
PROOF = "outside_proof"


@transition(
    "case.passed_on", label="转外部系统办理", source={State.SUBMITTED, State.RECEIVED}, target=State.OUTSIDE,
    allowed=guards.courier, tone="primary",
)  # fmt: skip
def pass_on(
    case: Case, *, by: Actor, number: str = "", sent: Sequence[str] = (), sandbox: bool = False
) -> dict[str, Any]:
    """The outside system has it now; `sent` names what was given to it, never the values."""
    outside = case.guide.outside
    assert outside is not None
    now = clock.now().isoformat()
    case.outside_system, case.outside_number = outside.system, _free(case, number)
    case.outside = {
        "name": outside.name, "handed_at": now, "status": "handed", "at": now, "told_at": now, "words": "",
        "sandbox": sandbox,
    }  # fmt: skip
    case.state = State.OUTSIDE
    deadlines.refresh(case)
    given = f"{outside.name}编号 {case.outside_number}" if case.outside_number else f"{outside.name}还没有给编号"
    return {"system": outside.system, "number": case.outside_number, "told": given, "sent": list(sent)}


@transition(
    "case.outside_number_noted", label="登记外部编号", target=None,
    source={*DESK_STATES, State.OUTSIDE, State.FINISHED} - {State.PREREVIEW}, allowed=guards.registrar,
)  # fmt: skip
def note_number(case: Case, *, by: Actor, number: str) -> dict[str, Any]:
    """The same matter under two numbers (二次录入); a number that was wrong is written anew, the old one stays here."""
    outside = case.guide.outside
    assert outside is not None
    before = case.outside_number
    found = _free(case, wording(number, least=1, otherwise="请填写外部系统的编号。"))
    case.outside_system, case.outside_number = outside.system, found
    case.outside = {"name": outside.name} | case.outside
    return {"system": outside.system, "number": found, "before": before, "told": f"{outside.name}编号 {found}"}


@transition(
    "case.told_outside", label="外部系统告知进展", source={State.OUTSIDE, State.OUTSIDE_DONE}, target=None,
    allowed=guards.courier,
)  # fmt: skip
def tell(
    case: Case, *, by: Actor, status: str, at: datetime, words: str = "", number: str = "", how: str = "hand"
) -> dict[str, Any]:
    """What is told late, after something later, is kept in the story and changes nothing."""
    if status not in STATUSES:
        raise ValueError("请选择外部系统告知的进展。")
    words = wording(words)
    _learn_number(case, number)
    late = case.state == State.OUTSIDE_DONE or (at, RANK[status]) < _told_until(case)
    if not late:
        _keep(case, status, at, words)
    told = f"{case.outside['name']}：{STATUSES[status]}（{_moment(at)}{'，消息晚到，只作记录' if late else ''}）"
    return {"status": status, "at": at.isoformat(), "told": told, "words": words, "how": how, "late": late}


@transition(
    "case.finished_outside", label="外部系统办结", source={State.OUTSIDE}, target=State.OUTSIDE_DONE,
    allowed=guards.courier, writes=True,
)  # fmt: skip
def conclude(
    case: Case, *, by: Actor, outcome: str, at: datetime, words: str = "", number: str = "", how: str = "hand",
    proof: File | None = None,
) -> dict[str, Any]:  # fmt: skip
    """办结 as told: no decision of ours, so no paper of ours; by hand only with the proof it was read from."""
    if outcome not in OUTCOMES:
        raise ValueError("请选择办理结果。")
    if how == "hand" and proof is None:
        raise ValueError("请上传外部系统的回执、截图或文书，作为登记结果的凭证。")
    words = wording(words)
    _learn_number(case, number)
    if proof:
        CasePaper.objects.create(
            case=case, material=PROOF, title="外部系统办理凭证", file=proof, added_by=by.key, added_at=clock.now()
        )
    _keep(case, outcome, at, words)
    case.outcome = outcome if outcome != "other" else ""
    case.finished_at = clock.now()
    case.state = State.OUTSIDE_DONE
    deadlines.refresh(case)
    told = f"{case.outside['name']}：{OUTCOMES[outcome]}（{_moment(at)}）"
    return {
        "outcome": outcome, "at": at.isoformat(), "told": told, "words": words, "how": how,
        "proof": proof.sha256 if proof else "",
    }  # fmt: skip


def _keep(case: Case, status: str, at: datetime, words: str) -> None:
    told = {"status": status, "at": at.isoformat(), "told_at": clock.now().isoformat(), "words": words}
    case.outside = case.outside | told


def _told_until(case: Case) -> tuple[datetime, int]:
    """When what is known now happened; a handover is nothing the other side told."""
    if case.outside["status"] == "handed":
        return datetime.min.replace(tzinfo=UTC), 0
    return datetime.fromisoformat(case.outside["at"]), RANK[case.outside["status"]]


def _learn_number(case: Case, number: str) -> None:
    """The number comes with the first word where the handover brought none; another one is a mistake somewhere."""
    if not number or number == case.outside_number:
        return
    if case.outside_number:
        raise ValueError(f"外部编号对不上：这件办件登记的是 {case.outside_number}，收到的是 {number}。")
    case.outside_number = _free(case, number)


def _free(case: Case, number: str) -> str:
    """One number of an outside system is one case; the constraint holds it when two come at once."""
    number = wording(number)
    if len(number) > 60:
        raise ValueError("外部系统的编号最多 60 个字符。")
    outside = case.guide.outside
    assert outside is not None
    same = Case.objects.filter(outside_system=outside.system, outside_number=number).exclude(pk=case.pk)
    if number and same.exists():
        raise ValueError(f"这个编号已经登记在另一件办件上，请核对：{number}")
    return number


def _moment(at: datetime) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y年%-m月%-d日 %H:%M}"
