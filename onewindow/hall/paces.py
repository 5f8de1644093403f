"""What services took lately, queue by queue and item by item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, pstdev

from django.db import connection

from onewindow.kernel import clock

# Numbers of a queue its times are taken from, and for how many days back.
SAMPLE, DAYS = 80, 14
LEAST = 8
# Spread of one service, as a share of its mean, where too few were measured.
SPREAD = 0.6
# How many services of its queue an item's own times weigh against.
ALIKE = 6
# Numbers whose wait is held against what was reckoned when they were drawn, how many of them weigh as much as no
# correction at all, and how far they may correct.
CHECKED, DOUBT, CORRECTION = 200, 20, (0.6, 1.8)

# A number takes the window from the call on: walking there and those who never come are part of it.
MEASURED = """
SELECT q.id, q.usual_minutes, took.minutes, took.items, checked.off, checked.many
FROM hall_queue q
LEFT JOIN LATERAL (
  SELECT array_agg(EXTRACT(EPOCH FROM r.ended_at - r.called_at)::float / 60) AS minutes, array_agg(r.item_id) AS items
  FROM (
    SELECT t.ended_at, t.called_at, t.item_id FROM hall_ticket t
    WHERE t.queue_id = q.id AND t.state IN ('done', 'missed') AND t.day >= %(since)s
      AND t.called_at IS NOT NULL AND t.ended_at > t.called_at
    ORDER BY t.id DESC LIMIT %(sample)s
  ) r
) took ON true
LEFT JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY r.waited / r.reckoned) AS off, count(*) AS many
  FROM (
    SELECT t.waited, t.reckoned FROM hall_ticket t
    WHERE t.queue_id = q.id AND t.state IN ('done', 'missed') AND t.day >= %(since)s
      AND t.reckoned >= 3 AND t.waited IS NOT NULL
    ORDER BY t.id DESC LIMIT %(checked)s
  ) r
) checked ON true
WHERE q.id = ANY(%(queues)s)
"""


@dataclass(frozen=True)
class Pace:
    """What a queue's services took, in minutes; `correction` is by how much waits were longer than reckoned."""

    minutes: float
    spread: float
    # Each as a share of what its item usually takes.
    took: tuple[float, ...]
    items: Mapping[str | None, float]
    correction: float

    def of(self, item: str | None) -> float:
        return self.items.get(item, self.minutes)

    def left(self, item: str | None, since: float) -> float:
        """Of a service that has gone on for so long: what those that took longer still took."""
        usual = self.of(item)
        longer = [share * usual - since for share in self.took if share * usual > since]
        if len(longer) >= LEAST:
            return fmean(longer)
        return max(usual - since, self.minutes * 0.3)


def measured(queues: Iterable[int]) -> dict[int, Pace]:
    since = clock.today() - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(MEASURED, {"queues": sorted(queues), "since": since, "sample": SAMPLE, "checked": CHECKED})
        rows = cursor.fetchall()
    return {
        pk: _pace(float(usual), took or [], items or [], (many * (off or 1.0) + DOUBT) / (many + DOUBT))
        for pk, usual, took, items, off, many in rows
    }


def _pace(usual: float, took: list[float], items: list[str | None], off: float) -> Pace:
    if len(took) < LEAST:
        return Pace(usual, usual * SPREAD, (), {}, 1.0)
    mean = fmean(took)
    by_item: dict[str | None, list[float]] = defaultdict(list)
    for item, minutes in zip(items, took, strict=True):
        by_item[item].append(minutes)
    own: dict[str | None, float] = {
        item: (sum(each) + ALIKE * mean) / (len(each) + ALIKE) for item, each in by_item.items() if item
    }
    shares = tuple(minutes / own.get(item, mean) for item, minutes in zip(items, took, strict=True))
    return Pace(mean, pstdev(took), shares, own, min(max(off, CORRECTION[0]), CORRECTION[1]))
