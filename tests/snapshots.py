"""What a costly load leaves in the tables, kept beside them and put back in a fraction of the time.

Each process of the suite has a database of its own, so nobody else is between the tables and their copy.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# Never emptied, never taken: what the migrations themselves have written.
OF_DJANGO = {"django_content_type", "auth_permission", "django_migrations"}
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
TABLES = """
    SELECT quote_ident(tablename), pg_relation_size(quote_ident(tablename)::regclass) FROM pg_tables
    WHERE schemaname = 'public' AND NOT tablename = ANY(%s)
"""
# Deleting takes a tenth of the time of new files for a table, its indexes and all that point to it; dead rows add up.
MUCH = 4 * 1024 * 1024
_taken: set[str] = set()


def empty() -> None:
    """Every table as the migrations left it; waits for whoever is still at one, as TRUNCATE does."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The ledger lets nobody else delete its rows.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(TABLES, [sorted(OF_DJANGO)])
        cursor.execute(f"LOCK TABLE {', '.join(name for name, _ in cursor.fetchall())}")
        cursor.execute(TABLES, [sorted(OF_DJANGO)])
        sizes = {name: size for name, size in cursor.fetchall() if size}
        for name in sizes:
            cursor.execute(f"DELETE FROM {name}")
        if swollen := [name for name, size in sizes.items() if size > MUCH]:
            cursor.execute(f"TRUNCATE {', '.join(swollen)} CASCADE")


def take(name: str, load: Callable[[], None]) -> None:
    """Once a process, from and to empty tables; it commits, so not inside a transaction."""
    if name in _taken:
        return
    load()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        cursor.execute(f"CREATE SCHEMA {name}")
        for table in sorted(set(connection.introspection.django_table_names(only_existing=True)) - OF_DJANGO):
            if _one(cursor, f"SELECT EXISTS (SELECT 1 FROM public.{table})"):
                cursor.execute(f"CREATE TABLE {name}.{table} AS TABLE public.{table}")
        cursor.execute(f"CREATE TABLE {name}.kept_sequences AS {SEQUENCES}")
    empty()
    _taken.add(name)


def put_back(name: str) -> None:
    """Empty tables become those that were taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Neither the ledger's trigger nor foreign keys in the wrong order stand in the way of whole tables.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'kept_sequences'", [name]
        )
        for (table,) in cursor.fetchall():
            columns = _one(cursor, COLUMNS, f"public.{table}")
            cursor.execute(f"INSERT INTO public.{table} ({columns}) SELECT {columns} FROM {name}.{table}")
        # Never backwards: a guide is remembered by its version's key for the life of the process.
        cursor.execute(
            "SELECT setval('public.' || quote_ident(k.sequencename), GREATEST(k.last_value, now.last_value)) "
            f"FROM {name}.kept_sequences k JOIN pg_sequences now USING (sequencename) WHERE now.schemaname = 'public'"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def _one(cursor: CursorWrapper, sql: str, *params: object) -> object:
    cursor.execute(sql, params)
    row = cursor.fetchone()
    return row[0] if row else None
