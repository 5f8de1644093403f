"""Which certificate 证照 a change, renewal, reissue or cancellation is about, for programs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ninja import Field, Router, Schema

from onewindow.api.auth import READ, WRITE, Request, count
from onewindow.api.problems import Problem, in_words
from onewindow.api.reading import Strict
from onewindow.api.v1 import track
from onewindow.api.v1.cases import own_case
from onewindow.cases import concerning
from onewindow.cases.actions import concerning as acts
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case

router = Router()
# As on the page: nobody finds certificates by trying numbers and names.
TRIES, WINDOW = 15, timedelta(minutes=10)


class Held(Schema):
    number: str
    type_name: str
    valid_until: date | None
    apply_by: date | None = Field(description="申请延续的最后一天")
    fault: str = Field(description="为什么不能选它；空着就是可以")


class HeldReply(Schema):
    act: str = Field(description="变更、延续、补办、注销；空着是这个事项不涉及已有的证照")
    chosen: str
    held: list[Held] = Field(description="申请人名下的")


class Choice(Strict):
    number: str = Field(min_length=1, max_length=80)
    holder: str = Field("", max_length=120, description="证照上的持证人；不在申请人名下的列表里时要填")


@router.get("/cases/{number}/certificates", response=HeldReply, auth=READ)
def show(request: Request, number: str) -> dict[str, Any]:
    """可以选哪一张证照：申请人名下的、最迟哪天申请、为什么不能选。"""
    case = own_case(request, number)
    concerns = case.guide.concerns
    if concerns is None:
        return {"act": "", "chosen": "", "held": []}
    rows = [
        Held(
            number=each.number, type_name=each.type_name, valid_until=each.valid_until,
            apply_by=concerning.apply_by(each, concerns), fault=concerning.fault(case, each),
        )
        for each in concerning.held(case)
    ]  # fmt: skip
    return {"act": concerning.word(concerns), "chosen": case.concerns.number if case.concerns else "", "held": rows}


@router.put("/cases/{number}/concerns", response=track.CaseReply, auth=WRITE)
def choose(request: Request, number: str, body: Choice) -> track.CaseReply:
    """选定是哪一张证照；申请表里空着的项目按原证填好，证件号码除外。"""
    case = own_case(request, number)
    if case.guide.concerns is None:
        raise Problem("conflict", "这个事项不涉及已有的证照，不用选。")
    drafts.ensure_editable(case, request.auth)
    with in_words():
        _choose(request, case, body)
    return track.reply(case)


def _choose(request: Request, case: Case, body: Choice) -> None:
    found = concerning.held(case).filter(number=body.number).first()
    if found is None:
        count(f"held:{request.auth.key}", TRIES, WINDOW)
        found = acts.find(case, body.number, body.holder.strip(), by=request.auth)
    acts.choose(case, found, by=request.auth)
