"""Rows of a node put in at the centre: in order, each once; what cannot be put in is kept as a conflict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from onewindow.hall import live
from onewindow.hall.models import Booking, Device, Errand, Node, NodeConflict, Receipt, Slot, Ticket, Visit, Window
from onewindow.hall.node import tables
from onewindow.hall.node.centre import Refused
from onewindow.hall.node.images import Row, put, remove
from onewindow.kernel import ledger, secrecy
from onewindow.kernel.models import Chain, DaySeal, Entry, Flowing

# Hash and key columns of a chain the centre goes on with itself.
CHAIN = ("chain_seq", "chain_head", "revision")


@dataclass(frozen=True)
class Sent:
    """One row of the outbox on the wire."""

    n: int
    table: str
    gone: bool
    row: Row
    # The number of a person's document: in the clear inside TLS, in no outbox.
    number: str = ""


@dataclass(frozen=True)
class Told:
    """Who acted, as the node's ledger says it."""

    key: str
    name: str


def chained(head: str, each: Sent) -> str:
    """Both sides count this: the outbox is a chain, so a clone or a copy set back is found."""
    said = ledger.canonical([each.n, each.table, each.gone, each.row])
    return hashlib.sha256((head + said).encode()).hexdigest()


def take(node: Node, rows: list[Sent]) -> tuple[int, str]:
    """Number and hash of the last row that is in. Known rows are passed over, a missing one refuses those behind it."""
    with tables.mirroring(node.site_id):
        node = Node.objects.select_for_update().get(pk=node.pk)
        if node.state == Node.State.ISSUED:
            raise Refused("这个节点还没有启用。")
        with connection.cursor() as cursor:
            # What does not fit shall fail with its row.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        fresh = [each for each in sorted(rows, key=lambda each: each.n) if each.n > node.taken]
        if [each.n for each in fresh] != list(range(node.taken + 1, node.taken + 1 + len(fresh))):
            raise Refused(f"中间缺了行，请从第 {node.taken + 1} 行发起。")
        _together(node, fresh)
        for each in fresh:
            node.taken, node.head = each.n, chained(node.head, each)
        node.save(update_fields=["taken", "head"])
        if fresh:  # the manager's map and whatever screens watch the hall from here
            live.tell(node.site, *Window.objects.filter(site=node.site_id))
    return node.taken, node.head


def _together(node: Node, rows: list[Sent]) -> None:
    """All at once where nothing is wrong; else one by one, so that one bad row keeps nobody else."""
    late = node.state == Node.State.ENDED
    try:
        with transaction.atomic():
            for each in rows:
                _put(node, each, late)
    except (DatabaseError, ValueError):
        for each in rows:
            try:
                with transaction.atomic():
                    _put(node, each, late)
            except (DatabaseError, ValueError) as problem:
                keep(node, each, str(problem).splitlines()[0])


def keep(node: Node, each: Sent, reason: str) -> None:
    said = {"n": each.n, "table": each.table, "row": each.row, "reason": reason[:300]}
    NodeConflict.objects.create(node=node, **said)


def _put(node: Node, each: Sent, late: bool) -> None:
    if each.table not in tables.UP:
        raise ValueError("这张表不从节点上来。")
    own = SPECIAL.get(each.table)
    if own is not None:
        own(node, each, late)
    elif each.gone:
        remove(each.table, each.row["id"])
    else:
        _ensure_own(node, each.row, late)
        _plain(each, late)


def _plain(each: Sent, late: bool) -> None:
    kept = tables.UP[each.table]
    fresh: Row = {}
    if late and "chain_seq" in each.row:
        # The chain is written anew here, act by act.
        kept, fresh = kept + CHAIN, {"chain_seq": 0, "chain_head": "\\x", "revision": 0}
    put(each.table, each.row, keep=kept, fresh=fresh)


def _ensure_own(node: Node, row: Row, late: bool) -> None:
    """After 强制收回 what another has the say over is not overwritten: only what the lost node itself began."""
    key = row.get("id")
    if late and isinstance(key, int) and not node.first_key <= key < node.first_key + 10**10:
        raise ValueError("节点收回之后才送到，这一行已由中心或新的节点接着办。")


def _counter(node: Node, each: Sent, late: bool) -> None:
    if not late and each.row["name"].split(":")[1] == node.site_id:
        put(each.table, each.row)


