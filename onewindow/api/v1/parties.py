"""共同申请人 for programs: the applicant asks by name, the one asked reads what is declared, confirms or declines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja import Field, Router, Schema

from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.api.auth import READ, WRITE, Request, count
from onewindow.api.idempotency import Key, once
from onewindow.api.problems import not_found
from onewindow.api.reading import Strict
from onewindow.api.v1 import asked
from onewindow.api.v1.cases import own_case
from onewindow.cases import parties
from onewindow.cases.actions import parties as acts
from onewindow.cases.actions.serving import AGREEMENT
from onewindow.cases.models import Party
from onewindow.kernel import forms, numbers, secrecy

router = Router()
NOBODY = "没有这份邀请，或者它不是给您的。请核对邀请编号；邀请上写的姓名要和您登记的一致。"


class Invitation(Strict):
    need: str = Field(max_length=40, description="办件 parties.needed 里的 need")
    name: str = Field(min_length=2, max_length=80, description="对方身份证上的姓名")
    phone: str = Field("", pattern=r"^(1[3-9]\d{9})?$", description="填了就发短信告诉对方")


class Confirmation(Strict):
    seen: str = Field(max_length=64, description="GET 时给出的 declared.seen；内容改过就对不上，要重新看")
    agreed: bool = Field(default=False, description="同意电子送达（declared.agreement）")


class Refusal(Strict):
    reason: str = Field(min_length=2, max_length=300, description="为什么不同意，申请人会看到")


class PaperDeclared(Schema):
    material: str
    name: str
    sha256: str


class Declared(Schema):
    """What is confirmed: the form with masked numbers, and the papers by their hash."""

    form: dict[str, Any]
    papers: list[PaperDeclared]
    seen: str
    agreement: str


class PartyReply(asked.PartyOfCase):
    item: str
    agency: str
    applicant: str = Field(description="隐去部分的姓名")
    case: str = Field(description="办件编号；接受邀请以后才有")
    state_label: str
    declared: Declared | None = Field(description="申请的内容；接受邀请以后才有")


@router.post("/cases/{number}/parties", response={201: asked.PartyOfCase}, auth=WRITE)
def invite(request: Request, number: str, body: Invitation, key: Key) -> JsonResponse:
    """请人一起申请：把邀请编号或网址交给对方，对方确认以后才能提交。"""
    return once(request, key, 201, lambda: _invite(request, number, body))


def _invite(request: Request, number: str, body: Invitation) -> asked.PartyOfCase:
    case = own_case(request, number)
    count(f"party:{request.auth.user_id}", acts.A_DAY, timedelta(days=1))
    return asked.party(acts.invite(case, body.need, body.name, phone=body.phone, by=request.auth))


@router.delete("/cases/{number}/parties/{party}", response={204: None}, auth=WRITE)
def remove(request: Request, number: str, party: str) -> HttpResponse:
    """收回邀请；提交以前都可以。"""
    found = Party.objects.filter(pk=numbers.read_share_number(party), case=own_case(request, number)).first()
    if found is None:
        raise not_found("这个办件没有这份邀请。")
    acts.remove(found, by=request.auth)
    return HttpResponse(status=204)


def invited(by: Principal, number: str) -> Party:
    """The one door: who has joined, or whose name is on an invitation nobody has taken. Anybody else finds nothing."""
    known = Party.objects.current().select_related("case__item", "case__version", "case__agency")
    found = known.filter(pk=numbers.read_share_number(number)).first()
    if found is None or by.person_id is None:
        raise not_found(NOBODY)
    meant = found.person_id is None and Person.objects.filter(pk=by.person_id, name=found.name).exists()
    if found.person_id != by.person_id and not meant:
        raise not_found(NOBODY)
    return found


@router.get("/parties/{number}", response=PartyReply, auth=READ)
def show(request: Request, number: str) -> PartyReply:
    """对方看邀请：请您一起办什么；接受以后看到申请的全部内容。"""
    return _reply(invited(request.auth, number))


@router.post("/parties/{number}/joining", response=PartyReply, auth=WRITE)
def join(request: Request, number: str, key: Key) -> JsonResponse:
    """接受邀请；接受以后再决定同意还是不同意。"""
    return once(request, key, 200, lambda: _reply(acts.join(invited(request.auth, number), by=request.auth)))


@router.post("/parties/{number}/confirmation", response=PartyReply, auth=WRITE)
def confirm(request: Request, number: str, body: Confirmation, key: Key) -> JsonResponse:
    """确认内容属实，同意一起申请。"""
    return once(request, key, 200, lambda: _confirm(request, number, body))


def _confirm(request: Request, number: str, body: Confirmation) -> PartyReply:
    found = invited(request.auth, number)
    return _reply(acts.confirm(found, by=request.auth, seen=body.seen, agreed=body.agreed))


@router.post("/parties/{number}/refusal", response=PartyReply, auth=WRITE)
def decline(request: Request, number: str, body: Refusal, key: Key) -> JsonResponse:
    """不同意一起申请，写明为什么。"""
    return once(request, key, 200, lambda: _decline(request, number, body.reason))


def _decline(request: Request, number: str, reason: str) -> PartyReply:
    return _reply(acts.decline(invited(request.auth, number), by=request.auth, reason=reason))


def _reply(found: Party) -> PartyReply:
    case, joined = found.case, found.joined_at is not None
    return PartyReply(
        **asked.party(found).model_dump(), item=case.item.name, agency=case.agency.name,
        applicant=secrecy.mask_name(case.applicant_name), case=case.number if joined else "",
        state_label=case.get_state_display() if joined else "", declared=_declared(found) if joined else None,
    )  # fmt: skip


def _declared(found: Party) -> Declared:
    case = found.case
    papers = case.papers.filter(removed_at__isnull=True).select_related("file")
    names = {material.key: material.name for material in case.guide.materials}
    return Declared(
        form=forms.masked(case.guide.form, case.form), seen=parties.mark(case), agreement=AGREEMENT,
        papers=[
            PaperDeclared(
                material=each.material, name=names.get(each.material, each.title or each.material),
                sha256=each.file.sha256 if each.file else "",
            )
            for each in papers
        ],
    )  # fmt: skip
