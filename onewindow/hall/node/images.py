"""Rows as JSON images, as PostgreSQL itself makes and reads them: every column as it is, to the microsecond."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection

Row = dict[str, Any]


@cache
def columns(table: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [f"public.{table}"],
        )
        return tuple(name for (name,) in cursor.fetchall())


@cache
def key(table: str) -> str:
    """Name of the primary key's one column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_index i, pg_attribute a WHERE a.attrelid = i.indrelid "
            "AND a.attnum = i.indkey[0] AND i.indrelid = %s::regclass AND i.indisprimary",
            [f"public.{table}"],
        )
        return str(cursor.fetchone()[0])


def take(table: str, where: str = "true", params: Sequence[Any] = ()) -> list[Row]:
    """Images of the rows, in order of their key; `where` speaks of the table as `t`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {where} ORDER BY t.{key(table)}", params)  # noqa: S608 - tables of ours
        return [json.loads(text) for (text,) in cursor.fetchall()]


def put(table: str, row: Row, *, keep: Iterable[str] = (), fresh: Row | None = None) -> None:
    """Insert the row or make the one there equal to it, save the columns in `keep`: they are this side's own.

    `fresh`: what a new row has in them.
    """
    pk, kept = key(table), set(keep)
    names = [name for name in columns(table) if name in row]
    news = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in names if name not in kept | {pk})
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {listed} FROM jsonb_populate_record(NULL::{table}, %s::jsonb) "  # noqa: S608 - tables and columns of ours
            f'ON CONFLICT ("{pk}") DO ' + (f"UPDATE SET {news}" if news else "NOTHING"),
            [json.dumps(row | (fresh or {}))],
        )


def remove(table: str, pk: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM {table} WHERE "{key(table)}"::text = %s', [str(pk)])  # noqa: S608 - tables of ours


def remove_others(table: str, rows: Iterable[Row]) -> None:
    """What the other side no longer has."""
    pk = key(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM {table} WHERE NOT "{pk}"::text = ANY(%s)',  # noqa: S608 - tables of ours
            [[str(row[pk]) for row in rows]],
        )