def _booking(node: Node, each: Sent, late: bool) -> None:
    """Who came has come, whatever was cancelled or noted meanwhile; a place given away is no harm: they are here."""
    if each.row["state"] != Booking.State.ARRIVED:
        return
    there = Booking.objects.select_for_update().get(pk=each.row["id"])
    if there.state != Booking.State.ARRIVED:
        if there.state != Booking.State.BOOKED:
            keep(node, each, f"中心的预约已是“{there.get_state_display()}”，人到了大厅，按已签到算。")
        if there.state not in {*Booking.HOLDING, Booking.State.NO_SHOW}:
            # The place may be somebody else's by now: one more was served.
            places = (there.channel, f"taken_{there.channel}")
            Slot.objects.filter(pk=there.slot_id).update(**{name: F(name) + there.people for name in places})
        ticket = each.row["ticket_id"]
        Booking.objects.filter(pk=there.pk).update(
            state=Booking.State.ARRIVED, ticket=ticket, until=None, revision=F("revision") + 1
        )
        Ticket.objects.filter(pk=ticket).update(case=there.case_id)
        Visit.objects.filter(tickets=ticket).update(person=there.person_id)


def _device(node: Node, each: Sent, late: bool) -> None:
    """What it tells of itself; everything else about it is said here."""
    if not late:
        told = {name: each.row[name] for name in ("seen_at", "silent", "state", "sheets", "roll")}
        Device.objects.filter(pk=each.row["id"], site=node.site_id).update(**told)


def _receipt(node: Node, each: Sent, late: bool) -> None:
    """Sealed with our own key: the node's opens nothing here."""
    sealed = {"number_cipher": secrecy.encrypt(each.number, purpose=Receipt.PURPOSE)}
    put(each.table, each.row, keep=tables.UP[each.table], fresh=sealed)


def _file(node: Node, each: Sent, late: bool) -> None:
    """Looked at here, whatever the node found."""
    owner = f"node:{node.pk}"
    put(each.table, each.row, keep=tables.UP[each.table], fresh={"scan": "waiting", "owner": owner})


def _errand(node: Node, each: Sent, late: bool) -> None:
    row = each.row
    moved = Errand.objects.filter(pk=row["number"]).exclude(state=Errand.State.DONE)
    if moved.update(state=row["state"], answer=row["answer"]) and row["state"] == Errand.State.DONE:
        asked = Errand.objects.get(pk=row["number"])
        if asked.person_id:
            Visit.objects.filter(secret=row["answer"], person=None).update(person=asked.person_id)


def _entry(node: Node, each: Sent, late: bool) -> None:
    row = each.row
    at, act = datetime.fromisoformat(row["at"]), (row["kind"], row["subject"])
    if row["kind"] in tables.CHAINS and not late:
        _copy(row, at)
        return
    subject: Flowing | tuple[str, str] = act
    if row["kind"] == Ticket.kind:
        site, day, number = row["subject"].split("-")
        subject = Ticket.objects.get(site=site, day=datetime.strptime(day, "%Y%m%d").date(), number=number)
        _ensure_own(node, {"id": subject.pk}, late)
    elif row["kind"] == Booking.kind:
        subject = Booking.objects.get(number=row["subject"])
    said = row["data"] | {"node": f"{node.site_id}-{node.pk}", "node_at": at.isoformat()}
    ledger.record(subject, row["event"], by=Told(row["actor"], row["actor_name"]), data=said)


def _copy(row: Row, at: datetime) -> None:
    """Hash for hash, after the last one of its chain."""
    chain = {"kind": row["kind"], "subject": row["subject"]}
    before = Entry.objects.filter(**chain, seq=row["seq"] - 1).values_list("hash", flat=True).first()
    if row["seq"] > 1 and before is None:
        raise ValueError(f"哈希链缺少第 {row['seq'] - 1} 条。")
    told = {name: row[name] for name in ("event", "actor", "actor_name", "data")}
    own = hashlib.sha256(bytes(before or b"") + ledger.payload(at=at, **chain, **told).encode()).digest()
    if own.hex() != row["hash"].removeprefix("\\x"):
        raise ValueError("哈希和内容不符。")
    last = DaySeal.objects.order_by("-day").first()
    if last and at.astimezone(ledger.clock.SHANGHAI).date() <= last.day:
        raise ValueError(f"{last.day} 已经日封。")
    Entry.objects.create(at=at, seq=row["seq"], hash=own, **chain, **told)
    if row["kind"] != Ticket.kind:
        head: dict[str, Any] = {"chain_seq": row["seq"], "chain_head": own}
        Chain.objects.update_or_create(**chain, defaults=head)


SPECIAL: dict[str, Callable[[Node, Sent, bool], None]] = {
    "kernel_counter": _counter,
    "kernel_entry": _entry,
    "hall_booking": _booking,
    "hall_device": _device,
    "hall_receipt": _receipt,
    "documents_file": _file,
    "hall_errand": _errand,
}
