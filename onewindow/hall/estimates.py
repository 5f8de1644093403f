"""How long one waits, as a range, from service times that were measured and windows that are staffed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from onewindow.hall.models import Queue, Ticket
from onewindow.kernel import clock

# Served numbers a queue's time is taken from, and for how many days back.
SAMPLE, DAYS = 60, 14
LEAST = 8
# Spread of one service, as a share of its mean, where too few were measured.
SPREAD = 0.6

LOAD = """
SELECT q.id,
  (SELECT count(*) FROM hall_ticket t WHERE t.queue_id = q.id AND t.day = %(day)s AND t.state = 'waiting'),
  COALESCE((
    SELECT sum(1.0 / GREATEST(1, (SELECT count(*) FROM hall_window_queues o WHERE o.window_id = wq.window_id)))
    FROM hall_window_queues wq JOIN hall_sitting s ON s.window_id = wq.window_id AND s.ended_at IS NULL
      AND s.paused_at IS NULL
    WHERE wq.queue_id = q.id
  ), 0),
  (SELECT min(t.turn_at) FROM hall_ticket t WHERE t.queue_id = q.id AND t.day = %(day)s AND t.state = 'waiting'),
  served.n, served.mean, served.spread
FROM hall_queue q
LEFT JOIN LATERAL (
  SELECT count(*) AS n, avg(took) AS mean, stddev_samp(took) AS spread FROM (
    SELECT EXTRACT(EPOCH FROM t.ended_at - t.served_at) / 60 AS took FROM hall_ticket t
    WHERE t.queue_id = q.id AND t.state = 'done' AND t.day >= %(since)s AND t.served_at IS NOT NULL
    ORDER BY t.id DESC LIMIT %(sample)s
  ) recent
) served ON true
WHERE q.id = ANY(%(queues)s) ORDER BY q.seq
"""


@dataclass(frozen=True)
class Load:
    """A queue at this moment."""

    queue_id: int
    waiting: int
    # Staffed windows; one that serves k queues counts 1/k.
    windows: float
    oldest: datetime | None
    # Minutes one service takes, and how much that varies.
    minutes: float
    spread: float

    def wait(self, ahead: int) -> Wait | None:
        """Of somebody with `ahead` before them; None where no window is staffed."""
        if not self.windows:
            return None
        rounds = ahead / self.windows
        mean = rounds * self.minutes
        off = self.spread * math.sqrt(ahead) / self.windows
        return Wait(max(0, round(mean - off)), max(1, math.ceil(mean + off)))


@dataclass(frozen=True)
class Wait:
    """Minutes, from … to."""

    least: int
    most: int

    @property
    def middle(self) -> float:
        return (self.least + self.most) / 2

    def __str__(self) -> str:
        if self.most <= 3:
            return "马上"
        return f"{self.least}–{self.most} 分钟" if self.least < self.most else f"约 {self.most} 分钟"


def loads(queues: Iterable[Queue]) -> dict[int, Load]:
    """By primary key; one statement for any number of queues."""
    usual = {queue.pk: float(queue.usual_minutes) for queue in queues}
    day = clock.today()
    known: dict[str, Any] = {"day": day, "since": day - timedelta(days=DAYS), "sample": SAMPLE, "queues": list(usual)}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, known)
        rows = cursor.fetchall()
    found = {}
    for pk, waiting, windows, oldest, n, mean, spread in rows:
        enough = n >= LEAST and mean
        minutes = float(mean) if enough else usual[pk]
        found[pk] = Load(
            pk, waiting, float(windows), oldest, minutes, float(spread) if enough and spread else minutes * SPREAD
        )
    return found


def ahead_of(ticket: Ticket) -> int:
    """How many numbers of the queue have their turn before."""
    line = Ticket.objects.filter(queue=ticket.queue_id, day=ticket.day, state=Ticket.State.WAITING)
    earlier = line.filter(turn_at__lt=ticket.turn_at).count()
    return earlier + line.filter(turn_at=ticket.turn_at, pk__lt=ticket.pk).count()
