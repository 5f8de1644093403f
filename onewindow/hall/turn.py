"""Whose turn it is (docs/decisions/0024): the smallest turn of a window's queues that nobody else is calling now."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

from onewindow.hall import on_duty
from onewindow.hall.models import Ticket, Window
from onewindow.kernel import clock

# Numbers looked at in each of the window's queues; eight times as many when those are being taken at this moment.
HEADS = 4
# Who may be called from a queue of the window, in turn; who asked to come later 晚点来 not before.
LINE = """
FROM hall_ticket t JOIN hall_visit v ON v.id = t.visit_id
WHERE t.queue_id = wq.queue_id AND t.day = %(day)s AND t.state = 'waiting' AND t.turn_at <= %(now)s AND NOT v.busy
  AND (t.language = '' OR t.language = ANY(%(languages)s)) AND (%(accessible)s OR NOT t.accessible)
  AND (t.issued_at < %(since)s OR t.queue_id <> ALL(%(others)s::bigint[]))
ORDER BY t.turn_at, t.id
"""
FIELDS = [field.attname for field in Ticket._meta.concrete_fields]
# Nobody where a line may go on behind the numbers looked at with an earlier turn than the one that is free.
NEXT = f"""
WITH heads AS MATERIALIZED (
  SELECT wq.queue_id, head.id, head.turn_at FROM hall_window_queues wq
  CROSS JOIN LATERAL (SELECT t.id, t.turn_at {LINE} LIMIT {{heads}}) head WHERE wq.window_id = %(window)s
)
SELECT {", ".join(f"t.{field.column}" for field in Ticket._meta.concrete_fields)}
FROM hall_ticket t JOIN hall_visit v ON v.id = t.visit_id
WHERE t.id = ANY(ARRAY(SELECT id FROM heads)) AND t.state = 'waiting' AND NOT v.busy
  AND t.turn_at <= (SELECT coalesce(min(looked.upto), 'infinity') FROM (
    SELECT max(turn_at) AS upto FROM heads GROUP BY queue_id HAVING count(*) = {{heads}}) looked)
  AND NOT EXISTS (SELECT 1 FROM hall_ticket WHERE window_id = %(window)s AND state IN ('called', 'serving'))
ORDER BY t.turn_at, t.id LIMIT 1 FOR UPDATE OF t, v SKIP LOCKED
"""  # noqa: S608 - our own text
BEYOND = f"""
SELECT EXISTS (SELECT 1 FROM hall_window_queues wq
  CROSS JOIN LATERAL (SELECT 1 {LINE} OFFSET %(heads)s LIMIT 1) more WHERE wq.window_id = %(window)s)
"""  # noqa: S608 - our own text


def pick(window: Window, off: on_duty.OffRoster | None) -> Ticket | None:
    """Whose turn it is, locked; or who is at the window already.

    A window that is not on the roster of the running session serves those who came before it.
    """
    known: dict[str, Any] = {
        "day": clock.today(), "now": clock.now(), "window": window.pk, "languages": window.languages,
        "accessible": window.accessible,
        "since": off.since if off else clock.now(), "others": list(off.queues) if off else [],
    }  # fmt: skip
    heads = HEADS
    while True:
        # Planning takes longer than looking: the statement is prepared, once for each connection.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
            if row := prepared.execute(NEXT.format(heads=heads), known, prepare=True).fetchone():
                return Ticket.from_db(connection.alias, FIELDS, row)
        if there := Ticket.objects.filter(window=window, state__in=Ticket.AT_WINDOW).first():
            return there
        with connection.cursor() as cursor:
            cursor.execute(BEYOND, known | {"heads": heads})
            if not cursor.fetchone()[0]:
                return None
        heads *= 8
