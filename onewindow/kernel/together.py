"""One act on many rows at once: each gets its ledger row and its new values, a batch in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connection, models

from onewindow.kernel import clock
from onewindow.kernel.ledger import Actor, canonical, payload
from onewindow.kernel.models import Flowing

S = TypeVar("S", bound=Flowing)


def record(batch: Sequence[tuple[S, dict[str, Any]]], event: str, columns: Sequence[str], *, by: Actor) -> list[int]:
    """Write the named columns of the rows, all of one model, as they stand in memory; returns the ledger's ids.

    The rows are locked by the caller and have not moved since it read them. No state changes: what moves a state is a
    transition (kernel.flow).
    """
    model, now = type(batch[0][0]), clock.now()
    fields = [field for field in model._meta.concrete_fields if field.name in columns]
    values: list[list[Any]] = [[row.pk for row, _ in batch]]
    for field in fields:
        values.append([_plain(field, getattr(row, field.attname)) for row, _ in batch])
    shared: dict[str, Any] = {"at": now, "kind": model.kind, "event": event, "actor": by.key, "actor_name": by.name}
    values.append([row.subject for row, _ in batch])
    values.append([payload(**shared, subject=row.subject, data=data) for row, data in batch])
    values.append([canonical(data) for _, data in batch])
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, fields), [*values, now, model.kind, event, by.key, by.name])
        found = cursor.fetchall()
    heads = {subject: (seq, bytes(head), entry) for subject, seq, head, entry in found}
    for row, _ in batch:
        row.revision += 1
        row.chain_seq, row.chain_head = heads[row.subject][:2]
    return [heads[row.subject][2] for row, _ in batch]


def _plain(field: models.Field[Any, Any], value: Any) -> Any:
    return canonical(value) if isinstance(field, models.JSONField) else value


def _statement(model: type[Flowing], fields: Sequence[models.Field[Any, Any]]) -> str:
    """Names of our own tables and columns only; every value is a parameter."""
    quote = connection.ops.quote_name
    names = [quote(field.column or "") for field in fields]
    types = ["bigint", *(field.db_type(connection) or "" for field in fields), "text", "text", "jsonb"]
    given = ", ".join(f"%s::{kind}[]" for kind in types)
    sets = "".join(f", {name} = given.{name}" for name in names)
    return f"""
        WITH given AS (
            SELECT * FROM unnest({given}) AS g(given_id, {"".join(f"{name}, " for name in names)}subject, said, data)
        ), moved AS (
            UPDATE {quote(model._meta.db_table)} AS t SET revision = t.revision + 1, chain_seq = t.chain_seq + 1,
                chain_head = sha256(t.chain_head || convert_to(given.said, 'UTF8')){sets}
            FROM given WHERE t.id = given.given_id
            RETURNING given.subject, given.data, t.chain_seq, t.chain_head
        )
        INSERT INTO kernel_entry (at, kind, subject, seq, event, actor, actor_name, data, hash)
        SELECT %s, %s, subject, chain_seq, %s, %s, %s, data, chain_head FROM moved
        RETURNING subject, seq, hash, id
    """  # noqa: S608 - see above
