"""Callbacks of outside systems 外部系统: signed, of this moment, kept once; the adapter reads them."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from onewindow.api.auth import count
from onewindow.api.problems import Problem, invalid, not_found
from onewindow.exchange import inbox, systems
from onewindow.exchange.adapters.base import Refused
from onewindow.exchange.models import Letter, System
from onewindow.kernel import limits, wire

log = logging.getLogger(__name__)
MOST = 256 * 1024
PER_MINUTE = 1200
ANSWERS = {Letter.State.DONE: "done", Letter.State.WAITING: "waiting", Letter.State.PARKED: "parked"}


@require_POST
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """200 once the words are kept, whatever becomes of them: the other side need not send them again."""
    try:
        count(f"exchange:{key[:40]}:{limits.address(request)}", PER_MINUTE, timedelta(minutes=1))
        system = System.objects.filter(key=key).first()
        if system is None:
            raise not_found("没有这个外部系统。")
        if (wire.whole(request.META.get("CONTENT_LENGTH") or "0") or 0) > MOST:
            raise Problem("too-large", "一次最多 256 KB，请分几次送。")
        return _take(request, system)
    except Problem as problem:
        return problem.response


def _take(request: HttpRequest, system: System) -> HttpResponse:
    try:
        words = systems.adapter(system).receive(request.path, request.headers, request.body)
    except Refused as refusal:
        systems.disbelieve(system, refusal)
        log.warning("%s 的回调没有收：%s", system.key, refusal.message)
        if refusal.genuine:
            raise invalid([("body", refusal.message)]) from refusal
        raise Problem("unauthorised", f"回调没有收：{refusal.message}") from refusal
    except ValueError as problem:
        raise Problem("conflict", "这个外部系统没有设置好，请联系平台运维。") from problem
    letters = inbox.take(system, words)
    return JsonResponse({"events": [{"id": each.mark, "state": ANSWERS[Letter.State(each.state)]} for each in letters]})
