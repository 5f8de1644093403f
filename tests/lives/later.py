"""Acts of a life beyond the straight road: gaps, promises, proceedings, what becomes of a certificate, other papers."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import deliveries, parties
from onewindow.cases.actions import (
    afterwards,
    barring,
    counsel,
    discretion,
    drafts,
    extension,
    forwarding,
    gap,
    hearings,
    intake,
    later_check,
    outside,
    promise,
    second,
    serving,
    visits,
)  # fmt: skip
from onewindow.cases.actions import parties as together
from onewindow.cases.actions.serving import Handing
from onewindow.cases.models import Case, Party, Proceeding
from onewindow.cases.promises import Promised
from onewindow.kernel import clock
from tests.cases.conftest import post
from tests.factories import applications, cases

RESULTS = {"一致": "conforms", "要改正": "faults", "虚假": "false"}
ADVICE = {words: key for key, words in counsel.ADVICE.items()}


def submit(case: Case, by: Principal, said: str) -> None:
    """`承诺容缺材料后补`, `承诺符合告知的条件`."""
    promised = Promised(gaps="容缺" in said, licence="告知" in said)
    intake.submit(case, by=by, promised=promised)


def fill_gap(case: Case, by: Principal, said: str) -> None:
    lacking = case.open_gaps[0]["key"] if case.open_gaps else "rules"
    gap.hand_in(case, by=by, material=lacking, file=None if "原件" in said else applications.picture(by))


def look_after(case: Case, by: Principal, said: str) -> None:
    """`要改正，消毒间没有独立水池`: by the reviewer, and the decider goes along."""
    result, findings = said.split("，", 1)
    later_check.check(
        case, by=by, partner=post(case, "decider").user_id or 0, result=RESULTS[result], findings=findings
    )


def order(case: Case, by: Principal, said: str) -> None:
    days, what = re.fullmatch(r"(\d+)日内，(.+)", said).groups()  # type: ignore[union-attr]
    later_check.order_correction(case, by=by, what=what, days=int(days))


HEARD = "已告知陈述、申辩的权利，没有提出"


def propose(act: Any, ground: str, **more: str) -> Any:
    return lambda case, by, said: act(case, by=by, ground=ground, reason=said, heard=HEARD, **more)


def weigh(case: Case, by: Principal, said: str) -> None:
    """`准予12个月`, `准予24个月，偏离：理由`, `挡住消防通道，不予：理由`."""
    departure = said.partition("偏离：")[2]
    amount = re.search(r"准予(\d+)个月", said)
    discretion.decide(
        case, by=by, outcome="grant" if amount else "deny", amount=float(amount[1]) if amount else None,
        facts={"fire": said.startswith("挡住消防通道")}, reason=said, departure=departure,
    )  # fmt: skip


def upper(case: Case, by: Principal, said: str) -> None:
    result, _, number = said.partition("，")
    key = next(key for key, words in forwarding.RESULTS.items() if words == result)
    forwarding.note_upper(case, by=by, result=key, number=number)


def _open(case: Case, kind: str) -> Proceeding:
    return Proceeding.objects.filter(case=case, kind=kind).latest("nth")


def ask_hearing(case: Case, by: Principal, said: str) -> None:
    hearings.ask(case, by=by, proceeding=_open(case, "hearing").pk, who=said)


def schedule(case: Case, by: Principal, said: str) -> None:
    """`2026-03-20，区政务服务中心三楼，主持人李明`; the applicant's hearing if there is one, else by office."""
    day, place, chair = said.split("，")
    asked = Proceeding.objects.filter(case=case, kind="hearing").last()
    leader = cases.officer(f"{case.agency_id}-{chair}", case.agency_id, "reviewer")
    hearings.schedule(
        case, by=by, on=date.fromisoformat(day), time="09:30", place=place, chair=leader.user_id, clerk="书记员周敏",
        proceeding=asked.pk if asked else None,
    )  # fmt: skip


