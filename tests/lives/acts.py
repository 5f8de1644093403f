"""What a life may say happens, and the action of the program it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import concerning, correction, drafts, extension, instant, intake, outcome, pause, review
from onewindow.cases.actions.serving import Handing
from onewindow.cases.models import Case, Delivery
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.catalogue.procedure import PROCEDURES
from onewindow.documents.certificates import issue_certificate
from onewindow.documents.models import Certificate
from onewindow.kernel import secrecy
from onewindow.kernel.ledger import System
from tests.cases.conftest import post
from tests.factories import applications, cases
from tests.factories.catalogue import agency, flagship
from tests.lives import later, world
from tests.lives.book import Life

POSTS = {"受理岗": "clerk", "审查岗": "reviewer", "决定岗": "decider", "机关负责人": "head"}
ELSEWHERE = {"区住建局审查岗": "ZJJ", "区卫健局审查岗": "WJJ"}
GOVERNOR = "区政府负责人"
Act = Callable[[Case, Principal, str], Any]


def begun(life: Life) -> Case:
    """The draft that lacks nothing; at the window the clerk writes it."""
    item = _published(life)
    for code in ("ZJJ", "WJJ"):
        agency(code)
    if life.channel != "窗口":
        return _drafted(life, item)
    clerk = cases.officer(f"{item.agency_id}-clerk", item.agency_id, "clerk")
    case = drafts.open_case(item, by=clerk, person=cases.person(), channel="desk")
    return applications.fill(case, clerk)


def _drafted(life: Life, item: Item) -> Case:
    by, case = cases.citizen(), cases.draft(item)
    if life.held:
        concerning.choose(case, _held(life, case), by=by)
    if life.asks == "告知承诺":
        drafts.save_answers(case, {"route": "promise"}, by=by)
    applications.fill(case, by, lacking="先不交" in life.asks)
    case.parties.all().delete()
    if "文书邮寄" in life.asks:
        case.service = {"way": "post", "address": "新都街道桂湖中路18号"}
        case.save(update_fields=["service"])
    return case


def _held(life: Life, case: Case) -> Certificate:
    """`《公共场所卫生许可证》有效至2026-04-30`, in the applicant's name."""
    name, until = re.fullmatch(r"《(.+)》有效至(.{10})", life.held).groups()  # type: ignore[union-attr]
    assert case.person is not None
    return issue_certificate(
        type_name=name, prefix="OLD", holder=case.person.name, person=case.person, organisation=None,
        holder_index=secrecy.index(case.person.name, purpose="holder"), agency=case.agency, case_number="OLD",
        facts={"title": name, "holder": case.person.name, "organ": case.agency.name, "lines": []},
        valid_from=date(2022, 3, 1), valid_until=date.fromisoformat(until), by=System("test"),
    )  # fmt: skip


def _published(life: Life) -> Item:
    """A version of the item for this life alone: it may say other things than that of the next."""
    item = flagship(life.item)
    Agency.objects.filter(pk=item.agency_id).update(phone="028-83972345")
    number = item.versions.count() + 1
    body = life.guide.model_dump(mode="json")
    item.current = ItemVersion.objects.create(item=item, number=number, body=body, digest=f"{life.item}-{number}")
    item.save(update_fields=["current"])
    return item


def who(case: Case, named: str, usual: str) -> Principal:
    """`[决定岗]` in the line, else whoever usually does it; the other person is a stranger to the case."""
    named = named or usual
    if named == "申请人":
        return cases.citizen()
    if named == "另一人":
        return cases.citizen("chen", name="陈静", number="510125198907142128", phone="13880005678")
    if named == GOVERNOR:
        return cases.officer("governor", None, "governor")
    if named == "另一方":
        return cases.citizen("wang", name="王强", number="510125198506210014", phone="13880009999")
    if named in ELSEWHERE:
        return cases.officer(f"{ELSEWHERE[named]}-reviewer", ELSEWHERE[named], "reviewer")
    if named not in POSTS:
        return cases.officer(f"{case.agency_id}-{named}", case.agency_id, "reviewer")
    return post(case, POSTS[named])


def _ask(case: Case, by: Principal, said: str, why_again: str = "") -> None:
    """`《近期1寸免冠照片》太暗`; without a title it is about the first paper of the guide."""
    title, text = found.groups() if (found := re.fullmatch(r"《(.+?)》(.+)", said)) else ("", said)
    materials = case.guide.materials
    key = next((each.key for each in materials if each.name == title), materials[0].key)
    remarks = [{"on": f"material:{key}", "text": text}] if text else []
    correction.ask_for_corrections(case, by=by, remarks=remarks, why_again=why_again)


def _ask_again(case: Case, by: Principal, said: str) -> None:
    _ask(case, by, said, why_again=said)


def _mend(case: Case, by: Principal, said: str) -> None:
    """Every paper that was asked for is handed in anew, unless the life says it was not."""
    if said != "什么也没有改":
        for remark in case.open_remarks:
            drafts.add_paper(case, remark["on"].removeprefix("material:"), applications.picture(by), by=by)
    correction.hand_in_corrections(case, by=by)


def _fix(case: Case, by: Principal, said: str) -> None:
    for remark in case.open_remarks:
        drafts.add_paper(case, remark["on"].removeprefix("material:"), applications.picture(by), by=by)
    intake.request_prereview(case, by=by)


def _remark(case: Case, by: Principal, said: str) -> None:
    intake.return_with_remarks(
        case, by=by, remarks=[{"on": f"material:{case.guide.materials[0].key}", "text": said}] if said else []
    )


