"""大厅日报: what a day of a hall was like, counted from its numbers, sittings and rosters. Minutes.

Of officers only what the service was: numbers, times, what people rated; no personal conduct.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median, quantiles
from typing import Any

from django.db.models import Count

from onewindow.accounts.models import Site
from onewindow.hall.models import Booking, Consultation, Duty, Sitting, Ticket
from onewindow.kernel import clock

State = Ticket.State


@dataclass(frozen=True)
class Row:
    """Some of the day's numbers: of a zone, a queue, an hour, a window or an officer."""

    name: str
    drawn: int = 0
    done: int = 0
    missed: int = 0
    given_up: int = 0
    # Of the day's, neither served nor missed nor given up: still in line, or, once the day is over, left standing.
    left: int = 0
    # Minutes: half waited less, nine of ten waited less, the longest.
    wait: float | None = None
    wait90: float | None = None
    longest: float | None = None
    # Half of the services took less.
    service: float | None = None
    # How far the estimate told at drawing was off, in the middle.
    off: float | None = None


@dataclass(frozen=True)
class Day:
    site: Site
    day: date
    total: Row
    zones: Mapping[int, Row]
    queues: list[Row]
    hours: list[Row]
    windows: Mapping[int, Row]
    officers: Mapping[int, Row]
    # Minutes a window or an officer was on duty, and of them paused.
    staffed: Mapping[int, tuple[float, float]]
    sat: Mapping[int, tuple[float, float]]
    consultations: list[Consultation]
    by_zone: Mapping[int, int]
    no_shows: int
    extended: list[tuple[str, int, int]]


def of(site: Site, day: date) -> Day:
    known = Ticket.objects.filter(site=site, day=day).select_related("queue__zone", "window", "officer")
    tickets = list(known.order_by("pk"))
    served = [ticket for ticket in tickets if ticket.window_id and ticket.state == State.DONE]
    sittings = list(_sittings(site, day))
    asked = Consultation.objects.filter(site=site, at__date=day).select_related("ticket__queue__zone", "item")
    return Day(
        site, day, _row("全天", tickets),
        _by(tickets, lambda t: t.queue.zone_id, lambda t: t.queue.zone.name),
        list(_by(tickets, lambda t: t.queue_id, lambda t: t.queue.name).values()),
        list(_by(tickets, lambda t: _hour(t.issued_at), lambda t: f"{_hour(t.issued_at):02d}:00").values()),
        _by(served, lambda t: t.window_id, lambda t: t.window.number if t.window else ""),
        _by(served, lambda t: t.officer_id, lambda t: t.officer.name if t.officer else ""),
        _duty(sittings, day, lambda seat: seat.window_id), _duty(sittings, day, lambda seat: seat.user_id),
        list(asked.order_by("at")),
        dict(asked.order_by().values_list("ticket__queue__zone").annotate(Count("pk"))),
        Booking.objects.filter(slot__queue__site=site, slot__starts__date=day, state=Booking.State.NO_SHOW).count(),
        _extended(site, day, tickets),
    )  # fmt: skip


def _by(tickets: Iterable[Ticket], key: Callable[[Ticket], Any], name: Callable[[Ticket], str]) -> dict[Any, Row]:
    groups: dict[Any, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        groups[key(ticket)].append(ticket)
    rows = {each: _row(name(group[0]), group) for each, group in groups.items()}
    return dict(sorted(rows.items(), key=lambda row: row[1].name))


def _row(name: str, tickets: list[Ticket]) -> Row:
    states = [ticket.state for ticket in tickets]
    waits = [ticket.waited for ticket in tickets if ticket.waited is not None]
    took = [
        (ticket.ended_at - ticket.served_at).total_seconds() / 60
        for ticket in tickets
        if ticket.state == State.DONE and ticket.served_at and ticket.ended_at
    ]
    off = [abs(t.waited - t.reckoned) for t in tickets if t.waited is not None and t.reckoned is not None]
    return Row(
        name, len(tickets), states.count(State.DONE), states.count(State.MISSED), states.count(State.GIVEN_UP),
        sum(state not in {State.DONE, State.MISSED, State.GIVEN_UP} for state in states),
        _round(median(waits)) if waits else None, _round(quantiles(waits, n=10)[-1]) if len(waits) > 1 else None,
        _round(max(waits)) if waits else None, _round(median(took)) if took else None,
        _round(median(off)) if off else None,
    )  # fmt: skip


def _round(minutes: float) -> float:
    return round(minutes, 1)


def _hour(at: datetime) -> int:
    return at.astimezone(clock.SHANGHAI).hour


def _sittings(site: Site, day: date) -> Iterable[Sitting]:
    midnight = datetime.combine(day, time.min, clock.SHANGHAI)
    known = Sitting.objects.filter(window__site=site, started_at__lt=midnight + timedelta(days=1))
    return known.exclude(ended_at__lt=midnight).select_related("window", "user")


def _duty(sittings: list[Sitting], day: date, key: Callable[[Sitting], int]) -> dict[int, tuple[float, float]]:
    midnight = datetime.combine(day, time.min, clock.SHANGHAI)
    end = min(midnight + timedelta(days=1), clock.now())
    found: dict[int, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for seat in sittings:
        begins, ends = max(seat.started_at, midnight), min(seat.ended_at or end, end)
        on, off = found[key(seat)]
        paused = seat.away + ((ends - seat.paused_at).total_seconds() / 60 if seat.paused_at else 0.0)
        found[key(seat)] = _round(on + (ends - begins).total_seconds() / 60), _round(off + paused)
    return dict(found)


def _extended(site: Site, day: date, tickets: list[Ticket]) -> list[tuple[str, int, int]]:
    """延时服务: session, windows on the roster, numbers served in it."""
    duties = list(Duty.objects.in_force().filter(roster__site=site, day=day).order_by("opens"))
    found = []
    for session in dict.fromkeys(duty.session for duty in duties):
        own = [duty for duty in duties if duty.session == session]
        opens, closes = min(duty.opens for duty in own), max(duty.closes for duty in own)
        done = [
            ticket for ticket in tickets
            if ticket.state == State.DONE and ticket.ended_at
            and opens <= ticket.ended_at.astimezone(clock.SHANGHAI).time() < closes
        ]  # fmt: skip
        found.append((own[0].get_session_display(), len({duty.window_id for duty in own}), len(done)))
    return found