def hold(case: Case, by: Principal, said: str) -> None:
    found = _open(case, "hearing")
    hearings.hold(
        case, by=by, proceeding=found.pk, attended="申请人李秀英、利害关系人楼上住户王强", conclusion=said,
        minutes="双方陈述了意见，出示了证据，并当场质证。", signed="参加人都已签字",
    )  # fmt: skip


def arrange(case: Case, by: Principal, said: str) -> None:
    """`2026-03-04，一人前往` or two."""
    day = date.fromisoformat(said[:10])
    sent = [cases.officer(f"{case.agency_id}-{name}", case.agency_id, "reviewer") for name in ("核查甲", "核查乙")]
    officers = [each.user_id or 0 for each in sent[: 1 if "一人" in said else 2]]
    visits.arrange(case, by=by, on=day, time="09:30", place="桂湖中路18号", officers=officers)


def record_visit(case: Case, by: Principal, said: str) -> None:
    found = _open(case, "site_visit")
    findings = {point.key: ("ok", "") for point in visits.points_of(case)}
    visits.record(
        case, by=by, proceeding=found.pk, present=found.officers, findings=findings, conclusion=said, signed="signed",
        party="李秀英",
    )  # fmt: skip


def third_party(case: Case, by: Principal, said: str) -> None:
    name, days = re.fullmatch(r"(.+)，(\d+)个工作日内陈述", said).groups()  # type: ignore[union-attr]
    counsel.tell_third_party(
        case, by=by, name=name, contact="", interest="油烟和噪声直接影响住户的生活", days=int(days)
    )


def heard(case: Case, by: Principal, said: str) -> None:
    found = _open(case, "third_party")
    counsel.hear_third_party(case, by=by, proceeding=found.pk, statement=said, answer="采纳，写进决定")


def consult(case: Case, by: Principal, said: str) -> None:
    counsel.consult(case, by=by, agency="ZJJ", question=said, days=5)


def answered(case: Case, by: Principal, said: str) -> None:
    advice, _, opinion = said.partition("，")
    found = _open(case, "consultation")
    counsel.answer(case, by=by, proceeding=found.pk, advice=ADVICE[advice], opinion=opinion)


def convene(case: Case, by: Principal, said: str) -> None:
    """`2026-03-10，评审卫生设施的布局`."""
    day, matter = said.split("，", 1)
    experts = "周平，环境卫生，四川大学\n吴静，暖通，市建筑设计院"
    counsel.convene_experts(case, by=by, on=date.fromisoformat(day), place="三楼评审室", matter=matter, experts=experts)


def experts_said(case: Case, by: Principal, said: str) -> None:
    found = _open(case, "experts")
    counsel.record_experts(case, by=by, proceeding=found.pk, advice="agree", opinion=said)


def ask_extension(case: Case, by: Principal, said: str) -> None:
    days, reason = re.fullmatch(r"(\d+)个工作日，(.*)", said).groups()  # type: ignore[union-attr]
    extension.ask(case, by=by, days=int(days), reason=reason)


def discuss(case: Case, by: Principal, said: str) -> None:
    """`三人讨论，结论不予，理由`."""
    people, decision, reasons = said.split("，", 2)
    opinions = "\n".join(f"{name}：同意" for name in ("李明", "张华", "刘洋")[: 2 if "两人" in people else 3])
    key = {"结论准予": "grant", "结论不予": "deny"}[decision]
    counsel.discuss(
        case, by=by, on=clock.today(), place="二楼会议室", chair="李明", opinions=opinions, decision=key,
        reasons=reasons,
    )  # fmt: skip


def _party(case: Case) -> Party:
    return case.parties.latest("pk")


def invite(case: Case, by: Principal, said: str) -> None:
    together.invite(case, "other", said, by=by)


def confirm(case: Case, by: Principal, said: str) -> None:
    together.confirm(_party(case), by=by, seen=parties.mark(case), agreed=True)


def change_form(case: Case, by: Principal, said: str) -> None:
    """Of the first field with free words."""
    key = next(field.key for field in case.guide.form.walk() if field.kind == "text")
    drafts.save_form(case, case.form | {key: said}, by=by)


