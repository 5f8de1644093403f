"""替人离岗 and 日终: windows and numbers that somebody left open."""

from __future__ import annotations

from datetime import datetime, time

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max

from onewindow.accounts.principal import Principal
from onewindow.hall import live
from onewindow.hall.actions import calling, sitting
from onewindow.hall.models import Sitting, Ticket
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System

CLOCK = System("clock", "系统（日终）")


@transaction.atomic
def relieve(seat: Sitting, *, by: Principal) -> Ticket | None:
    """替人离岗: who was called to the window waits again, at the place they had. The number that was there."""
    if not sitting.manages(by, seat.window.site_id):
        raise PermissionDenied("替人离岗由大厅管理办理。")
    Sitting.objects.select_for_update().get(pk=seat.pk)
    there = calling.at(seat.window)
    if there is not None:
        calling.release(there, by=by)
    sitting.sign_off(seat, by=by)
    return there


def end_days() -> int:
    """Of earlier days: numbers still at a window, officers still signed on. How many were ended; run twice, once."""
    today = clock.today()
    midnight = datetime.combine(today, time.min, clock.SHANGHAI)
    left = Ticket.objects.filter(state__in=Ticket.AT_WINDOW, day__lt=today).select_related("queue__zone", "window")
    seats = Sitting.objects.filter(ended_at=None, started_at__lt=midnight).select_related("window")
    tickets = [each for each in left.order_by("pk") if authority.holder(each.site_id) is None]
    ended = sum(_close(each) for each in tickets)
    return ended + sum(_end(each) for each in seats.order_by("pk") if authority.holder(each.window.site_id) is None)


def _close(ticket: Ticket) -> bool:
    act = calling.leave_called if ticket.state == Ticket.State.CALLED else calling.leave_serving
    try:
        act(ticket, by=CLOCK)
    except Conflict:
        return False
    return True


@transaction.atomic
def _end(seat: Sitting) -> bool:
    """Signed off when the last number was done: how long anybody stayed after it is not known."""
    own = Ticket.objects.filter(officer=seat.user_id, window=seat.window, called_at__gte=seat.started_at)
    last = own.aggregate(last=Max("ended_at"))["last"] or seat.started_at
    running = Sitting.objects.filter(pk=seat.pk, ended_at=None)
    if not running.update(ended_at=last, paused_at=None, back_at=None, reason=""):
        return False
    ledger.record(("window", f"{seat.window.site_id}-{seat.window.number}"), "window.signed_off", by=CLOCK, data={})
    live.tell(seat.window)
    return True
