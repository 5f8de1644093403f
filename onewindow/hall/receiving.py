"""Which queue of which hall takes an item, and when it has the next free time."""

from __future__ import annotations

from dataclasses import dataclass

from onewindow.accounts.models import Site
from onewindow.catalogue.models import Item
from onewindow.hall.models import Queue, Slot
from onewindow.kernel import clock


@dataclass(frozen=True)
class Place:
    queue: Queue
    next: Slot | None


def places(item: Item) -> list[Place]:
    """At the levels of the item: the queue of its agency, else the one that takes the rest; two statements."""
    levels = set(item.guide.levels) | {Site.Level.DISTRICT.value}
    queues = Queue.objects.filter(site__level__in=levels).select_related("site", "zone").prefetch_related("agencies")
    by_site: dict[str, Queue] = {}
    for queue in queues.order_by("site__level", "site", "seq"):
        own = any(agency.pk == item.agency_id for agency in queue.agencies.all())
        if own or (queue.rest and queue.site_id not in by_site):
            by_site[queue.site_id] = queue
    chosen = list(by_site.values())
    free: dict[int, Slot] = {}
    ahead = Slot.objects.filter(queue__in=chosen, starts__gt=clock.now(), closed_at=None).order_by("starts")
    for slot in ahead.iterator(chunk_size=500):
        if slot.left > 0:
            free.setdefault(slot.queue_id, slot)
    return [Place(queue, free.get(queue.pk)) for queue in chosen]
