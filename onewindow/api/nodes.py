"""What a hall node says to the centre and asks of it (docs/decisions/0025): contact, brief, rows, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from onewindow.api.auth import count
from onewindow.api.problems import Problem, invalid, malformed, unauthorised
from onewindow.api.reading import parse
from onewindow.documents import files
from onewindow.documents.content import FileRefused
from onewindow.hall.models import Node
from onewindow.hall.node import briefs, centre, taking
from onewindow.kernel import limits

MINUTE = timedelta(minutes=1)
PER_MINUTE, GUESSES = 6000, 60
ROWS = 500

View = Callable[[HttpRequest, Node, Any], Any]


def node_only(method: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """`Authorization: Bearer own_…` of a node of the site in the address; a guess counts against its sender."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @require_http_methods([method])
        @wraps(view)
        def run(request: HttpRequest, site: str, **more: str) -> HttpResponse:
            try:
                node = _of(request, site)
                said = parse(request.body) if method == "POST" else more.get("digest", "")
                return JsonResponse(view(request, node, said), json_dumps_params={"ensure_ascii": False})
            except centre.Refused as refusal:
                return _refused(refusal)
            except Problem as problem:
                return problem.response

        return run

    return decorate


def _of(request: HttpRequest, site: str) -> Node:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    node = centre.known(token.strip(), site) if scheme.lower() == "bearer" else None
    if node is None:
        count(f"node:address:{limits.address(request)}", GUESSES, MINUTE)
        raise unauthorised()
    count(f"node:{node.pk}", PER_MINUTE, MINUTE)
    return node


def _refused(refusal: centre.Refused) -> HttpResponse:
    """409; `fenced` tells the node that it has no say any more."""
    response = Problem("conflict", refusal.message).response
    response.headers["Node-Fenced"] = "1" if refusal.fenced else "0"
    return response


@node_only("POST")
def contact(request: HttpRequest, node: Node, said: Any) -> dict[str, Any]:
    try:
        oldest, now = said.pop("oldest_at", None), _moment(said.pop("clock"))
        told = centre.Contact(**said, clock=now, oldest_at=_moment(oldest) if oldest else None)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise malformed() from error
    return centre.contact(node, told)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


@node_only("POST")
def brief(request: HttpRequest, node: Node, said: Any) -> dict[str, Any]:
    """Only to who has the say: a token that was never used, or is used up, learns nothing of staff and bookings."""
    if node.state not in Node.HOLDING:
        raise centre.Refused("这个节点不在主持大厅。", fenced=node.state == Node.State.ENDED)
    try:
        have, begin = dict(said["have"]), bool(said["begin"])
    except (KeyError, TypeError, ValueError) as error:
        raise malformed() from error
    if begin and node.taken:
        raise centre.Refused("这台机器已经送来过数据，不能从头开始。请在中心强制收回，再签发新的令牌。", fenced=True)
    return briefs.brief(node, have, begin=begin)


@node_only("POST")
def rows(request: HttpRequest, node: Node, said: Any) -> dict[str, Any]:
    try:
        sent = [taking.Sent(**row) for row in said["rows"]]
    except (KeyError, TypeError) as error:
        raise malformed() from error
    if len(sent) > ROWS:
        raise invalid([("rows", f"一次最多 {ROWS} 行")])
    taken, head = taking.take(node, sent)
    return {"taken": taken, "head": head}


@node_only("PUT")
def file(request: HttpRequest, node: Node, digest: str) -> dict[str, Any]:
    """The content of a scanned paper, before the rows that name it; the same again changes nothing."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise malformed()
    if node.state == Node.State.ISSUED:
        raise centre.Refused("这个节点还没有启用。")
    try:
        files.keep_content(cast(BinaryIO, request), digest)
    except FileRefused as refusal:
        raise invalid([("body", str(refusal))]) from refusal
    return {"digest": digest}
