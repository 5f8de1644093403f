"""更正 for programs: an officer proposes that a field says something else; the applicant consents or not."""

from __future__ import annotations

from collections.abc import Callable

from django.http import JsonResponse
from ninja import Router

from onewindow.api.auth import WRITE, Request
from onewindow.api.idempotency import Key, once
from onewindow.api.problems import not_found
from onewindow.api.v1 import track
from onewindow.api.v1.cases import own_case
from onewindow.cases.actions import amendment
from onewindow.cases.models import Case

router = Router()


@router.post("/cases/{number}/changes/{change}/consent", response=track.CaseReply, auth=WRITE)
def consent(request: Request, number: str, change: str, key: Key) -> JsonResponse:
    """同意更正：这一项从现在起按新的内容。改什么、为什么，在办件的 changes 里。"""
    return once(request, key, 200, lambda: _answer(request, number, change, amendment.consent))


@router.post("/cases/{number}/changes/{change}/refusal", response=track.CaseReply, auth=WRITE)
def refuse(request: Request, number: str, change: str, key: Key) -> JsonResponse:
    """不同意更正：内容不变。"""
    return once(request, key, 200, lambda: _answer(request, number, change, amendment.refuse))


def _answer(request: Request, number: str, change: str, act: Callable[..., Case]) -> track.CaseReply:
    case = own_case(request, number)
    if change not in {each["id"] for each in case.amendments}:
        raise not_found("这个办件没有这项更正。")
    return track.reply(act(case, by=request.auth, change=change))
