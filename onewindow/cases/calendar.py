"""What another calendar does to the cases under way: which of their clocks move, and to which day."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest

from onewindow.cases import deadlines
from onewindow.cases.deadlines import Deadline
from onewindow.cases.models import OPEN_STATES, CalendarChange, CalendarMove, Case, State
from onewindow.catalogue.models import ItemVersion
from onewindow.kernel import clock, progress, together
from onewindow.kernel.ledger import Actor

# Cases read, counted and written at a time: each batch is four statements, however many it moves.
BATCH = 1000
# What `deadlines.refresh` and the end of a stop write.
WRITTEN = ("stops", "told", "open_steps", "awaits", "statutory_due", "promised_due", "due_on", "gap_on", "check_on")
# What a derivation reads; of 20,000 cases the forms and answers stay where they are.
READ = (
    *WRITTEN, "number", "state", "version", "agency", "revision", "chain_seq", "chain_head", "step", "concerns",
    "corrections", "extension", "gaps", "promise", "later_check", "declared_at", "submitted_at", "complete_at",
    "accepted_at", "decided_at",
)  # fmt: skip
# A finished case may still have its later check 事后核查 before it.
RUNNING = Q(state__in=OPEN_STATES) | Q(check_on__isnull=False)
MOVE_FIELDS = [field for field in CalendarMove._meta.concrete_fields if not field.primary_key]
# The whole batch as one value: bulk_create quotes it value by value, which took as long as the derivations.
KEEP = """
INSERT INTO cases_calendarmove (change_id, case_id, agency_id, clock, title, before, after, overdue)
SELECT change_id, case_id, agency_id, clock, title, before, after, overdue
FROM jsonb_to_recordset(%s::jsonb) AS given(change_id bigint, case_id bigint, agency_id text, clock text, title text,
    before date, after date, overdue boolean)
"""
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
            cases=int(bool(effect.moves)), moves=len(effect.moves), firm=int(effect.firm),
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


def preview(change: CalendarChange) -> None:
    """Count and keep what would move; nothing of the cases is written."""
    tally = Tally(Counter(looked=Case.objects.filter(RUNNING).count()))
    for effects in _effects(change, change.calendar):
        _keep(effects, tally)
    change.summary, change.counted_at = tally.summary(), clock.now()


def move(change: CalendarChange, new: clock.Calendar, *, by: Actor) -> None:
    """Every case under way gets its dates by the new calendar and a row of the ledger; the caller holds the calendar.

    Counted anew: cases went on since the preview.
    """
    change.moves.all().delete()
    tally = Tally(Counter(looked=Case.objects.filter(RUNNING).count()))
    for effects in _effects(change, new, lock=True):
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


def _effects(change: CalendarChange, new: clock.Calendar, *, lock: bool = False) -> Iterator[list[Effect]]:
    old, today = change.earlier, clock.today()
    span = Span.between(old, new)
    every = list(_reaching(span).values_list("pk", flat=True)) if span else []
    versions: dict[int, ItemVersion] = {}
    for start in range(0, len(every), BATCH):
        progress.tell(f"calendar {change.pk}", start, len(every))
        batch = every[start : start + BATCH]
        cases = Case.objects.filter(RUNNING, pk__in=batch).order_by("pk").only(*READ)
        # Locked, so that what reckons no days (a paper added, a note) cannot slip in between reading and writing.
        rows = list(cases.select_for_update(of=("self",)) if lock else cases)
        _with_versions(rows, versions)
        yield [effect for case in rows if (effect := _effect(change, case, old, new, today, span))]


def _reaching(span: Span) -> Any:
    """Cases with a clock that may end on the first of the days or later, by their cached dates.

    What has no cached end of its own is looked at: a stop, a gap 容缺, a review step with days.
    """
    last = Greatest("due_on", "statutory_due", "promised_due", "check_on")
    steps = RawSQL("jsonb_path_exists(cases_case.open_steps, '$[*] ? (@.days >= 1)')", [])
    unseen = Q(gap_on__isnull=False) | Q(state=State.PAUSED) | Q(state=State.REVIEWING, timed=True)
    found = Case.objects.filter(RUNNING).annotate(last=last, timed=steps)
    return found.filter(Q(last__gte=span.first) | unseen).order_by("pk")


def _with_versions(cases: list[Case], versions: dict[int, ItemVersion]) -> None:
    """One object for all cases of a version, and one reading of its guide."""
    if missing := {case.version_id for case in cases} - versions.keys():
        versions |= ItemVersion.objects.defer("body").in_bulk(missing)
    for case in cases:
        case.version = versions[case.version_id]


@dataclass(frozen=True)
class Span:
    """The days the two calendars see differently, and whole years whose official list came or went, as one stretch."""

    first: date
    last: date

    @classmethod
    def between(cls, old: clock.Calendar, new: clock.Calendar) -> Span | None:
        """None: they are the same."""
        days = {
            day for day in (*old.off, *old.makeup, *new.off, *new.makeup) if old.is_working(day) != new.is_working(day)
        }
        for year in old.official ^ new.official:
            days |= {date(year, 1, 1), date(year, 12, 31)}
        return cls(min(days), max(days)) if days else None

    def touches(self, period: Deadline) -> bool:
        """A period that ends before the first of the days, or begins after the last, ends where it did."""
        return period.start <= self.last and self.first <= period.date


def _effect(
    change: CalendarChange, case: Case, old: clock.Calendar, new: clock.Calendar, today: date, span: Span | None
) -> Effect | None:
    was = {name: getattr(case, name) for name in WRITTEN}
    before = _running(case, old)
    if span is None or not any(span.touches(period) for period in before.values()):
        return None
    after = _running(case, new, restate=True)
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
        columns={name for name in WRITTEN if getattr(case, name) != was[name]},
    )


def _running(case: Case, calendar: clock.Calendar, *, restate: bool = False) -> dict[str, Deadline]:
    """The clocks that run now, by the calendar; `restate` makes the case's cached dates follow."""
    with clock.using(calendar):
        stop = deadlines.stop(case)
        if stop and restate and not case.stops[-1].get("overrun"):
            case.stops = [*case.stops[:-1], case.stops[-1] | {"until": stop.date.isoformat()}]
        if restate:
            found = deadlines.refresh(case)
        else:
            deadlines.mark_told(case)
            found = deadlines.all_of(case)
    return {
        each.key: each
        for each in (*found, *([stop] if stop else []))
        if case.state in ONLY_IN.get(each.key, {case.state}) and (each.key != "gap" or case.open_gaps)
    }


def _told(case: Case, before: dict[str, Deadline], after: dict[str, Deadline]) -> tuple[date, date] | None:
    """The day a paper or notice named to the applicant, where it moved: the promise where that comes first."""
    for keys in (
        ["correction"],
        ["statutory"] if case.is_extended else ["statutory", "promised"],
        ["gap"],
        ["mending"],
    ):
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
        rows += [{field.column: getattr(move, field.attname) for field in MOVE_FIELDS} for move in effect.moves]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [together.as_rows(rows)])
