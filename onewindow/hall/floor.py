"""The floor 大厅平面 as its manager sees it: what every window does now, and the day's figures by zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from onewindow.accounts.models import Site
from onewindow.hall import estimates
from onewindow.hall.estimates import Load
from onewindow.hall.models import Alert, Queue, Sitting, Ticket, Window, Zone
from onewindow.kernel import clock

STATES = {"closed": "未开放", "idle": "空闲", "called": "已叫号", "serving": "办理中", "paused": "暂停"}

DAY = """
SELECT q.zone_id, count(*) FILTER (WHERE t.state = 'done'), count(*) FILTER (WHERE t.state = 'missed'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM t.ended_at - t.served_at))
    FILTER (WHERE t.state = 'done' AND t.served_at IS NOT NULL)
FROM hall_ticket t JOIN hall_queue q ON q.id = t.queue_id
WHERE t.site_id = %s AND t.day = %s GROUP BY q.zone_id
"""


def of_site(site: Site) -> dict[str, Any]:
    """A constant number of statements, for JSON: moments as ISO text."""
    zones = list(Zone.objects.filter(site=site).prefetch_related("queues"))
    loads = estimates.loads([queue for zone in zones for queue in zone.queues.all()])
    seen = _windows(site)
    figures = _figures(site)
    return {
        "at": clock.now().isoformat(),
        "zones": [
            {
                "id": zone.pk, "code": zone.code, "name": zone.name,
                "windows": [each for each in seen if each["zone"] == zone.pk],
                "queues": [_queue(queue, loads[queue.pk]) for queue in zone.queues.all()],
                **_sums(zone, loads, [each for each in seen if each["zone"] == zone.pk]),
                **figures.get(zone.pk, {"done": 0, "missed": 0, "minutes": None}),
            }
            for zone in zones
        ],
        "alerts": [
            [pk, seen is not None]
            for pk, seen in Alert.objects.filter(site=site, ended_at=None).order_by("pk").values_list("pk", "seen_at")
        ],
    }  # fmt: skip


def _sums(zone: Zone, loads: Mapping[int, Load], windows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    own = [loads[queue.pk] for queue in zone.queues.all()]
    states = [each["state"] for each in windows]
    return {
        "waiting": sum(load.waiting for load in own),
        "oldest": _minutes(min((load.oldest for load in own if load.oldest), default=None)),
        "open": sum(state not in {"closed", "paused"} for state in states),
        "paused": states.count("paused"), "all": len(states),
    }  # fmt: skip


def _queue(queue: Queue, load: Load) -> dict[str, Any]:
    return {
        "id": queue.pk, "name": queue.name, "waiting": load.waiting, "oldest": _minutes(load.oldest),
        "windows": round(load.windows, 1), "wait": str(load.wait(load.waiting) or ""),
    }  # fmt: skip


def _minutes(since: datetime | None) -> int | None:
    return None if since is None else max(0, int((clock.now() - since).total_seconds() // 60))


def _windows(site: Site) -> list[dict[str, Any]]:
    seats = {
        seat.window_id: seat
        for seat in Sitting.objects.filter(window__site=site, ended_at=None).select_related("user")
    }  # fmt: skip
    there = {
        ticket.window_id: ticket
        for ticket in Ticket.objects.filter(window__site=site, state__in=Ticket.AT_WINDOW)
    }  # fmt: skip
    last = dict(
        Ticket.objects.filter(site=site, day=clock.today(), officer__in=[seat.user_id for seat in seats.values()])
        .order_by("officer").values_list("officer").annotate(Max("ended_at"))
    )  # fmt: skip
    windows = Window.objects.filter(site=site).prefetch_related("queues").order_by("zone", "number")
    return [_window(each, seats.get(each.pk), there.get(each.pk), last) for each in windows]


def _window(
    window: Window, seat: Sitting | None, ticket: Ticket | None, last: Mapping[int, datetime | None]
) -> dict[str, Any]:
    state, since = "closed", None
    if seat and seat.paused_at:
        state, since = "paused", seat.paused_at
    elif seat and ticket:
        state, since = ticket.state, ticket.served_at or ticket.called_at
    elif seat:
        state, since = "idle", max(seat.started_at, last.get(seat.user_id) or seat.started_at)
    return {
        "id": window.pk, "number": window.number, "zone": window.zone_id, "edition": window.edition, "state": state,
        "say": STATES[state], "since": since.isoformat() if since else "", "ticket": ticket.number if ticket else "",
        "officer": seat.user.name if seat else "", "reason": seat.reason if seat else "",
        "groups": [queue.name for queue in window.queues.all()], "languages": window.languages,
        "accessible": window.accessible,
    }  # fmt: skip


def _figures(site: Site) -> dict[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(DAY, [site.pk, clock.today()])
        rows = cursor.fetchall()
    return {
        zone: {"done": done, "missed": missed, "minutes": round(seconds / 60, 1) if seconds is not None else None}
        for zone, done, missed, seconds in rows
    }
