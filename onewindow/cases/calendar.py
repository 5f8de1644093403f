"""What another calendar does to the cases under way: which of their clocks move, and to which day."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from onewindow.cases import deadlines
from onewindow.cases.deadlines import Deadline
from onewindow.cases.models import OPEN_STATES, CalendarChange, CalendarMove, Case, State
from onewindow.kernel import clock, together
from onewindow.kernel.ledger import Actor

# Cases read, counted and written at a time: each batch is four statements, however many it moves.
BATCH = 1000
FIELDS = [(field.name, field.attname) for field in Case._meta.concrete_fields]
MOVED = "case.calendar_moved"
# A clock of the road so far that no longer runs in the case's state.
ONLY_IN = {
    "prereview": {State.PREREVIEW},
    "intake": {State.SUBMITTED, State.RECEIVED},
    "statutory": {State.REVIEWING, State.PAUSED, State.DECIDING},
    "promised": {State.REVIEWING, State.PAUSED, State.DECIDING},
    "delivery": {State.DECIDED},
    "gap": {State.REVIEWING, State.PAUSED, State.DECIDING},
}


@dataclass
class Effect:
    """On one case, which is left with the dates of the new calendar."""

    case: Case
    moves: list[CalendarMove]
    # The day the applicant was told, before and after, where it moved.
    told: tuple[date, date] | None
    # A provisional day 暂定 that the new list makes firm.
    firm: bool
    columns: set[str]

    def data(self, edition: int) -> dict[str, Any]:
        """The ledger row: every clock, and the day to tell the applicant where that one moved."""
        before, after = (day.isoformat() for day in self.told) if self.told else ("", "")
        return {
            "edition": edition,
            "words": "；".join(f"{m.title} {m.before:%-m月%-d日} → {m.after:%-m月%-d日}" for m in self.moves),
            "moves": [
                {"clock": m.clock, "title": m.title, "before": m.before.isoformat(), "after": m.after.isoformat()}
                for m in self.moves
            ],
            "told_before": before,
            "quiet": not self.told,
            "due_on": after,
        }


@dataclass
class Tally:
    """The figures of a change; by agency the same."""

    whole: Counter[str] = field(default_factory=Counter)
    agencies: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, effect: Effect) -> None:
        shorter, overdue = any(move.days < 0 for move in effect.moves), any(move.overdue for move in effect.moves)
        found = Counter(
            looked=1, cases=int(bool(effect.moves)), moves=len(effect.moves), firm=int(effect.firm),
            shorter=int(shorter), overdue=int(overdue), told=int(effect.told is not None),
        )  # fmt: skip
        self.whole += found
        if effect.moves:
            self.agencies[effect.case.agency_id] = self.agencies.get(effect.case.agency_id, Counter()) + found

    def summary(self) -> dict[str, Any]:
        agencies = {code: _figures(found) for code, found in sorted(self.agencies.items())}
        return _figures(self.whole) | {"agencies": agencies}


def _figures(found: Counter[str]) -> dict[str, Any]:
    return {name: found[name] for name in ("looked", "cases", "moves", "firm", "shorter", "overdue", "told")}


def preview(change: CalendarChange, old: clock.Calendar) -> None:
    """Count and keep what would move; nothing of the cases is written."""
    tally = Tally()
    for effects in _effects(change, old, change.calendar):
        _keep(effects, tally)
    change.summary, change.counted_at = tally.summary(), clock.now()


def move(change: CalendarChange, old: clock.Calendar, new: clock.Calendar, *, by: Actor) -> None:
    """Every case under way gets its dates by the new calendar and a row of the ledger; the caller holds the calendar.

    Counted anew: cases went on since the preview.
    """
    change.moves.all().delete()
    tally = Tally()
    for effects in _effects(change, old, new, lock=True):
        _keep(effects, tally)
        moved = [effect for effect in effects if effect.moves]
        if moved:
            columns = sorted(set().union(*(effect.columns for effect in moved)))
            rows = [(effect.case, effect.data(new.edition)) for effect in moved]
            together.record(rows, MOVED, columns, by=by)
    change.summary, change.counted_at = tally.summary(), clock.now()


def digest(change: CalendarChange) -> str:
    """SHA-256 of all moves, in the ledger row: the report of years later is the report of the day."""
    rows = change.moves.order_by("case__number", "clock").values_list("case__number", "clock", "before", "after")
    found = hashlib.sha256()
    for number, key, before, after in rows.iterator(chunk_size=5000):
        found.update(f"{number} {key} {before} {after}\n".encode())
    return found.hexdigest()


def _effects(
    change: CalendarChange, old: clock.Calendar, new: clock.Calendar, *, lock: bool = False
) -> Iterator[list[Effect]]:
    today = clock.today()
    # A finished case may still have its later check 事后核查 before it.
    running = Q(state__in=OPEN_STATES) | Q(check_on__isnull=False)
    ids = Case.objects.filter(running).order_by("pk").values_list("pk", flat=True)
    every = list(ids)
    for start in range(0, len(every), BATCH):
        batch = every[start : start + BATCH]
        cases: Any = Case.objects.filter(running, pk__in=batch).order_by("pk")
        # Locked, so that what reckons no days (a paper added, a note) cannot slip in between reading and writing.
        cases = cases.select_for_update(of=("self",)) if lock else cases
        cases = cases.select_related("version").defer("version__body", "form", "answers", "remarks")
        yield [_effect(change, case, old, new, today) for case in cases]


def _effect(change: CalendarChange, case: Case, old: clock.Calendar, new: clock.Calendar, today: date) -> Effect:
    was = _values(case)
    before, after = _running(case, old), _running(case, new, restate=True)
    moves = [
        CalendarMove(
            change=change, case=case, agency_id=case.agency_id, clock=key, title=after[key].title[:80],
            before=known.date, after=after[key].date, overdue=after[key].date < min(today, known.date),
        )
        for key, known in before.items()
        if key in after and known.date != after[key].date
    ]  # fmt: skip
    return Effect(
        case=case,
        moves=moves,
        told=_told(case, before, after),
        firm=any(known.due.provisional and not after[key].due.provisional for key, known in before.items()),
        columns={name for name, value in _values(case).items() if value != was[name]},
    )


def _values(case: Case) -> dict[str, Any]:
    """Containers as text: an act may change them in place."""
    kept = {name: case.__dict__[attname] for name, attname in FIELDS if attname in case.__dict__}
    return {name: repr(value) if isinstance(value, list | dict) else value for name, value in kept.items()}


def _running(case: Case, calendar: clock.Calendar, *, restate: bool = False) -> dict[str, Deadline]:
    """The clocks that run now, by the calendar; `restate` makes the case's cached dates follow."""
    with clock.using(calendar):
        stop = deadlines.stop(case)
        if stop and restate and not case.stops[-1].get("overrun"):
            case.stops = [*case.stops[:-1], case.stops[-1] | {"until": stop.date.isoformat()}]
        if restate:
            deadlines.refresh(case)
        else:
            deadlines.mark_told(case)
        found = deadlines.all_of(case) + ([stop] if stop else [])
    return {
        each.key: each
        for each in found
        if case.state in ONLY_IN.get(each.key, {case.state}) and (each.key != "gap" or case.open_gaps)
    }


def _told(case: Case, before: dict[str, Deadline], after: dict[str, Deadline]) -> tuple[date, date] | None:
    """The day a paper or notice named to the applicant, where it moved: the promise where that comes first."""
    for keys in (["correction"], ["statutory"] if case.extension else ["statutory", "promised"], ["gap"], ["mending"]):
        was, becomes = (
            min((running[key].date for key in keys if key in running), default=None) for running in (before, after)
        )
        if was and becomes and was != becomes:
            return was, becomes
    return None


def _keep(effects: Iterable[Effect], tally: Tally) -> None:
    rows = []
    for effect in effects:
        tally.add(effect)
        rows += effect.moves
    CalendarMove.objects.bulk_create(rows)
