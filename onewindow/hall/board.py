"""What the screens show: the numbers called, and how many wait; of any number of places with the same statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from onewindow.hall.models import Queue, Sitting, Ticket, Window, Zone
from onewindow.kernel import clock

# Calls a zone's screen keeps in view: as many as fit at a size read from eight metres.
CALLS = 7


def of_zones(zones: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By primary key, the newest call first; four statements."""
    queues, calls = defaultdict[int, list[Queue]](list), defaultdict[int, list[Ticket]](list)
    for queue in Queue.objects.filter(zone__in=zones):
        queues[queue.zone_id].append(queue)
    asked = [queue.pk for own in queues.values() for queue in own]
    line = Ticket.objects.filter(queue__in=asked, day=clock.today(), state=Ticket.State.WAITING)
    waiting = dict(line.order_by().values_list("queue").annotate(Count("pk")))
    called = Ticket.objects.filter(window__zone__in=zones, state__in=Ticket.AT_WINDOW, day=clock.today())
    for ticket in called.select_related("window").order_by("-called_at"):
        if ticket.window:
            calls[ticket.window.zone_id].append(ticket)
    return {
        zone.pk: {
            "zone": zone.name,
            "calls": [_call(ticket) for ticket in calls[zone.pk][:CALLS]],
            "queues": [{"name": each.name, "waiting": waiting.get(each.pk, 0)} for each in queues[zone.pk]],
        }
        for zone in Zone.objects.filter(pk__in=zones)
    }


def _call(ticket: Ticket) -> dict[str, str]:
    window = ticket.window.number if ticket.window else ""
    return {"number": ticket.number, "window": window, "state": ticket.state, "id": f"{ticket.pk}-{ticket.calls}"}


def of_windows(windows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By primary key: idle, paused, called or serving; four statements."""
    sittings = {
        sitting.window_id: sitting
        for sitting in Sitting.objects.select_related("user").filter(window__in=windows, ended_at=None)
    }
    there = {
        ticket.window_id: ticket for ticket in Ticket.objects.filter(window__in=windows, state__in=Ticket.AT_WINDOW)
    }
    known = Window.objects.filter(pk__in=windows).prefetch_related("queues")
    return {each.pk: _window(each, sittings.get(each.pk), there.get(each.pk)) for each in known}


def _window(window: Window, sitting: Sitting | None, ticket: Ticket | None) -> dict[str, Any]:
    state = "closed" if sitting is None else "paused" if sitting.paused_at else ticket.state if ticket else "idle"
    return {
        "window": window.number,
        "queues": [queue.name for queue in window.queues.all()],
        "officer": sitting.user.name if sitting else "",
        "state": state,
        "reason": sitting.why if sitting else "",
        "number": ticket.number if ticket else "",
        "id": f"{ticket.pk}-{ticket.calls}" if ticket else "",
    }
