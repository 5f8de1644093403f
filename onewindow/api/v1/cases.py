"""Cases 办件 of the token's user: from the draft to the withdrawal. A stranger's case does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from ninja import Body, Field, Query, Router

from onewindow.accounts.actions import NAMED_BY_OTHER, checked_number, find_or_create_person
from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.api.auth import READ, WRITE, Request
from onewindow.api.idempotency import Key, once
from onewindow.api.paging import Page, cut
from onewindow.api.problems import Problem, invalid, not_found
from onewindow.api.reading import Answers, Strict, sealed_form, typed_answers
from onewindow.api.v1 import track
from onewindow.cases import applicants, readiness
from onewindow.cases.actions import correction, drafts, intake
from onewindow.cases.applicants import Applicant
from onewindow.cases.models import Case, CaseQuerySet
from onewindow.cases.promises import Promised
from onewindow.catalogue.models import Item
from onewindow.kernel import forms, secrecy

router = Router()
OutsideNumber = Annotated[str, Query(max_length=60, description="只要有这个外部系统编号的")]
NAME_DIFFERS = "姓名与这个证件号码的登记不一致，请核对姓名和号码。"
ONLY_BODIES = "这个事项只受理法人的申请，请写明您受托代办的法人"
NO_MANDATE = "您没有申请人的有效委托，不能替他申请。请先在“我的”里登记委托，或带委托书到综合窗口登记。"


def mine(principal: Principal) -> CaseQuerySet:
    return Case.objects.of_applicant(principal)


def own_case(request: Request, number: str) -> Case:
    rows = mine(request.auth).select_related("item", "version", "agency", "person", "concerns").defer("version__body")
    case = rows.filter(number=number).first()
    if case is None:
        raise not_found("没有这个办件，或者不是您的办件。请核对办件编号。")
    return case


@router.get("/cases", response=track.CasePage, auth=READ)
def index(request: Request, page: Query[Page], external: OutsideNumber = "") -> dict[str, Any]:
    """我的办件，新的在前。"""
    own = mine(request.auth)
    if external:
        own = own.filter(outside_number=external)
    rows = own.select_related("item").order_by("-id")
    if page.after:
        rows = rows.filter(pk__lt=own.filter(number=page.after).values("pk"))
    cases, following = cut(rows, page.limit, "number")
    return {"cases": [track.brief(case) for case in cases], "next": following}


@router.get("/cases/{number}", response=track.CaseReply, auth=READ)
def show(request: Request, number: str) -> track.CaseReply:
    """办到哪一步、期限怎么算出来的、还缺什么、预审意见、经过、文书和证照。"""
    return track.reply(own_case(request, number))


class Stated(Strict):
    """申请人, when it is not the token's own person."""

    name: str = Field(min_length=1, max_length=80)
    number: str = Field(max_length=40, description="居民身份证号码（法人为统一社会信用代码）；加密保存，不在答复中给出")
    phone: str = Field("", max_length=20, pattern=r"^[0-9+\-]*$")


class NewCase(Strict):
    item: str = Field(max_length=50)
    answers: Answers = {}
    form: dict[str, Any] = Field({}, description="申请表：字段 key → 值；草稿可以不全")
    applicant: Stated | None = Field(None, description="不填则为令牌本人")


@router.post("/cases", response={201: track.CaseReply}, auth=WRITE)
def create(request: Request, body: NewCase, key: Key) -> JsonResponse:
    """开一份草稿。不启动任何法定期限。"""
    return once(request, key, 201, lambda: track.reply(_open(request.auth, body)))


def _open(by: Principal, body: NewCase) -> Case:
    item = Item.objects.select_related("current", "agency").filter(pk=body.item, current__isnull=False).first()
    if item is None or item.current is None:
        raise invalid([("item", "没有这个事项，请用 GET /api/v1/items 核对编码")])
    guide = item.current.guide
    if not guide.complete:
        raise invalid([("item", "这个事项还没有开通网上申请，请按办理规程到窗口办理")])
    answers, form = typed_answers(guide, body.answers), sealed_form(guide.form, body.form, {})
    chosen = _chosen(by, item, body.applicant) if by.person_id else _named(item, body.applicant)
    person = chosen.person
    if person and body.applicant and body.applicant.phone:
        # For this case only: a phone somebody else gives does not become the person's own.
        person.phone = body.applicant.phone
    return drafts.open_case(
        item, by=by, person=person, organisation=chosen.organisation, mandate=chosen.mandate, channel=Case.Channel.API,
        answers=answers, form=form,
    )  # fmt: skip


def _chosen(by: Principal, item: Item, stated: Stated | None) -> Applicant:
    """A person applies for oneself, or under a mandate 委托 that covers the item."""
    choices = applicants.choices(by, item)
    if stated is None:
        found = next((each for each in choices if each.key == "self"), None)
        if found is None:
            raise invalid([("applicant", ONLY_BODIES)])
        return found
    number = "".join(stated.number.split()).upper()
    found = next((each for each in choices if _has_number(each, number)), None)
    if found is None:
        raise Problem("forbidden", NO_MANDATE)
    return _same_name(found, stated.name)


def _has_number(each: Applicant, number: str) -> bool:
    if each.organisation:
        return each.organisation.credit_code == number
    return each.person is not None and each.person.number_index == secrecy.index(number, purpose="person")


