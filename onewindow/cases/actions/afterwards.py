"""What becomes of a licence after it was granted: 撤销 (行政许可法 §69), 撤回 (§8), 吊销 (a punishment), 注销 (§70).

Different acts with different grounds and papers. The certificate's state follows in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onewindow.cases import bars, notices, timeline
from onewindow.cases.actions import guards, later_check, second
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.documents import certificates
from onewindow.documents.models import Certificate
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

AFTER = {State.DECIDED, State.DELIVERED, State.FINISHED}
LAW = "《中华人民共和国行政许可法》"
REVOCATION = {
    "abuse": "工作人员滥用职权、玩忽职守作出准予决定",
    "beyond_power": "超越法定职权作出准予决定",
    "procedure": "违反法定程序作出准予决定",
    "unqualified": "对不具备申请资格或者不符合法定条件的申请人准予",
    "fraud": "以欺骗、贿赂等不正当手段取得",
    "other": "依法可以撤销的其他情形",
}
RECALL = {
    "law": "所依据的法律、法规、规章修改或者废止",
    "circumstances": "准予所依据的客观情况发生重大变化",
}
WITHDRAWAL = {
    "lent": "涂改、倒卖、出租、出借证照，或者以其他形式非法转让",
    "beyond_scope": "超越准予的范围进行活动",
    "concealed": "隐瞒有关情况、提供虚假材料或者拒绝提供反映其活动情况的真实材料",
    "other": "法律、法规、规章规定的其他违法行为",
}
CANCELLATION = {
    "expired": "有效期届满未延续",
    "death": "持证人死亡或者丧失行为能力",
    "ended": "法人或者其他组织依法终止",
    "impossible": "因不可抗力无法实施",
    "given_back": "持证人自愿交回",
    "other": "法律、法规规定应当注销的其他情形",
}
# Where in its article each ground stands, so that the paper can be checked against the law.
WHERE = {
    "revoke": {
        "abuse": "第一款第一项", "beyond_power": "第一款第二项", "procedure": "第一款第三项",
        "unqualified": "第一款第四项", "fraud": "第二款", "other": "第一款第五项",
    },
    "recall": {"law": "第二款", "circumstances": "第二款"},
    "cancel": {
        "expired": "第一项", "death": "第二项", "ended": "第三项", "impossible": "第五项", "given_back": "第六项",
        "other": "第六项",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """One way a certificate ends: its grounds, the article behind it, and what moves the certificate."""

    grounds: dict[str, str]
    article: str
    move: Callable[..., Certificate]


ENDINGS = {
    "revoke": Ending(REVOCATION, f"{LAW}第六十九条", certificates.revoke),
    "recall": Ending(RECALL, f"{LAW}第八条", certificates.recall),
    "withdraw": Ending(WITHDRAWAL, f"{LAW}第八十条、《中华人民共和国行政处罚法》第九条", certificates.withdraw),
    "cancel": Ending(CANCELLATION, f"{LAW}第七十条", certificates.cancel),
}


def decides(case: Case, by: Actor) -> bool:
    return guards.concluder(case, by) and case.outcome == Case.Outcome.GRANTED and standing(case) is not None


def standing(case: Case) -> Certificate | None:
    """The certificate the case issued, while it stands."""
    certificate = timeline.certificate(case)
    return certificate if certificate and certificate.state == Certificate.State.VALID else None


def _propose(case: Case, by: Actor, seen: int | None, act: str, ground: str, **words: str) -> Case:
    """撤销、撤回、吊销 take two people; the holder was heard before (陈述、申辩)."""
    grounds = ENDINGS[act].grounds
    if ground not in grounds:
        raise ValueError("请选择理由。")
    if standing(case) is None:
        raise WrongState(case, "这张证照已不是有效状态。")
    said = {"理由": grounds[ground]} | {SAID[key]: text for key, text in words.items()}
    return second.propose(case, by=by, seen=seen, act=act, said=said, ground=ground, **words)


SAID = {"reason": "事实", "heard": "陈述、申辩", "penalty": "行政处罚决定书"}


def propose_revocation(case: Case, *, by: Actor, ground: str, reason: str, heard: str, seen: int | None = None) -> Case:
    return _propose(case, by, seen, "revoke", ground, **_wordings(reason, heard))


def propose_recall(case: Case, *, by: Actor, ground: str, reason: str, heard: str, seen: int | None = None) -> Case:
    return _propose(case, by, seen, "recall", ground, **_wordings(reason, heard))


def propose_withdrawal(
    case: Case, *, by: Actor, ground: str, reason: str, heard: str, penalty: str, seen: int | None = None
) -> Case:
    """By decision of the organ that punishes: the number of that decision stands in ours."""
    penalty = wording(penalty, least=6, otherwise="请写明行政处罚决定书的文号。")
    return _propose(case, by, seen, "withdraw", ground, **_wordings(reason, heard), penalty=penalty)


def _wordings(reason: str, heard: str) -> dict[str, str]:
    return {
        "reason": wording(reason, least=8, otherwise="请写明事实和理由，至少八个字。"),
        "heard": wording(heard, least=4, otherwise="请写明持证人的陈述、申辩和是否采纳；没有提出的也请写明。"),
    }


def _ended(case: Case, by: Actor, act: str, ground: str, reason: str, **more: Any) -> dict[str, Any]:
    """Move the certificate, and say what the paper says of it."""
    certificate, ending = standing(case), ENDINGS[act]
    if certificate is None:
        raise WrongState(case, "这张证照已不是有效状态。")
    ending.move(certificate, by=by, ground=ending.grounds[ground])
    return {
        "certificate": certificate.number, "certificate_type": certificate.type_name, "holder": certificate.holder,
        "act": ending.move.transition.label, "ground": ending.grounds[ground], "reason": reason,  # type: ignore[attr-defined]
        "article": ending.article + WHERE.get(act, {}).get(ground, "") if case.guide.kind == "行政许可" else "", **more,
    }  # fmt: skip


@transition(
    "case.certificate_revoked", label="撤销", source=AFTER, target=None, allowed=decides, writes=True, tone="danger",
    retry=False,
)  # fmt: skip
def revoke(case: Case, *, by: Actor, ground: str, reason: str, heard: str) -> dict[str, Any]:
    """撤销: it should never have been granted. By fraud it must be revoked, and bars a new application (§69, §79)."""
    names = second.signed(case, by, "revoke")
    barred = bars.put(case, bars.FRAUD) if ground == "fraud" else ""
    facts = _ended(case, by, "revoke", ground, reason, heard=heard, barred_until=barred, fraud=ground == "fraud")
    facts["credit"] = later_check.end(case, by, reason)
    return {**facts, **names, "paper": notices.paper(case, "revoked", by=by, **facts, **names)}


@transition(
    "case.certificate_recalled", label="撤回许可", source=AFTER, target=None, allowed=decides, writes=True,
    tone="danger", retry=False,
)  # fmt: skip
def recall(case: Case, *, by: Actor, ground: str, reason: str, heard: str) -> dict[str, Any]:
    """撤回: for the public good, because the law or the circumstances changed; losses are compensated (§8)."""
    names = second.signed(case, by, "recall")
    facts = _ended(case, by, "recall", ground, reason, heard=heard)
    return {**facts, **names, "paper": notices.paper(case, "recalled", by=by, **facts, **names)}


@transition(
    "case.certificate_withdrawn", label="吊销", source=AFTER, target=None, allowed=decides, writes=True,
    tone="danger", retry=False,
)  # fmt: skip
def withdraw(case: Case, *, by: Actor, ground: str, reason: str, heard: str, penalty: str) -> dict[str, Any]:
    """吊销: punishment for what the holder did with it; the punishing decision is named."""
    names = second.signed(case, by, "withdraw")
    facts = _ended(case, by, "withdraw", ground, reason, heard=heard, penalty=penalty)
    return {**facts, **names, "paper": notices.paper(case, "withdrawn_licence", by=by, **facts, **names)}


@transition(
    "case.certificate_cancelled", label="注销", source=AFTER, target=None, allowed=decides, writes=True,
    tone="danger", retry=False,
)  # fmt: skip
def cancel(case: Case, *, by: Actor, ground: str, reason: str) -> dict[str, Any]:
    """注销: a formality, once its ground is gone; one signature is enough."""
    if case.proposal:
        raise WrongState(case, "已经有提请等第二人签字，请先签字或退回。")
    if ground not in CANCELLATION:
        raise ValueError("请选择注销的理由。")
    certificate = standing(case)
    if ground == "expired" and certificate and certificate.is_valid:
        raise ValueError("证照还在有效期内，不能以“有效期届满”注销。")
    reason = wording(reason, least=4, otherwise="请写明注销的事实，至少四个字。")
    facts = _ended(case, by, "cancel", ground, reason)
    return {**facts, "paper": notices.paper(case, "cancelled", by=by, **facts)}


def _proposes(case: Case, by: Actor) -> bool:
    return not case.proposal and case.state in AFTER and decides(case, by)


second.ACTS |= {"revoke": revoke, "recall": recall, "withdraw": withdraw}
second.offered(propose_revocation, "提请撤销", _proposes, "danger")
second.offered(propose_recall, "提请撤回许可", _proposes, "danger")
second.offered(propose_withdrawal, "提请吊销", _proposes, "danger")
