"""Words of others: interested third parties (§36, §47), experts (§45), other organs, and the organ's own discussion."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards, pause, proceedings
from onewindow.cases.actions.proceedings import UNDER_WAY
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, Proceeding, State
from onewindow.cases.models.proceedings import said_day
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

Kind, Stage = Proceeding.Kind, Proceeding.State
ADVICE = {"agree": "同意", "conditions": "有条件同意", "disagree": "不同意", "none": "没有意见"}
DECISIONS = {"grant": "准予", "deny": "不予", "again": "补充材料后再议"}
TO_THIRD_PARTIES = (
    "根据《中华人民共和国行政许可法》第三十六条、第四十七条，你（单位）有权进行陈述和申辩，"
    "也可以在被告知之日起五日内申请听证。"
)
# Who discusses: three or more, so that there is a majority.
FEWEST = 3


@transition(
    "case.third_party_told", label="告知利害关系人", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def tell_third_party(case: Case, *, by: Actor, name: str, contact: str, interest: str, days: int) -> dict[str, Any]:
    """利害关系人告知 (§36): what concerns them directly and greatly is told; they may state and defend."""
    name = wording(name, least=2, otherwise="请写明利害关系人的姓名或者名称。")
    if not 3 <= days <= 30:
        raise ValueError("陈述意见的期限应在 3 到 30 个工作日之间。")
    until = clock.calendar().due(clock.today(), days).date
    rows = [
        ("利害关系人", name), ("联系方式", wording(contact)),
        ("利害关系", wording(interest, least=6, otherwise="请写明这件申请直接关系到对方的什么重大利益。")),
        ("陈述意见的最后一天", said_day(until)),
    ]  # fmt: skip
    found = proceedings.opened(case, Kind.THIRD_PARTY, until, rows)
    return {"paper": proceedings.paper(case, found, "third_party", by=by, to=name, body=[TO_THIRD_PARTIES])}


@transition(
    "case.third_party_heard", label="记录陈述意见", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def hear_third_party(case: Case, *, by: Actor, proceeding: Any, statement: str, answer: str) -> dict[str, Any]:
    """What they said, and whether it is followed and why."""
    found = proceedings.of(case, proceeding, Stage.PLANNED)
    result = [
        ("陈述意见", wording(statement, least=2, otherwise="请写下对方的陈述和申辩；没有意见的写“没有意见”。")),
        ("采纳情况", wording(answer, least=2, otherwise="请写明是否采纳和理由。")),
    ]
    proceedings.close(found, result, "已陈述")
    return {"words": "；".join(text for _, text in result)}


@transaction.atomic
def convene_experts(case: Case, *, by: Principal, seen: int | None = None, **plan: Any) -> Case:
    """An expert review stops the clock from its notice to the day it names (§45)."""
    _convene(case, by=by, seen=seen, **plan)
    if case.state != State.PAUSED:
        days = max(1, clock.calendar().working_days_between(clock.today(), plan["on"]))
        pause.pause(case, by=by, procedure="expert_review", days=days, reason=plan["matter"])
    return case


@transition(
    "case.experts_convened", label="组织专家评审", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def _convene(case: Case, *, by: Actor, on: date, place: str, matter: str, experts: str) -> dict[str, Any]:
    proceedings.coming(on, what="专家评审")
    people = _lines(experts)
    if not people:
        raise ValueError("请写明专家，一行一位：姓名，专业，单位。")
    matter = wording(matter, least=4, otherwise="请写明请专家评审什么。")
    place = wording(place)
    rows = [("评审内容", matter), ("评审时间", said_day(on)), ("评审地点", place), ("专家", "\n".join(people))]
    proceedings.opened(case, Kind.EXPERTS, on, rows, place=place)
    return {"words": f"{said_day(on)} {matter}"}


convene_experts.transition = _convene.transition  # type: ignore[attr-defined]


@transaction.atomic
def record_experts(case: Case, *, by: Principal, seen: int | None = None, **said: Any) -> Case:
    _record(case, by=by, seen=seen, **said)
    if case.state == State.PAUSED and case.stops[-1]["procedure"] == "expert_review":
        pause.resume(case, by=by, result="专家评审已经结束")
    return case


@transition(
    "case.experts_heard", label="记录专家意见", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def _record(case: Case, *, by: Actor, proceeding: Any, advice: str, opinion: str) -> dict[str, Any]:
    found = proceedings.of(case, proceeding, Stage.PLANNED)
    if advice not in ADVICE:
        raise ValueError("请选择评审结论。")
    opinion = wording(opinion, least=6, otherwise="请写明专家的评审意见。")
    proceedings.close(found, [("评审结论", ADVICE[advice]), ("评审意见", opinion)], ADVICE[advice])
    paper = proceedings.paper(case, found, "expert_opinion", by=by, signers=["专家签名"])
    return {"words": f"{ADVICE[advice]} · {opinion}", "paper": paper}


record_experts.transition = _record.transition  # type: ignore[attr-defined]


@transition("case.consulted", label="征求意见", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True)
def consult(case: Case, *, by: Actor, agency: str, question: str, days: int) -> dict[str, Any]:
    """征求意见: another organ's officer answers by the day; waiting for it stops no clock."""
    asked = Agency.objects.filter(pk=agency).exclude(pk=case.agency_id).first()
    if asked is None:
        raise ValueError("请选择征求哪个部门的意见。")
    question = wording(question, least=6, otherwise="请写明要对方就什么问题提出意见。")
    if not 1 <= days <= 30:
        raise ValueError("答复的期限应在 1 到 30 个工作日之间。")
    until = clock.calendar().due(clock.today(), days).date
    rows = [("征求意见的部门", asked.name), ("问题", question), ("请于此日前答复", said_day(until))]
    found = proceedings.opened(case, Kind.CONSULTATION, until, rows, agency=asked)
    case.partners = sorted({*case.partners, asked.pk})
    body = ["请在期限内通过本系统答复。逾期没有答复的，本机关按已掌握的情况依法决定。"]
    paper = proceedings.paper(case, found, "consultation", by=by, to=asked.name, body=body)
    return {"words": f"{asked}：{question}", "paper": paper}


