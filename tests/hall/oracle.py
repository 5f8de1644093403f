"""What could be told at best when a number is drawn: true mean times, the end of a pause; not what chance brings.

No estimate made from measured times can be expected to do better than one that knows what they are measured for.
"""

from __future__ import annotations

import math
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from onewindow.hall.line import Server, Waiting, play
from onewindow.hall.models import Ticket

if TYPE_CHECKING:
    from tests.hall.replay import Business, Day, Seat

NORMAL = NormalDist()
# Who is called and does not come, in minutes.
IN_VAIN = 1.75


def told(day: Day, ticket: Ticket) -> float | None:
    """The wait of the number in minutes, the line played forward; None where nobody serves."""
    line = Ticket.objects.filter(day=day.day, state=Ticket.State.WAITING).order_by("turn_at", "pk")
    rows = list(line.values_list("pk", "queue", "item"))
    ids = {queue.pk: code for code, queue in day.hall.queues.items()}
    businesses = {pk: day.hall.businesses[code] for pk, code in ids.items()}
    servers = [_server(day, seat) for seat in day.hall.seats if seat.on]
    paces = {
        pk: fmean(seat.pace for seat in day.hall.seats if seat.on and code in seat.codes)
        for pk, code in ids.items()
        if any(seat.on and code in seat.codes for seat in day.hall.seats)
    }

    def service(queue: int, item: str | None) -> tuple[float, float]:
        return _whole(day, businesses[queue].mean_of(item) * paces[queue]), 0.0

    turns = play(servers, [Waiting(queue, item) for _, queue, item in rows], service).get(ticket.queue_id)
    if turns is None:
        return None
    mine = [pk for pk, queue, _ in rows if queue == ticket.queue_id]
    return turns[mine.index(ticket.pk)].at


def _whole(day: Day, mean: float) -> float:
    """From one call to the next: the way, the service or the absence, the breath between."""
    habits = day.habits
    vain = habits.absent + habits.leave
    return (1 - vain) * (fmean(habits.walk) + mean) + vain * IN_VAIN + fmean(habits.between)


def _server(day: Day, seat: Seat) -> Server:
    queues = frozenset(day.hall.queues[code].pk for code in seat.codes)
    free_in = max(0.0, seat.back_at - day.now)
    if seat.serving is not None:
        code, item, begun = seat.serving
        business = day.hall.businesses[code]
        free_in = left(business, business.mean_of(item) * seat.pace, day.now - begun) + fmean(day.habits.between)
    return Server(seat.window.pk, queues, free_in=free_in)


def left(business: Business, mean: float, since: float) -> float:
    """What is expected of a log-normal service that has lasted so long."""
    if since <= 0:
        return mean
    sigma = math.sqrt(math.log(1 + business.spread**2))
    far = (math.log(mean) - sigma**2 / 2 - math.log(since)) / sigma
    lasts = NORMAL.cdf(far)
    return mean * NORMAL.cdf(far + sigma) / lasts - since if lasts > 1e-6 else since * sigma**2