def _named(item: Item, stated: Stated | None) -> Applicant:
    """A program's account has no person of its own and files for the person it names."""
    if stated is None:
        raise invalid([("applicant", "令牌没有本人身份，请写明申请人的姓名和证件号码")])
    if item.target and "自然人" not in item.target:
        raise invalid([("applicant", ONLY_BODIES)])
    try:
        number = checked_number(stated.number, Person.Document.RESIDENT_ID)
    except ValidationError as error:
        raise invalid([("applicant.number", str(error.message))]) from error
    person, _ = find_or_create_person(stated.name, number, Person.Document.RESIDENT_ID, source=NAMED_BY_OTHER)
    return _same_name(Applicant("named", person.name, person.number_masked, person=person), stated.name)


def _same_name(found: Applicant, name: str) -> Applicant:
    party = found.organisation or found.person
    assert party is not None
    if party.name != name.strip():
        raise invalid([("applicant.name", NAME_DIFFERS)])
    return found


@router.put("/cases/{number}/answers", response=track.CaseReply, auth=WRITE)
def put_answers(request: Request, number: str, answers: Annotated[Answers, Body()]) -> track.CaseReply:
    """用新的答案代替原来的；材料清单随之变化。"""
    case = own_case(request, number)
    drafts.save_answers(case, typed_answers(case.guide, answers), by=request.auth)
    return track.reply(case)


@router.put("/cases/{number}/form", response=track.CaseReply, auth=WRITE)
def put_form(request: Request, number: str, form: Annotated[dict[str, Any], Body()]) -> track.CaseReply:
    """用新的申请表代替原来的。证件号码可以原样送回隐去中间的形式，表示不变；改过的字段上的预审意见算已改。"""
    case = own_case(request, number)
    schema = case.guide.form
    drafts.ensure_editable(case, request.auth)
    merged = sealed_form(schema, form, case.form)
    changed = [change.key for change in forms.changes(schema, case.form, merged)]
    drafts.save_form(case, merged, by=request.auth, changed=changed)
    return track.reply(case)


class Declared(Strict):
    declared: Literal[True] = Field(description="申请人已作出 declaration 所列的真实性承诺（行政许可法第三十一条）")


class Ticks(Strict):
    """What may be promised is told by GET …/promises."""

    gaps: bool = Field(default=False, description="承诺后补容缺的材料")
    licence: bool = Field(default=False, description="按告知承诺办理，承诺符合告知的全部条件和标准")
    proofs: list[str] = Field(default=[], max_length=50, description="以书面承诺代替的证明：材料 key")


class Submission(Declared):
    promised: Ticks = Ticks()


class Withdrawal(Strict):
    reason: str = Field("", max_length=200)


@router.post("/cases/{number}/prereview", response=track.CaseReply, auth=WRITE)
def prereview(request: Request, number: str, body: Declared, key: Key) -> JsonResponse:
    """提交预审：工作人员先看一遍，一个工作日内答复。不齐时回 422，errors 列出缺什么。"""
    return once(request, key, 200, lambda: _send(request, number, intake.request_prereview))


@router.post("/cases/{number}/submission", response=track.CaseReply, auth=WRITE)
def submission(request: Request, number: str, body: Submission, key: Key) -> JsonResponse:
    """正式提交：五个工作日内告知是否受理（行政许可法第三十二条）。不齐时回 422，errors 列出缺什么。"""
    ticks = body.promised
    promised = Promised(ticks.gaps, ticks.licence, frozenset(ticks.proofs))
    return once(request, key, 200, lambda: _send(request, number, intake.submit, promised=promised))


@router.post("/cases/{number}/corrections", response=track.CaseReply, auth=WRITE)
def corrections(request: Request, number: str, body: Declared, key: Key) -> JsonResponse:
    """提交补正：要补的都补齐之后。不齐时回 422，errors 列出缺什么。"""
    return once(request, key, 200, lambda: _send(request, number, correction.hand_in_corrections))


@router.post("/cases/{number}/withdrawal", response=track.CaseReply, auth=WRITE)
def withdrawal(request: Request, number: str, body: Withdrawal, key: Key) -> JsonResponse:
    """撤回申请；决定作出之前都可以。"""
    return once(request, key, 200, lambda: _withdraw(request, number, body.reason))


def _send(request: Request, number: str, act: Callable[..., Case], **said: Promised) -> track.CaseReply:
    case = own_case(request, number)
    # In a wrong state the act itself refuses, with the better reason.
    if case.state in act.transition.source:  # type: ignore[attr-defined]
        found = readiness.check(case)
        missing = ({} if act is intake.submit else found.unanswered) | found.problems
        missing |= {} if act is intake.request_prereview else found.unconfirmed
        missing |= {} if not said else found.offer.lacking(said["promised"])
        if missing:
            raise Problem("not-ready", f"还有 {len(missing)} 处没有补齐，见 errors。补齐后再提交。", missing.items())
    return track.reply(act(case, by=request.auth, **said))


def _withdraw(request: Request, number: str, reason: str) -> track.CaseReply:
    case = own_case(request, number)
    return track.reply(intake.withdraw(case, by=request.auth, reason=reason.strip()))
