"""Outside systems 外部系统 call back and fetch files: signed, of this moment; the adapter reads and believes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from onewindow.api.auth import count
from onewindow.api.problems import Problem, invalid, not_found
from onewindow.documents import files
from onewindow.exchange import inbox, outbox, systems
from onewindow.exchange.adapters.base import Adapter, Refused
from onewindow.exchange.models import Letter, System
from onewindow.kernel import limits, wire

Said = TypeVar("Said")
log = logging.getLogger(__name__)
MOST = 256 * 1024
PER_MINUTE = 1200
ANSWERS = {Letter.State.DONE: "done", Letter.State.WAITING: "waiting", Letter.State.PARKED: "parked"}


@require_POST
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """200 once the words are kept, whatever becomes of them: the other side need not send them again."""
    try:
        system = _known(request, key)
        if (wire.whole(request.META.get("CONTENT_LENGTH") or "0") or 0) > MOST:
            raise Problem("too-large", "一次最多 256 KB，请分几次送。")
        return _take(request, system)
    except Problem as problem:
        return problem.response


@require_GET
def file(request: HttpRequest, key: str, paper: UUID) -> HttpResponseBase:
    """A file of a case handed over to them, for some hours, to who signs as they do."""
    try:
        system = _known(request, key)
        _believed(system, lambda adapter: adapter.asks(request.path, request.headers))
        found = outbox.fetched(system, paper)
        if found is None or found.file is None:
            raise not_found("没有这个文件，或者已经过了可以取的时间，或者还在做安全检查。")
        return files.serve(found.file)
    except Problem as problem:
        return problem.response


def _known(request: HttpRequest, key: str) -> System:
    count(f"exchange:{key[:40]}:{limits.address(request)}", PER_MINUTE, timedelta(minutes=1))
    system = System.objects.filter(key=key).first()
    if system is None:
        raise not_found("没有这个外部系统。")
    return system


def _take(request: HttpRequest, system: System) -> HttpResponse:
    words = _believed(system, lambda adapter: adapter.receive(request.path, request.headers, request.body))
    letters = inbox.take(system, words)
    return JsonResponse({"events": [{"id": each.mark, "state": ANSWERS[Letter.State(each.state)]} for each in letters]})


def _believed(system: System, ask: Callable[[Adapter], Said]) -> Said:
    """What the adapter makes of the request; a request it does not believe is counted and refused."""
    try:
        return ask(systems.adapter(system))
    except Refused as refusal:
        systems.disbelieve(system, refusal)
        log.warning("%s 的请求没有收：%s", system.key, refusal.message)
        if refusal.genuine:
            raise invalid([("body", refusal.message)]) from refusal
        raise Problem("unauthorised", f"请求没有收：{refusal.message}") from refusal
    except ValueError as problem:
        raise Problem("conflict", "这个外部系统没有设置好，请联系平台运维。") from problem
