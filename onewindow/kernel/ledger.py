"""The one ledger: append-only rows, hash-chained per subject, sealed daily by a Merkle root.

A row's hash is sha256(previous hash ‖ payload); the payload is the canonical JSON of everything the row says. The head of
a chain lives on the subject's own row (`Flowing`) or in `Chain`, so that cutting off the newest rows is noticed too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction

from onewindow.kernel import clock
from onewindow.kernel.models import Chain, Cursor, DaySeal, Entry, Flowing


class Actor(Protocol):
    """Who acts: `key` is stable ("user:7", "system:worker", "token:3"), `name` is what the timeline shows."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class System:
    """The program itself, acting on a timer or a rule."""

    part: str = "worker"
    name: str = "系统"

    @property
    def key(self) -> str:
        return f"system:{self.part}"


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def payload(*, at: datetime, kind: str, subject: str, event: str, actor: str, actor_name: str, data: object) -> str:
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    return canonical([stamp, kind, subject, event, actor, actor_name, data])


APPEND = """
INSERT INTO kernel_entry (at, kind, subject, seq, event, actor, actor_name, data, hash)
SELECT %s, %s, %s, moved.chain_seq, %s, %s, %s, %s::jsonb, moved.chain_head FROM moved RETURNING id, seq, hash
"""


def append_sql(moved: str, moved_params: list[Any], **row: Any) -> tuple[str, list[Any]]:
    """One statement: the CTE `moved` (which must return chain_seq, chain_head) and the row it appends."""
    sql = f"WITH moved AS ({moved}) {APPEND}"
    tail = [row["at"], row["kind"], row["subject"], row["event"], row["actor"], row["actor_name"]]
    return sql, [*moved_params, *tail, canonical(row["data"])]


def record(subject: Flowing | tuple[str, str], event: str, *, by: Actor, data: dict[str, Any] | None = None) -> int:
    """Append an act that moves no state; returns the entry's id. `subject` is a flowing row or a (kind, name) pair."""
    row: dict[str, Any] = {"at": clock.now(), "event": event, "actor": by.key, "actor_name": by.name, "data": data or {}}
    if isinstance(subject, Flowing):
        row |= {"kind": subject.kind, "subject": subject.subject}
        table = connection.ops.quote_name(subject._meta.db_table)
        moved = (
            f"UPDATE {table} SET chain_seq = chain_seq + 1, chain_head = sha256(chain_head || convert_to(%s, 'UTF8')) "
            "WHERE id = %s RETURNING chain_seq, chain_head"
        )
        params: list[Any] = [payload(**row), subject.pk]
    else:
        row |= {"kind": subject[0], "subject": subject[1]}
        text = payload(**row)
        moved = (
            "INSERT INTO kernel_chain AS c (kind, subject, chain_seq, chain_head) "
            "VALUES (%s, %s, 1, sha256(convert_to(%s, 'UTF8'))) ON CONFLICT (kind, subject) DO UPDATE SET "
            "chain_seq = c.chain_seq + 1, chain_head = sha256(c.chain_head || convert_to(%s, 'UTF8')) "
            "RETURNING chain_seq, chain_head"
        )
        params = [*subject, text, text]
    sql, values = append_sql(moved, params, **row)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        entry_id, seq, head = cursor.fetchone()
    if isinstance(subject, Flowing):
        subject.chain_seq, subject.chain_head = seq, bytes(head)
    return int(entry_id)


def timeline(kind: str, subject: str) -> list[Entry]:
    return list(Entry.objects.filter(kind=kind, subject=subject).order_by("seq"))


@dataclass(frozen=True)
class Fault:
    where: str
    what: str


def verify(flowing: list[type[Flowing]]) -> Iterator[Fault]:
    """Every broken row, chain head and seal, in the order found; nothing when the ledger is whole."""
    yield from _verify_chains(flowing)
    yield from _verify_seals()


