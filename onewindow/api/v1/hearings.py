"""听证 for programs: the right that was told is used or given up (行政许可法 §47)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import JsonResponse
from ninja import Router

from onewindow.api.auth import READ, WRITE, Request
from onewindow.api.idempotency import Key, once
from onewindow.api.problems import not_found
from onewindow.api.v1 import asked, track
from onewindow.api.v1.cases import own_case
from onewindow.cases.actions import hearings
from onewindow.cases.models import Case

router = Router()


@router.get("/cases/{number}/hearings", response=list[asked.HearingOfCase], auth=READ)
def show(request: Request, number: str) -> list[asked.HearingOfCase]:
    """听证：权利告知、申请、安排在什么时候什么地方、笔录里写了什么。"""
    return asked.hearings(own_case(request, number))


@router.post("/cases/{number}/hearings/{hearing}/request", response=track.CaseReply, auth=WRITE)
def ask(request: Request, number: str, hearing: UUID, key: Key) -> JsonResponse:
    """申请听证：告知权利之日起五个工作日内；不收费，时间地点提前七个工作日通知。"""
    return once(request, key, 200, lambda: _answer(request, number, hearing, hearings.ask))


@router.post("/cases/{number}/hearings/{hearing}/waiver", response=track.CaseReply, auth=WRITE)
def waive(request: Request, number: str, hearing: UUID, key: Key) -> JsonResponse:
    """表示不要求听证，决定不必再等五日。"""
    return once(request, key, 200, lambda: _answer(request, number, hearing, hearings.waive))


def _answer(request: Request, number: str, hearing: UUID, act: Callable[..., Case]) -> track.CaseReply:
    case = own_case(request, number)
    if hearing not in {each.id for each in asked.hearings(case)}:
        raise not_found("这个办件没有这次听证。")
    said: dict[str, Any] = {"proceeding": hearing}
    return track.reply(act(case, by=request.auth, **said))
