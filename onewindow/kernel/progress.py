"""How far a long transaction has come, told to other sessions while nothing of it can be seen yet."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

# PostgreSQL shows a session's name to every other at once, takes it back with the transaction, and loses it with the
# process: what is read here is at work now, never what a killed worker left behind. 63 bytes.
SAID = "onewindow {what} {done}/{total}"


class Progress(NamedTuple):
    done: int
    total: int


def tell(what: str, done: int, total: int) -> None:
    """Within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('application_name', %s, true)", [SAID.format(what=what, done=done, total=total)]
        )


def of(what: str) -> Progress | None:
    """None: nobody is at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(application_name, ' ', -1) FROM pg_stat_activity "
            "WHERE datname = current_database() AND starts_with(application_name, %s)",
            [SAID.format(what=what, done="", total="").removesuffix("/")],
        )
        found = cursor.fetchone()
    return Progress(*map(int, found[0].split("/"))) if found else None
