"""日历变更 in the worker: what a list would move is counted, what was ordered takes effect (docs/decisions/0019)."""

from __future__ import annotations

import logging

from django.db import OperationalError, connection, transaction

from onewindow.cases.actions import calendar
from onewindow.cases.models import CalendarChange
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.kernel.progress import Progress, of

log = logging.getLogger(__name__)
BY = System("calendar", "系统（工作日历）")
# One worker is at the calendar at a time, however many jobs were begun.
ALONE = [20_170, 83]
BROKEN = "计算时出错，什么都没有改。请告诉运维人员查看后台日志。"


def run() -> int:
    """How many steps were done: of each all or nothing, so that after a kill the next run does it once."""
    done = 0
    while _next():
        done += 1
    return done


@transaction.atomic
def _next() -> bool:
    if not _alone():
        return False
    change = CalendarChange.objects.filter(state__in=CalendarChange.WORK).order_by("pk").first()
    if change is None:
        return False
    try:
        with transaction.atomic():
            _carry_out(change)
    except OperationalError:  # the database went away or broke a deadlock: tried again in a minute
        raise
    except Conflict as conflict:
        _give_up(change.pk, conflict.message)
    except Exception:
        log.exception("日历变更 %s 没有做成", change.pk)
        _give_up(change.pk, BROKEN)
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", ALONE)
        return bool(cursor.fetchone()[0])


def _carry_out(change: CalendarChange) -> None:
    if change.state == CalendarChange.State.COUNTING:
        calendar.preview(change, by=BY)
        return
    # Before the row, as acts do: none that reckons days finishes until this has.
    clock.hold()
    calendar.take_effect(change, by=BY)


def _give_up(pk: int, words: str) -> None:
    clock.forget()
    calendar.fail(CalendarChange.objects.get(pk=pk), by=BY, words=words)


def progress(change: CalendarChange) -> Progress | None:
    """Cases done of all, while a worker is at it."""
    return of(f"calendar {change.pk}")
