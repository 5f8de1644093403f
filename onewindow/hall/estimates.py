"""How long one waits, as a range: the line played forward with service times that were measured and staff on duty."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from onewindow.hall import on_duty
from onewindow.hall.line import Server, Turn, Waiting, play
from onewindow.hall.models import Queue, Ticket
from onewindow.hall.on_duty import Running
from onewindow.hall.paces import DAYS, Pace, measured
from onewindow.kernel import clock

# What no service time tells, as a share of the wait: breaks, who comes with a booking or priority.
UNKNOWN = 0.25
# How long a pause takes, until some were measured, and what is left of one that should be over.
PAUSE, OVERDUE = 15.0, 3.0

SERVERS = """
SELECT s.window_id, array_agg(wq.queue_id), w.languages, w.accessible, t.queue_id, t.item_id,
  EXTRACT(EPOCH FROM %(now)s - t.called_at)::float / 60, EXTRACT(EPOCH FROM %(now)s - s.paused_at)::float / 60,
  EXTRACT(EPOCH FROM s.back_at - %(now)s)::float / 60,
  (SELECT sum(p.away) / sum(p.pauses) FROM hall_sitting p WHERE p.started_at > %(since)s AND p.pauses > 0)
FROM hall_sitting s JOIN hall_window w ON w.id = s.window_id JOIN hall_window_queues wq ON wq.window_id = w.id
LEFT JOIN hall_ticket t ON t.window_id = w.id AND t.state IN ('called', 'serving')
WHERE s.ended_at IS NULL AND w.site_id = ANY(%(sites)s)
GROUP BY s.window_id, s.paused_at, s.back_at, w.languages, w.accessible, t.queue_id, t.item_id, t.called_at
ORDER BY s.window_id
"""


@dataclass(frozen=True)
class Load:
    """A queue at this moment."""

    queue_id: int
    waiting: int
    # Windows with an officer who is not away; one that serves k queues counts 1/k.
    windows: float
    oldest: datetime | None
    pace: Pace
    # Of each who waits, and last of who would draw now. Empty where no window is staffed.
    turns: tuple[Turn, ...]

    @property
    def minutes(self) -> float:
        return self.pace.minutes

    def reckon(self, ahead: int) -> float | None:
        """Minutes before anything learnt from earlier days; None where no window is staffed."""
        return self.turns[min(ahead, len(self.turns) - 1)].at if self.turns else None

    def wait(self, ahead: int) -> Wait | None:
        """Of somebody with `ahead` before them in the queue."""
        if not self.turns:
            return None
        turn = self.turns[min(ahead, len(self.turns) - 1)]
        middle = turn.at * self.pace.correction
        off = math.hypot(math.sqrt(turn.variance), middle * UNKNOWN)
        return Wait(max(0, round(middle - off)), max(1, math.ceil(middle + off)))


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


def loads(queues: Iterable[Queue], profiles: Mapping[int, Iterable[int]] | None = None) -> dict[int, Load]:
    """By primary key; three statements for any number of queues.

    `profiles` says what windows would serve instead (window → queues): a move before it is made.
    """
    asked = [queue.pk for queue in queues]
    sessions = [session for site in sorted({queue.site_id for queue in queues}) if (session := on_duty.running(site))]
    found = _staffed(sorted({queue.site_id for queue in queues}), profiles or {}, sessions)
    together = _together(asked, found)
    paces = measured(together)
    servers = [each.server(paces) for each in found if each.queues & together]
    waiting, lines, oldest = _waiting(together, sessions)
    turns = play(servers, waiting, lambda queue, item: (paces[queue].of(item), paces[queue].spread ** 2))
    shares: dict[int, float] = defaultdict(float)
    early = {each.queue_id for each in waiting if each.early}
    for each in found:
        for queue in each.queues if each.away is None else ():
            shares[queue] += 1 / len(each.queues) if queue not in each.closed or queue in early else 0
    return {pk: Load(pk, lines[pk], shares[pk], oldest.get(pk), paces[pk], tuple(turns.get(pk, ()))) for pk in asked}


@dataclass(frozen=True)
class Staffed:
    """A window with an officer, and what it has been busy with for how many minutes."""

    window_id: int
    queues: frozenset[int]
    closed: frozenset[int]
    languages: tuple[str, ...]
    accessible: bool
    queue: int | None
    item: str | None
    since: float
    # Minutes it has been away, None when it is not; in how many its officer said to be back; how long pauses take here.
    away: float | None
    back_in: float | None
    pause: float

    def server(self, paces: Mapping[int, Pace]) -> Server:
        """A number of a queue the window no longer serves takes what the window's own would."""
        pace = paces.get(self.queue or 0) or paces[min(self.queues)]
        free_in = pace.left(self.item, self.since) if self.queue else 0.0
        if self.away is not None:
            said = self.pause - self.away if self.back_in is None else self.back_in
            free_in += max(said, OVERDUE)
        return Server(self.window_id, self.queues, self.languages, self.accessible, free_in, self.closed)


