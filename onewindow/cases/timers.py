"""What the law lets happen by itself, once a day has passed: looked at every hour, each case in its own transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date

from onewindow.cases.actions import concerning, correction, gap, intake, later_check, outcome, pause
from onewindow.cases.models import Case, Delivery, State
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System

log = logging.getLogger(__name__)
CLOCK = System("clock", "系统（时限）")
# What happens by itself in these states once the day waited for has passed.
DUE: tuple[tuple[frozenset[str], Callable[..., Case]], ...] = (
    (frozenset({State.SUBMITTED, State.RECEIVED}), intake.deem_accepted),
    (frozenset({State.CORRECTING}), correction.lapse),
    (frozenset({State.PAUSED}), pause.note_overrun),
)


def run() -> int:
    """How many cases moved. A worker killed in the middle has moved some; the next run moves the rest, none twice."""
    today = clock.today()
    try:
        clock.ensure_known(clock.calendar())
    except clock.NoCalendar as error:
        log.error("时限没有处理，办件都保持原样：%s", error)
        return 0
    return sum(_act(case, act) for case, act in _waiting(today))


def _waiting(today: date) -> Iterator[tuple[Case, Callable[..., Case]]]:
    cases = Case.objects.select_related(
        "version", "item", "agency", "site", "mandate__agent", "person", "organisation"
    ).order_by("due_on", "pk")
    for states, act in DUE:
        yield from ((case, act) for case in cases.filter(state__in=states, due_on__lt=today).iterator(chunk_size=100))
    served = Delivery.objects.filter(kind__in=["granted", "denied"], party__isnull=True, effective_on__lte=today)
    arrived = cases.filter(state=State.DECIDED, pk__in=served.values("case"))
    yield from ((case, _delivered) for case in arrived.iterator(chunk_size=100))
    expired = cases.filter(concerns__state=Certificate.State.VALID, concerns__valid_until__lt=today)
    expired = expired.filter(state__in=concerning.deem_renewed.transition.source)  # type: ignore[attr-defined]
    yield from ((case, concerning.deem_renewed) for case in expired.select_related("concerns").iterator(chunk_size=100))
    soon = cases.filter(state=State.CORRECTING, due_on__range=(today, clock.calendar().next_working(today)))
    for case in cases.filter(gap_on__lte=today).iterator(chunk_size=100):
        yield case, gap.lapse if gap.is_late(case) else gap.remind
    overdue = cases.filter(check_on__lt=today, later_check__state="correcting")
    yield from ((case, later_check.note_overdue) for case in overdue.iterator(chunk_size=100))
    yield from ((case, correction.remind) for case in soon.iterator(chunk_size=100))


def _delivered(case: Case, *, by: System) -> Case:
    """公告期满: the decision has reached its addressee, though nobody came."""
    return outcome.deliver(case, by=by, way="")


def _act(case: Case, act: Callable[..., Case]) -> bool:
    try:
        act(case, by=CLOCK)
    except Conflict:
        return False  # it moved meanwhile, or it is not time: both are right as they are
    except Exception:  # one case that cannot move must not keep the others from what the law gives them
        log.exception("%s 的时限没能处理，下一次再试", case.number)
        return False
    log.info("%s：%s", case.number, act.__name__)
    return True