def _verify_chains(flowing: list[type[Flowing]]) -> Iterator[Fault]:
    heads: dict[tuple[str, str], tuple[int, bytes]] = {}
    broken: set[tuple[str, str]] = set()
    # Chains are walked one after another in (kind, subject, seq) order; memory holds only the heads.
    for entry in Entry.objects.order_by("kind", "subject", "seq").iterator(chunk_size=5000):
        key = (entry.kind, entry.subject)
        seq, head = heads.get(key, (0, b""))
        heads[key] = (entry.seq, bytes(entry.hash))
        if key in broken:
            continue
        text = payload(
            at=entry.at, kind=entry.kind, subject=entry.subject, event=entry.event,
            actor=entry.actor, actor_name=entry.actor_name, data=entry.data,
        )  # fmt: skip
        if entry.seq != seq + 1:
            broken.add(key)
            yield Fault(f"{entry.kind}:{entry.subject} #{seq + 1}", f"缺少第 {seq + 1} 条，下一条是第 {entry.seq} 条")
        elif hashlib.sha256(head + text.encode()).digest() != bytes(entry.hash):
            broken.add(key)
            yield Fault(f"{entry.kind}:{entry.subject} #{entry.seq}（记录 {entry.pk}，{entry.event}）", "内容与哈希不符")
    yield from _verify_heads(flowing, heads)


def _verify_heads(flowing: list[type[Flowing]], heads: dict[tuple[str, str], tuple[int, bytes]]) -> Iterator[Fault]:
    def rows() -> Iterator[tuple[str, str, int, bytes]]:
        for chain in Chain.objects.iterator():
            yield chain.kind, chain.subject, chain.chain_seq, bytes(chain.chain_head)
        for model in flowing:
            for row in model._default_manager.iterator(chunk_size=5000):
                yield row.kind, row.subject, row.chain_seq, bytes(row.chain_head)

    for kind, subject, seq, head in rows():
        found = heads.pop((kind, subject), (0, b""))
        if found != (seq, head):
            yield Fault(f"{kind}:{subject} #{seq}", f"链尾应是第 {seq} 条，账本里到第 {found[0]} 条")
    for kind, subject in heads:
        yield Fault(f"{kind}:{subject}", "账本里有记录，对象本身却不见了")


def merkle_root(leaves: list[bytes]) -> bytes:
    """Root of a binary SHA-256 tree (RFC 6962 prefixes: 0 for a leaf, 1 for a node); an odd last node moves up as it is."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def _day_leaves(day: date) -> list[bytes]:
    start = datetime.combine(day, datetime.min.time(), tzinfo=clock.SHANGHAI)
    entries = Entry.objects.filter(at__gte=start, at__lt=start + timedelta(days=1)).order_by("id")
    return [bytes(value) for value in entries.values_list("hash", flat=True)]


@transaction.atomic
def seal_days(*, before: date | None = None) -> list[DaySeal]:
    """Seal every finished day that has entries and no seal yet; safe to run twice."""
    limit = before or clock.today()
    first = Entry.objects.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kernel_dayseal IN EXCLUSIVE MODE")
    last = DaySeal.objects.order_by("-day").first()
    day = last.day + timedelta(days=1) if last else first.astimezone(clock.SHANGHAI).date()
    previous, made = (bytes(last.root) if last else b""), []
    while day < limit:
        leaves = _day_leaves(day)
        seal = DaySeal(
            day=day, entries=len(leaves), root=merkle_root([previous, *leaves]), previous=previous, sealed_at=clock.now()
        )
        seal.save(force_insert=True)
        made.append(seal)
        previous, day = seal.root, day + timedelta(days=1)
    return made


def _verify_seals() -> Iterator[Fault]:
    previous = b""
    for seal in DaySeal.objects.order_by("day"):
        leaves = _day_leaves(seal.day)
        if bytes(seal.previous) != previous or merkle_root([previous, *leaves]) != bytes(seal.root):
            yield Fault(f"日封 {seal.day}", f"默克尔根不符：当日现有 {len(leaves)} 条，封存时 {seal.entries} 条")
        previous = bytes(seal.root)


def follow(name: str, handle: Callable[[Entry], None], *, batch: int = 200) -> int:
    """Read the rows after the subscriber's cursor, each handled in the transaction that moves the cursor.

    Only rows older than every running transaction are read, so none that commits late is skipped. Returns rows handled.
    """
    done = 0
    Cursor.objects.get_or_create(name=name)
    while done < batch:
        with transaction.atomic():
            cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
            if cursor is None:
                return done
            entry = (
                Entry.objects.extra(
                    where=["xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint", "(xact, id) > (%s, %s)"],
                    params=[cursor.xact, cursor.entry],
                )
                .order_by("xact", "id")
                .first()
            )
            if entry is None:
                return done
            handle(entry)
            Cursor.objects.filter(name=name).update(xact=entry.xact, entry=entry.pk)
            done += 1
    return done