def send(case: Case, by: Principal, said: str) -> None:
    """`邮寄，单号EMS123`, `公告，区政府网站公告栏`: the decision, until it counts."""
    way, _, told = said.partition("，")
    paper = deliveries.decision(deliveries.ensure(case))
    assert paper is not None
    handing = Handing("post", tracking=told.removeprefix("单号")) if way == "邮寄" else Handing("notice", place=told)
    serving.send(case, by=by, papers=[paper.pk], handing=handing)


def pass_on(case: Case, by: Principal, said: str) -> None:
    outside.pass_on(case, by=by, number=said)


def done_outside(case: Case, by: Principal, said: str) -> None:
    """`办成，2026-03-05` with the receipt it was read from."""
    words, day = said.split("，")
    key = next(key for key, named in outside.OUTCOMES.items() if named.startswith(words))
    at = datetime.fromisoformat(f"{day} 09:00+08:00")
    outside.conclude(case, by=by, outcome=key, at=at, proof=applications.picture(by))


ACTS = {
    "补交容缺材料": ("申请人", fill_gap),
    "撤回承诺，改走一般程序": ("申请人", lambda case, by, said: promise.withdraw_promise(case, by=by)),
    "记录事后核查": ("审查岗", look_after),
    "责令限期改正": ("审查岗", order),
    "报告已改正": ("申请人", lambda case, by, said: later_check.report_correction(case, by=by, answer=said)),
    "提请撤销": ("决定岗", propose(afterwards.propose_revocation, "fraud")),
    "提请撤回许可": ("决定岗", propose(afterwards.propose_recall, "circumstances")),
    "提请吊销": ("决定岗", propose(afterwards.propose_withdrawal, "lent", penalty="新卫罚〔2026〕12号")),
    "第二人签字": ("机关负责人", lambda case, by, said: second.sign(case, by=by)),
    "退回，不签字": ("机关负责人", lambda case, by, said: second.send_back(case, by=by, reason=said)),
    "解除不得再次申请": ("机关负责人", lambda case, by, said: barring.lift(case, by=by, reason=said)),
    "注销": ("决定岗", lambda case, by, said: afterwards.cancel(case, by=by, ground="given_back", reason=said)),
    "按基准决定": ("决定岗", weigh),
    "转报办结": ("决定岗", lambda case, by, said: forwarding.forward(case, by=by, opinion=said)),
    "登记上级办理情况": ("决定岗", upper),
    "告知听证权利": ("决定岗", lambda case, by, said: hearings.tell(case, by=by, matter=said)),
    "申请听证": ("申请人", ask_hearing),
    "放弃听证": ("申请人", lambda case, by, said: hearings.waive(case, by=by, proceeding=_open(case, "hearing").pk)),
    "发出听证通知": ("决定岗", schedule),
    "作出听证笔录": ("主持人李明", hold),
    "安排现场核查": ("审查岗", arrange),
    "作出核查笔录": ("核查甲", record_visit),
    "告知利害关系人": ("审查岗", third_party),
    "记录陈述意见": ("审查岗", heard),
    "征求意见": ("审查岗", consult),
    "答复征求意见": ("区住建局审查岗", answered),
    "记录集体讨论": ("决定岗", discuss),
    "组织专家评审": ("审查岗", convene),
    "记录专家意见": ("审查岗", experts_said),
    "提请延期": ("审查岗", ask_extension),
    "不同意延期": ("机关负责人", lambda case, by, said: extension.decline(case, by=by, reason=said)),
    "请人一起申请": ("申请人", invite),
    "接受邀请，一起申请": ("另一方", lambda case, by, said: together.join(_party(case), by=by)),
    "共同申请人确认": ("另一方", confirm),
    "改了申请内容": ("申请人", change_form),
    "寄出、公告文书": ("受理岗", send),
    "转外部系统办理": ("受理岗", pass_on),
    "外部系统办结": ("受理岗", done_outside),
}  # fmt: skip
# Where the row has the name of another act, written as 另记.
WITHOUT_ROW = {"第二人签字", "改了申请内容", "按基准决定", "提请撤销", "提请撤回许可", "提请吊销"}