def _staffed(sites: list[str], profiles: Mapping[int, Iterable[int]], sessions: list[Running]) -> list[Staffed]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(SERVERS, {"sites": sites, "now": now, "since": now - timedelta(days=DAYS)})
        rows = cursor.fetchall()
    return [
        Staffed(
            window, own, _closed(window, own, sessions), tuple(languages), accessible, queue, item, since or 0.0,
            away, back_in, pause or PAUSE,
        )
        for window, queues, languages, accessible, queue, item, since, away, back_in, pause in rows
        for own in [frozenset(profiles.get(window, queues))]
    ]  # fmt: skip


def _closed(window: int, queues: frozenset[int], sessions: list[Running]) -> frozenset[int]:
    return frozenset(queue for queue in queues if any(session.closed(window, queue) for session in sessions))


def _together(asked: list[int], staffed: list[Staffed]) -> frozenset[int]:
    """The queues that share windows with those asked for, and those that share with them: their lines are one."""
    found, left = frozenset(asked), list(staffed)
    while joined := [each for each in left if each.queues & found]:
        found = found.union(*(each.queues for each in joined))
        left = [each for each in left if each not in joined]
    return found


def _waiting(
    queues: Iterable[int], sessions: list[Running]
) -> tuple[list[Waiting], dict[int, int], dict[int, datetime]]:
    line = Ticket.objects.filter(queue__in=queues, day=clock.today(), state=Ticket.State.WAITING)
    waiting: list[Waiting] = []
    many, oldest = dict.fromkeys(queues, 0), dict[int, datetime]()
    now = clock.now()
    begun = {pk: session.since(period) for session in sessions for pk, period in session.periods.items()}
    rows = line.order_by("turn_at", "pk").values_list(
        "queue", "item", "language", "accessible", "issued_at", "turn_at")  # fmt: skip
    for queue, item, language, accessible, issued, turn_at in rows:
        after = max(0.0, (turn_at - now).total_seconds() / 60)
        waiting.append(Waiting(queue, item, language, accessible, issued < begun.get(queue, issued), after))
        many[queue] += 1
        if not after:
            since = max(issued, turn_at)
            oldest[queue] = min(oldest.get(queue, since), since)
    return waiting, many, oldest


def ahead_of(ticket: Ticket) -> int:
    """How many numbers of the queue have their turn before."""
    line = Ticket.objects.filter(queue=ticket.queue_id, day=ticket.day, state=Ticket.State.WAITING)
    earlier = line.filter(turn_at__lt=ticket.turn_at).count()
    return earlier + line.filter(turn_at=ticket.turn_at, pk__lt=ticket.pk).count()


def keep(ticket: Ticket) -> None:
    """What was reckoned when the number was drawn stays with it: later the wait is held against it."""
    load = loads([ticket.queue])[ticket.queue_id]
    reckoned = load.reckon(ahead_of(ticket))
    if reckoned is not None:
        Ticket.objects.filter(pk=ticket.pk).update(reckoned=reckoned)
