"""主持权: given to a node, handed back by it, or taken away from one that is lost."""

from __future__ import annotations

import secrets

from django.db import connection, transaction

from onewindow.accounts.models import Site
from onewindow.hall.models import Node, NodeConflict, Zone
from onewindow.hall.node import authority
from onewindow.hall.node.centre import digest, note
from onewindow.kernel import clock
from onewindow.kernel.ledger import Actor


@transaction.atomic
def issue(site: Site, name: str, *, by: Actor) -> tuple[Node, str]:
    """A lease and its token, shown once. It begins when the node first calls, if no other has the say then."""
    name = name.strip()[:60]
    if not name:
        raise ValueError("请给节点起个名字，例如：一楼机房。")
    if not site.zones.exists():
        raise ValueError("这个场所没有大厅（没有区域），不需要节点。")
    token = "own_" + secrets.token_urlsafe(32)
    node = Node.objects.create(site=site, name=name, token_hash=digest(token))
    note(node, "node.issued", by=by)
    return node, token


@transaction.atomic
def call_back(node: Node, *, by: Actor) -> None:
    """交回: the node stops, sends what it has, and then the centre goes on."""
    if not Node.objects.filter(pk=node.pk, state=Node.State.LIVE).update(state=Node.State.LEAVING):
        raise ValueError("这个节点现在不在主持，不能交回。")
    note(node, "node.called_back", by=by)


@transaction.atomic
def take_away(node: Node, *, by: Actor, reason: str) -> None:
    """强制收回, for a node that is lost: numbers go on at the next thousand, so none of it is given out again."""
    reason = reason.strip()[:200]
    if len(reason) < 4:
        raise ValueError("请写明为什么强制收回，例如：机器烧坏，换新机。")
    authority.hold(node.site_id)
    held = Node.objects.filter(pk=node.pk, state__in=[Node.State.ISSUED, *Node.HOLDING])
    began = node.begun_at is not None
    if not held.update(state=Node.State.ENDED, ended_at=clock.now(), forced=began):
        raise ValueError("这个节点已经收回。")
    if began:
        _jump(node.site_id)
    note(node, "node.taken_away", by=by, reason=reason)


def _jump(site: str) -> None:
    """Also zones from which no number was told yet today."""
    day = clock.today()
    zones = Zone.objects.filter(site=site).values_list("code", flat=True)
    names = [f"ticket:{site}:{code}:{day:%Y%m%d}" for code in zones] + [f"consultation:{site}:{day:%Y%m%d}"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_counter AS c (name, value) SELECT name, 1000 FROM unnest(%s::text[]) AS name "
            "ON CONFLICT (name) DO UPDATE SET value = (c.value / 1000 + 1) * 1000",
            [names],
        )


@transaction.atomic
def settle(conflict: NodeConflict, *, by: Actor, said: str) -> None:
    """Somebody has looked at it and written down what came of it."""
    said = said.strip()[:200]
    if len(said) < 2:
        raise ValueError("请写一句怎么处理的。")
    open_ = NodeConflict.objects.filter(pk=conflict.pk, settled_at=None)
    if open_.update(settled_at=clock.now(), settled_by=by.name[:80], note=said):
        note(conflict.node, "node.conflict_settled", by=by, n=conflict.n, note=said)
