"""What the screens show: the numbers called, and how many wait."""

from __future__ import annotations

from typing import Any

from onewindow.hall import estimates
from onewindow.hall.models import Sitting, Ticket, Window, Zone
from onewindow.kernel import clock

# Calls a zone's screen keeps in view.
CALLS = 6


def of_zone(zone: Zone) -> dict[str, Any]:
    """Newest call first; four statements."""
    queues = list(zone.queues.all())
    loads = estimates.loads(queues)
    called = (
        Ticket.objects.filter(site_id=zone.site_id, day=clock.today(), window__zone=zone, state__in=Ticket.AT_WINDOW)
        .select_related("window")
        .order_by("-called_at")[:CALLS]
    )
    return {
        "zone": zone.name,
        "calls": [
            {"number": t.number, "window": t.window.number, "state": t.state, "id": f"{t.pk}-{t.calls}"}
            for t in called
            if t.window
        ],
        "queues": [
            {"name": queue.name, "waiting": loads[queue.pk].waiting,
             "wait": str(loads[queue.pk].wait(loads[queue.pk].waiting) or "")}
            for queue in queues
        ],
    }  # fmt: skip


def of_windows(zone: Zone) -> dict[int, dict[str, Any]]:
    """Every window of the zone by primary key: idle, paused, called or serving; four statements."""
    sittings = {
        sitting.window_id: sitting
        for sitting in Sitting.objects.select_related("user").filter(window__zone=zone, ended_at=None)
    }
    there = {
        ticket.window_id: ticket for ticket in Ticket.objects.filter(window__zone=zone, state__in=Ticket.AT_WINDOW)
    }
    windows = Window.objects.filter(zone=zone).prefetch_related("queues")
    return {each.pk: _window(each, sittings.get(each.pk), there.get(each.pk)) for each in windows}


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
