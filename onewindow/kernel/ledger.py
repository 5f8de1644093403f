"""The one ledger: append-only rows, hash-chained per subject, sealed daily by a Merkle root.

A row's hash is sha256(previous hash ‖ payload); the payload is the canonical JSON of everything the row says. The head
of a chain lives on the subject's own row (`Flowing`) or in `Chain`, so that cutting off the newest rows is noticed too.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import QuerySet

from onewindow.kernel import clock
from onewindow.kernel.models import Chain, DaySeal, Entry, Flowing

# First days that may still get rows of an older moment, asked before days are sealed: upper packages register (0025).
OWING: list[Callable[[], date | None]] = []
# Rows read at a time by those who walk the whole ledger.
BATCH = 1000


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


def payload_of(entry: Entry) -> str:
    return payload(
        at=entry.at, kind=entry.kind, subject=entry.subject, event=entry.event, actor=entry.actor,
        actor_name=entry.actor_name, data=entry.data,
    )  # fmt: skip


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
    row: dict[str, Any] = {"at": clock.now(), "event": event, "actor": by.key, "actor_name": by.name}
    row["data"] = data or {}
    if isinstance(subject, Flowing):
        row |= {"kind": subject.kind, "subject": subject.subject}
        table = connection.ops.quote_name(subject._meta.db_table)
        moved = (
            f"UPDATE {table} SET chain_seq = chain_seq + 1, chain_head = sha256(chain_head || convert_to(%s, 'UTF8')) "  # noqa: S608 - a table of ours
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
    """Every broken chain (its first broken row), chain head and seal; nothing when the ledger is whole.

    One row of the ledger and one batch of its subjects are in memory at a time, however long the ledger is.
    """
    with _one_moment():
        chains: Counter[str] = Counter()
        yield from _verify_chains(chains)
        yield from _verify_heads(flowing, chains)
        yield from _verify_seals()


@contextmanager
def _one_moment() -> Iterator[None]:
    """All passes see the ledger of one moment, while the hall goes on working; inside a transaction, that one's."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _verify_chains(chains: Counter[str]) -> Iterator[Fault]:
    """Walks the chains one after another; counts them by kind."""
    rows = Entry.objects.order_by("kind", "subject", "seq").iterator(chunk_size=BATCH)
    for (kind, _), chain in groupby(rows, key=lambda entry: (entry.kind, entry.subject)):
        chains[kind] += 1
        if fault := _first_break(chain):
            yield fault


def _first_break(chain: Iterable[Entry]) -> Fault | None:
    head = b""
    for seq, entry in enumerate(chain, start=1):
        where = f"{entry.kind}:{entry.subject} #{seq}"
        if entry.seq != seq:
            return Fault(where, f"缺少第 {seq} 条，下一条是第 {entry.seq} 条")
        if hashlib.sha256(head + payload_of(entry).encode()).digest() != bytes(entry.hash):
            return Fault(f"{where}（记录 {entry.pk}，{entry.event}）", "内容与哈希不符")
        head = bytes(entry.hash)
    return None


def _verify_heads(flowing: list[type[Flowing]], chains: Counter[str]) -> Iterator[Fault]:
    """Every subject's own head against the last row of its chain; then the chains nobody answered for."""
    owners: list[tuple[str, QuerySet[Any]]] = [(model.kind, model._default_manager.all()) for model in flowing]
    kinds = Chain.objects.order_by("kind").values_list("kind", flat=True).distinct()
    owners += [(kind, Chain.objects.filter(kind=kind)) for kind in kinds]
    for kind, rows in owners:
        found = rows.order_by("pk").iterator(chunk_size=BATCH)
        while batch := {row.subject: (row.chain_seq, bytes(row.chain_head)) for row in islice(found, BATCH)}:
            last = Entry.objects.filter(kind=kind, subject__in=batch).order_by("subject", "-seq").distinct("subject")
            ends = {subject: (seq, bytes(end)) for subject, seq, end in last.values_list("subject", "seq", "hash")}
            chains[kind] -= len(ends)
            for subject, head in batch.items():
                if head != (end := ends.get(subject, (0, b""))):
                    yield Fault(f"{kind}:{subject} #{head[0]}", f"链尾应是第 {head[0]} 条，账本里到第 {end[0]} 条")
    for kind in +chains:
        known = {row.subject for name, rows in owners if name == kind for row in rows.iterator(chunk_size=BATCH)}
        subjects = Entry.objects.filter(kind=kind, seq=1).order_by("subject").values_list("subject", flat=True)
        yield from (Fault(f"{kind}:{lost}", "账本里有记录，对象本身却不见了") for lost in subjects if lost not in known)


def merkle_root(leaves: list[bytes]) -> bytes:
    """Root of a binary SHA-256 tree (RFC 6962 prefixes: 0 a leaf, 1 a node); an odd last node moves up as it is."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        level = merkle_above(level)
    return level[0]


def merkle_above(level: list[bytes]) -> list[bytes]:
    pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return pairs + level[len(level) - len(level) % 2 :]


def day_leaves(day: date) -> list[bytes]:
    start = datetime.combine(day, datetime.min.time(), tzinfo=clock.SHANGHAI)
    entries = Entry.objects.filter(at__gte=start, at__lt=start + timedelta(days=1)).order_by("id")
    return [bytes(value) for value in entries.values_list("hash", flat=True)]


def _days_of_acts_under_way() -> list[date]:
    """An act that began before midnight may still commit a row of that day: its day is sealed by the next run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        (oldest,) = cursor.fetchone()
    return [oldest.astimezone(clock.SHANGHAI).date()] if oldest else []


@transaction.atomic
def seal_days(*, before: date | None = None) -> list[DaySeal]:
    """Seal every finished day that has no seal yet, from the first with entries; safe to run twice."""
    owing = [day for ask in OWING if (day := ask()) is not None]
    limit = min([before or clock.today(), *_days_of_acts_under_way(), *owing])
    first = Entry.objects.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kernel_dayseal IN EXCLUSIVE MODE")
    last = DaySeal.objects.order_by("-day").first()
    day = last.day + timedelta(days=1) if last else first.astimezone(clock.SHANGHAI).date()
    previous, made = (bytes(last.root) if last else b""), []
    while day < limit:
        leaves = day_leaves(day)
        root = merkle_root([previous, *leaves])
        seal = DaySeal(day=day, entries=len(leaves), root=root, previous=previous, sealed_at=clock.now())
        seal.save(force_insert=True)
        made.append(seal)
        previous, day = root, day + timedelta(days=1)
    return made


def _verify_seals() -> Iterator[Fault]:
    previous = b""
    for seal in DaySeal.objects.order_by("day"):
        leaves = day_leaves(seal.day)
        if bytes(seal.previous) != previous or merkle_root([previous, *leaves]) != bytes(seal.root):
            yield Fault(f"日封 {seal.day}", f"默克尔根不符：当日现有 {len(leaves)} 条，封存时 {seal.entries} 条")
        previous = bytes(seal.root)
