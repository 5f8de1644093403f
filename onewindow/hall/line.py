"""The line played forward: when each who waits is called, if services take what they usually take.

The same rule as `actions.calling`: whichever window is free takes the smallest turn of its queues. Minutes from now.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """A staffed window: what it serves, and in how many minutes it is free."""

    window_id: int
    queues: frozenset[int]
    languages: tuple[str, ...] = ()
    accessible: bool = False
    free_in: float = 0.0
    # Queues of which it calls only who came before the running session (hall.on_duty).
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Waiting:
    queue_id: int
    item_id: str | None = None
    language: str = ""
    accessible: bool = False
    # Came before the running session.
    early: bool = False
    # 晚点来: not before so many minutes.
    after: float = 0.0

    def suits(self, server: Server) -> bool:
        return (
            self.queue_id in server.queues
            and (self.early or self.queue_id not in server.closed)
            and (not self.language or self.language in server.languages)
            and (server.accessible or not self.accessible)
        )


@dataclass(frozen=True)
class Turn:
    """When somebody is called, in minutes from now, and how much that varies (a variance)."""

    at: float
    variance: float


# What one service of a queue and item takes, and its variance.
Service = Callable[[int, str | None], tuple[float, float]]


def _line_of(each: Waiting) -> tuple[int, str, bool, bool]:
    return each.queue_id, each.language, each.accessible, each.early


def play(servers: Sequence[Server], waiting: Sequence[Waiting], service: Service) -> dict[int, list[Turn]]:
    """By queue: the turn of each who waits, and last that of who would draw now.

    `waiting` is in the order of turns. Whom no window serves does not appear.
    """
    lines: dict[tuple[int, str, bool, bool], list[int]] = defaultdict(list)
    for place in reversed(range(len(waiting))):
        each = waiting[place]
        lines[_line_of(each)].append(place)
    serves = [[key for key in lines if Waiting(key[0], None, *key[1:]).suits(server)] for server in servers]
    free = [(server.free_in, n) for n, server in enumerate(servers)]
    heapq.heapify(free)
    many = {queue: sum(queue in server.queues for server in servers) for server in servers for queue in server.queues}
    varied = dict.fromkeys(many, 0.0)
    turns: dict[int, Turn] = {}
    drawn_now: dict[int, Turn] = {}
    while free:
        at, n = heapq.heappop(free)
        heads = [key for key in serves[n] if lines[key]]
        first = min((lines[key][-1] for key in heads), default=None)
        if first is None or waiting[first].after > at:
            # Whoever draws now comes before those who asked to come later.
            for line in servers[n].queues - servers[n].closed:
                drawn_now.setdefault(line, Turn(at, varied[line] / many[line] ** 2))
            if first is not None:
                heapq.heappush(free, (waiting[first].after, n))
            continue
        place = lines[_line_of(waiting[first])].pop()
        queue = waiting[place].queue_id
        turns[place] = Turn(at, varied[queue] / many[queue] ** 2)
        takes, variance = service(queue, waiting[place].item_id)
        for shared in servers[n].queues:
            varied[shared] += variance
        heapq.heappush(free, (at + takes, n))
    found: dict[int, list[Turn]] = defaultdict(list)
    for place in sorted(turns):
        found[waiting[place].queue_id].append(turns[place])
    for line, turn in drawn_now.items():
        found[line].append(turn)
    return found