@transition(
    "case.consultation_answered", label="答复征求意见", source=UNDER_WAY, target=None, allowed=guards.consulted,
    writes=True,
)  # fmt: skip
def answer(case: Case, *, by: Actor, proceeding: Any, advice: str, opinion: str) -> dict[str, Any]:
    assert isinstance(by, Principal)
    found = proceedings.of(case, proceeding, Stage.PLANNED)
    if found.agency_id not in by.agencies("reviewer", "decider"):
        raise ValueError("这份征求意见函不是发给您的部门的。")
    if advice not in ADVICE:
        raise ValueError("请选择意见。")
    opinion = wording(opinion, least=0 if advice == "none" else 4, otherwise="请写明意见和理由。")
    proceedings.close(found, [("意见", ADVICE[advice]), ("理由", opinion), ("答复人", by.name)], ADVICE[advice])
    return {"words": " · ".join(filter(None, [str(found.agency), ADVICE[advice], opinion]))}


@transition("case.discussed", label="记录集体讨论", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True)
def discuss(
    case: Case, *, by: Actor, on: date, place: str, chair: str, opinions: str, decision: str, reasons: str
) -> dict[str, Any]:
    """集体讨论: who took part, what each said, what was concluded; the decision follows it."""
    if on > clock.today():
        raise ValueError("请在讨论之后再记录。")
    said = _lines(opinions)
    if len(said) < FEWEST or any("：" not in line for line in said):
        raise ValueError(f"请写明每位参加人的意见，一行一位，例如“李明：同意准予”；至少 {FEWEST} 人。")
    if decision not in DECISIONS:
        raise ValueError("请选择讨论结论。")
    chair = wording(chair, least=2, otherwise="请写明主持人。")
    reasons = wording(reasons, least=6, otherwise="请写明讨论结论的理由。")
    rows = [("讨论时间", said_day(on)), ("地点", wording(place)), ("主持人", chair), ("参加人意见", "\n".join(said))]
    found = proceedings.opened(case, Kind.DISCUSSION, on, rows)
    proceedings.close(found, [("讨论结论", DECISIONS[decision]), ("理由", reasons)], DECISIONS[decision])
    paper = proceedings.paper(case, found, "discussion", by=by, signers=["参加人签名", "记录人签名"])
    return {"words": f"{DECISIONS[decision]} · {reasons}", "paper": paper}


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := wording(raw).replace(":", "："))]
