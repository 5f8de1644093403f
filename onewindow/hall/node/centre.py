"""The centre's side of a node: its contacts, its lease, what it is to be told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from onewindow.hall.models import Errand, Node
from onewindow.hall.models.nodes import SILENT
from onewindow.hall.node import authority, tables
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import System

# A clock further off than this would date receipts wrongly: such a node does not begin.
SKEW = timedelta(minutes=2)
ERRANDS = 50


class Refused(Exception):
    """What the node is told, and whether it must stop."""

    def __init__(self, message: str, *, fenced: bool = False) -> None:
        super().__init__(message)
        self.message, self.fenced = message, fenced


@dataclass(frozen=True)
class Contact:
    """What a node says of itself each time."""

    instance: str
    program: str
    clock: datetime
    # The lease it holds by its own book: 0 before it has begun.
    lease: int
    # Rows the centre has by its own book, the last row it has numbered, and the hash of its row `taken`.
    sent: int
    last: int
    head: str
    waiting: int
    oldest_at: datetime | None = None


def digest(token: str) -> str:
    # 256 random bits: a plain hash cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()


def known(token: str, site: str) -> Node | None:
    return Node.objects.select_related("site").filter(token_hash=digest(token), site=site).first()


@transaction.atomic
def contact(node: Node, said: Contact) -> dict[str, Any]:
    """Begins the lease at the first contact; the answer says where both stand."""
    now = clock.now()
    if node.state == Node.State.ISSUED:
        _begin(node, said, now)
    node = Node.objects.select_for_update().get(pk=node.pk)
    _ensure_the_same(node, said)
    if said.program != tables.program():
        Node.objects.filter(pk=node.pk).update(fault="程序版本不同", contact_at=now)
        return _answer(node, now, fault="节点和中心的程序版本不同，请升级后再对账。大厅照常，号先留在节点。")
    if node.state == Node.State.LEAVING and not said.waiting and said.sent == node.taken:
        _end(node, by=System("node", f"大厅节点（{node.name}）"))
    node.contact_at, node.fault = now, ""
    node.skew_ms = max(-(2**31), min(2**31 - 1, round((said.clock - now).total_seconds() * 1000)))
    node.waiting, node.oldest_at = said.waiting, said.oldest_at
    node.save(update_fields=["contact_at", "fault", "skew_ms", "waiting", "oldest_at"])
    return _answer(node, now)


def _answer(node: Node, now: datetime, fault: str = "") -> dict[str, Any]:
    live = node.state == Node.State.LIVE
    return {
        "lease": node.pk, "state": node.state, "taken": node.taken, "head": node.head, "now": now.isoformat(),
        "fault": fault, "errands": _errands(node) if live and not fault else [],
    }  # fmt: skip


def _errands(node: Node) -> list[dict[str, Any]]:
    """Those that came just now: nobody draws for who has given up waiting."""
    fresh = Errand.objects.filter(site=node.site_id, state=Errand.State.WAITING, asked_at__gt=clock.now() - SILENT / 2)
    return [
        {"number": each.number, "what": each.what, "said": each.said} for each in fresh.order_by("asked_at")[:ERRANDS]
    ]


def _begin(node: Node, said: Contact, now: datetime) -> None:
    """启用: the site is the node's from here on; whoever was just drawing or calling has finished."""
    if said.program != tables.program():
        raise Refused("节点和中心的程序版本不同，请先升级成同一个版本。")
    if abs(said.clock - now) > SKEW:
        raise Refused(f"节点的时钟和中心差 {abs(said.clock - now).total_seconds():.0f} 秒，请先校准（NTP）。")
    authority.hold(node.site_id)
    if other := Node.objects.filter(site=node.site_id, state__in=Node.HOLDING).first():
        raise Refused(f"这个大厅已由节点“{other.name}”主持。请先在中心的“大厅节点”页交回或强制收回。")
    begun = Node.objects.filter(pk=node.pk, state=Node.State.ISSUED)
    if begun.update(state=Node.State.LIVE, begun_at=now, instance=said.instance):
        note(node, "node.begun", by=System("node", f"大厅节点（{node.name}）"), instance=said.instance)


def _ensure_the_same(node: Node, said: Contact) -> None:
    """One machine, one outbox: a second with the same token, a clone, or one set back is stopped."""
    if node.instance != said.instance:
        raise Refused("这个令牌已由另一台机器启用。请在中心为这台机器签发新的令牌。", fenced=True)
    if not said.lease:
        if node.taken or (node.contact_at and said.last):
            raise Refused("这台机器的库不是当初启用的那个。请在中心强制收回，再签发新的令牌。", fenced=True)
        return
    if said.lease != node.pk:
        raise Refused("令牌和这台机器的主持权不是一回事。请核对令牌。", fenced=True)
    # An answer that was lost leaves the node behind: then it compares (`line.Line`), by the head we answer.
    if said.last < node.taken or (said.sent == node.taken and said.head != node.head):
        raise Refused("这台机器的库被还原过，或者另有一台相同的机器在运行。请在中心强制收回。", fenced=True)


def _end(node: Node, *, by: ledger.Actor) -> None:
    node.state, node.ended_at = Node.State.ENDED, clock.now()
    node.save(update_fields=["state", "ended_at"])
    note(node, "node.ended", by=by)


def note(node: Node, event: str, *, by: ledger.Actor, **data: Any) -> None:
    ledger.record(("node", f"{node.site_id}-{node.pk}"), event, by=by, data={"name": node.name, **data})