def _refuse(case: Case, by: Principal, said: str) -> None:
    """`不属于本机关职权范围，应当向区住建局申请`, or the ground alone."""
    ground, _, organ = said.partition("，应当向")
    key = next((key for key, words in intake.REFUSAL_GROUNDS.items() if words == ground), ground)
    intake.refuse_to_accept(
        case, by=by, ground=key, reason="依照本事项的规程核对申请内容", right_organ=organ.removesuffix("申请")
    )


def _pause(case: Case, by: Principal, said: str) -> None:
    name, days = re.fullmatch(r"(\D+)(\d+)个工作日", said).groups()  # type: ignore[union-attr]
    procedure = next((key for key, words in PROCEDURES.items() if words == name.strip("，")), name)
    pause.pause(case, by=by, procedure=procedure, days=int(days), reason="按审查的需要安排")


def _extend(case: Case, by: Principal, said: str) -> None:
    days, reason = re.fullmatch(r"(\d+)个工作日(?:，(.*))?", said).groups()  # type: ignore[union-attr]
    extension.extend(case, by=by, days=int(days), reason=reason or "")


def _again(case: Case, by: Principal, said: str) -> None:
    """Another application of the same person; at the window the clerk takes it in and is asked to accept it."""
    item = Item.objects.get(pk=case.item_id)
    item.current = case.version
    item.save(update_fields=["current"])
    if by == cases.citizen():
        intake.submit(applications.fill(cases.draft(item), by), by=by)
        return
    fresh = drafts.open_case(item, by=by, person=cases.person(), channel="desk")
    intake.submit_in_person(applications.fill(fresh, by), by=by)
    if said == "仍不予受理":
        intake.refuse_to_accept(fresh, by=by, ground="barred", reason="还在一年的期限之内")
    else:
        intake.accept(fresh, by=by)


WAYS = {way.label.split("（")[0]: way for way in Delivery.Way}


def _deliver(case: Case, by: Principal, said: str) -> None:
    """`邮寄送达，单号EMS123，2026-03-26签收`; `代收人签收，李强（儿子）`; `留置送达，拒收，见证人王强`."""
    way, *more = said.split("，")
    told: dict[str, Any] = {}
    for part in more:
        if part.startswith("单号"):
            told["tracking"] = part.removeprefix("单号")
        elif part.endswith("签收"):
            told["on"] = date.fromisoformat(part.removesuffix("签收"))
        elif part.startswith("见证人"):
            told["handing"] = Handing(WAYS[way], refused="当面拒收", witnesses=part)
        elif found := re.fullmatch(r"(.+)（(.+)）", part):
            told["receiver"], told["relation"] = found.groups()
    outcome.deliver(case, by=by, way=WAYS[way], **told)


# The act as the life calls it → who usually does it, and the action.
ACTS: dict[str, tuple[str, Act]] = {
    "提交预审": ("申请人", lambda case, by, said: intake.request_prereview(case, by=by)),
    "退回修改": ("受理岗", _remark),
    "改好再交预审": ("申请人", _fix),
    "预审通过": ("受理岗", lambda case, by, said: intake.pass_prereview(case, by=by)),
    "正式提交": ("申请人", later.submit),
    "收件": ("受理岗", lambda case, by, said: intake.receive(case, by=by)),
    "窗口收件": ("受理岗", lambda case, by, said: intake.submit_in_person(case, by=by)),
    "告知补正": ("受理岗", _ask),
    "再次告知补正": ("受理岗", _ask_again),
    "提交补正": ("申请人", _mend),
    "受理": ("受理岗", lambda case, by, said: intake.accept(case, by=by)),
    "不予受理": ("受理岗", _refuse),
    "签署审查意见": ("审查岗", lambda case, by, said: review.give_opinion(
        case, by=by, advice="disagree" if said.startswith("建议不予") else "agree", opinion=said or "符合条件"
    )),
    "进入特别程序": ("审查岗", _pause),
    "特别程序结束": ("审查岗", lambda case, by, said: pause.resume(case, by=by, result=said)),
    "延长审批": ("机关负责人", _extend),
    "终止办理": ("决定岗", lambda case, by, said: pause.terminate(case, by=by, reason=said)),
    "准予": ("决定岗", lambda case, by, said: outcome.grant(case, by=by)),
    "不予": ("决定岗", lambda case, by, said: outcome.deny(case, by=by, reason=said)),
    "不予，提供虚假材料": ("决定岗", lambda case, by, said: outcome.deny(case, by=by, reason=said, concealed=True)),
    "再次申请这项许可": ("申请人", _again),
    "送达": ("受理岗", _deliver),
    "办结": ("受理岗", lambda case, by, said: outcome.finish(case, by=by)),
    "撤回申请": ("申请人", lambda case, by, said: intake.withdraw(case, by=by, reason=said)),
    "当场办结": ("受理岗", lambda case, by, said: instant.complete(case, by=by)),
    "无事": ("申请人", lambda case, by, said: None),
    **later.ACTS,
    **world.ACTS,
}  # fmt: skip
WITHOUT_ROW = later.WITHOUT_ROW | world.WITHOUT_ROW | {"再次申请这项许可"}
# Where the ledger calls it otherwise.
EVENTS = {
    "不予，提供虚假材料": "不予",
    "改好再交预审": "提交预审", "再次告知补正": "告知补正", "窗口收件": "正式提交", "当场办结": "正式提交",
}  # fmt: skip
