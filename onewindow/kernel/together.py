"""One act on many rows at once: each gets its ledger row and its new values, a batch in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection, models

from onewindow.kernel import clock
from onewindow.kernel.ledger import Actor, payload
from onewindow.kernel.models import Flowing

S = TypeVar("S", bound=Flowing)


def record(batch: Sequence[tuple[S, dict[str, Any]]], event: str, columns: Sequence[str], *, by: Actor) -> list[int]:
    """Write the named columns of the rows, all of one model, as they stand in memory; returns the ledger's ids.

    The rows are locked by the caller and have not moved since it read them. No state changes: what moves a state is a
    transition (kernel.flow).
    """
    model, now = type(batch[0][0]), clock.now()
    fields = [field for field in model._meta.concrete_fields if field.name in columns]
    shared: dict[str, Any] = {"at": now, "kind": model.kind, "event": event, "actor": by.key, "actor_name": by.name}
    given = [
        {field.column: getattr(row, field.attname) for field in fields}
        | {
            "given_id": row.pk, "given_subject": row.subject, "given_data": data,
            "given_said": payload(**shared, subject=row.subject, data=data),
        }
        for row, data in batch
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, fields), [as_rows(given), now, model.kind, event, by.key, by.name])
        found = cursor.fetchall()
    heads = {subject: (seq, bytes(head), entry) for subject, seq, head, entry in found}
    for row, _ in batch:
        row.revision += 1
        row.chain_seq, row.chain_head = heads[row.subject][:2]
    return [heads[row.subject][2] for row, _ in batch]


def as_rows(given: Sequence[Mapping[Any, Any]]) -> str:
    """For jsonb_to_recordset: one text, where arrays would be quoted value by value in Python. Dates as ISO text."""
    return json.dumps(given, ensure_ascii=False, default=str)


def _statement(model: type[Flowing], fields: Sequence[models.Field[Any, Any]]) -> str:
    """Names of our own tables and columns only; every value is a parameter."""
    quote = connection.ops.quote_name
    names = [quote(field.column or "") for field in fields]
    typed = "".join(f"{name} {field.db_type(connection)}, " for name, field in zip(names, fields, strict=True))
    sets = "".join(f", {name} = given.{name}" for name in names)
    return f"""
        WITH given AS (
            SELECT * FROM jsonb_to_recordset(%s::jsonb)
                AS g({typed}given_id bigint, given_subject text, given_said text, given_data jsonb)
        ), moved AS (
            UPDATE {quote(model._meta.db_table)} AS t SET revision = t.revision + 1, chain_seq = t.chain_seq + 1,
                chain_head = sha256(t.chain_head || convert_to(given.given_said, 'UTF8')){sets}
            FROM given WHERE t.id = given.given_id
            RETURNING given.given_subject, given.given_data, t.chain_seq, t.chain_head
        )
        INSERT INTO kernel_entry (at, kind, subject, seq, event, actor, actor_name, data, hash)
        SELECT %s, %s, given_subject, chain_seq, %s, %s, %s, given_data, chain_head FROM moved
        RETURNING subject, seq, hash, id
    """  # noqa: S608 - see above
