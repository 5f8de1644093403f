"""Who reads the ledger: upper packages register in `AppConfig.ready()`, a worker calls them row by row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import connection, transaction

from onewindow.kernel import clock
from onewindow.kernel.models import Cursor, Entry, Parked

logger = logging.getLogger(__name__)
Handler = Callable[[Entry], None]
_handlers: dict[str, Handler] = {}
# Rows handled in one transaction, each in a savepoint of its own.
CHUNK = 50
# A row that fails is tried again after 1, 4, 16 and 64 seconds, then parked: the rows behind it wait a minute and a
# half at most, and other subscribers not at all.
TRIES = 5


def subscribe(name: str, handler: Handler) -> None:
    """`name` owns the cursor: a handler that is renamed reads the ledger from its beginning."""
    _handlers[name] = handler


def run_once() -> int:
    """Let every subscriber read what is new; returns rows handled. Safe in any number of processes."""
    return sum(follow(name, handler) for name, handler in _handlers.items())


def follow(name: str, handle: Handler, *, batch: int = 200) -> int:
    """Read the rows after the subscriber's cursor, handled in the transaction that moves the cursor.

    Only rows older than every running transaction are read, so none that commits late is skipped. Returns rows passed.
    """
    Cursor.objects.get_or_create(name=name)
    done = 0
    while done < batch:
        limit = min(CHUNK, batch - done)
        passed = _read_on(name, handle, limit)
        done += passed
        if passed < limit:
            break
    return done


@transaction.atomic
def _read_on(name: str, handle: Handler, limit: int) -> int:
    cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if cursor is None or (cursor.retry_at and cursor.retry_at > clock.now()):
        return 0
    with connection.cursor() as sql:
        # A handler's broken foreign key shall fail with its row, not when all of them commit.
        sql.execute("SET CONSTRAINTS ALL IMMEDIATE")
    passed = 0
    for entry in _after(cursor, limit):
        try:
            with transaction.atomic():
                handle(entry)
        except Exception as problem:  # whatever it is, it must not stop the rows behind it for ever
            if not _park(cursor, entry, problem):
                break
        cursor.xact, cursor.entry, cursor.failures, cursor.retry_at = entry.xact, entry.pk, 0, None
        passed += 1
    if passed or cursor.failures:
        cursor.save()
    return passed


def _after(cursor: Cursor, limit: int) -> Iterable[Entry]:
    safe = "xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    rows = Entry.objects.extra(  # noqa: S610 - fixed text; row comparison is not in the ORM
        where=[safe, "(xact, id) > (%s, %s)"], params=[cursor.xact, cursor.entry]
    )
    return list(rows.order_by("xact", "id")[:limit])


def _park(cursor: Cursor, entry: Entry, problem: Exception) -> bool:
    """True when the row has had all its tries and is put aside; until then it is tried again later."""
    cursor.failures += 1
    what = (cursor.name, entry.pk, entry, cursor.failures)
    if cursor.failures < TRIES:
        cursor.retry_at = clock.now() + timedelta(seconds=4 ** (cursor.failures - 1))
        logger.warning("%s 没能处理账本第 %s 条（%s），第 %s 次，稍后再试", *what, exc_info=problem)
        return False
    facts = {"error": repr(problem)[:500], "parked_at": clock.now()}
    Parked.objects.get_or_create(name=cursor.name, entry=entry.pk, defaults=facts)
    logger.error(
        "%s 处理不了账本第 %s 条（%s），试了 %s 次，已搁置；修好后执行 onewindow ledger retry", *what, exc_info=problem
    )
    return True


def retry_parked() -> tuple[int, int]:
    """After the fault was mended: hand every parked row to its subscriber again; (handled, still failing)."""
    handled = failing = 0
    for parked in Parked.objects.filter(name__in=_handlers).order_by("id"):
        try:
            with transaction.atomic():
                if not Parked.objects.select_for_update(skip_locked=True).filter(pk=parked.pk).exists():
                    continue
                _handlers[parked.name](Entry.objects.get(pk=parked.entry))
                parked.delete()
            handled += 1
        except Exception:  # one row that still fails must not keep the others parked
            logger.exception("%s 仍然处理不了账本第 %s 条", parked.name, parked.entry)
            failing += 1
    return handled, failing
