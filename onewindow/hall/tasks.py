"""What the hall does by itself: holds that end, bookings nobody came to, slots of the coming days."""

from __future__ import annotations

import logging
from collections.abc import Callable

from procrastinate.contrib.django import app

from onewindow.accounts.models import Site
from onewindow.hall import slots
from onewindow.hall.actions import booking, capacity, devices, doors, leaving, onsite, reminding, watching
from onewindow.hall.models import Booking
from onewindow.hall.node import authority
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="hall-bookings")
def run_bookings(timestamp: int) -> None:
    sweep()
    onsite.release()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="hall-reminders")
def run_reminders(timestamp: int) -> None:
    reminding.remind()


@app.periodic(cron="10 0 * * *")
@app.task(queueing_lock="hall-slots")
def make_slots(timestamp: int) -> None:
    for site in Site.objects.filter(queues__isnull=False).distinct().order_by("pk"):
        slots.make(site.pk)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="hall-devices")
def look_after_devices(timestamp: int) -> None:
    devices.sweep()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="hall-days")
def end_days(timestamp: int) -> None:
    """Windows and numbers left open on an earlier day."""
    leaving.end_days()


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="hall-doors")
def forget_openings(timestamp: int) -> None:
    doors.forget()


def sweep() -> int:
    """How many bookings moved; run twice or by two workers, each moves once."""
    now = clock.now()
    known = Booking.objects.select_related("slot").order_by("pk")
    due: list[tuple[Booking, Callable[..., Booking]]] = [
        (each, booking.lapse) for each in known.filter(state__in=["held", "offered"], until__lt=now)
    ]
    unheard = authority.unheard()
    missed = known.select_related("slot__queue").filter(state="booked", slot__ends__lt=now)
    # Who came while the line was cut is told of later (docs/decisions/0025).
    due += [(each, booking.miss) for each in missed if each.slot.queue.site_id not in unheard]
    return sum(_act(each, act) for each, act in due) + capacity.displace_all(Booking.objects.all())


def _act(each: Booking, act: Callable[..., Booking]) -> bool:
    try:
        act(each, by=booking.CLOCK)
    except Conflict:
        return False
    except Exception:  # one booking must not keep the others
        log.exception("预约 %s 没能处理，下一次再试", each.number)
        return False
    return True


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="hall-watch")
def watch_halls(timestamp: int) -> None:
    """Every minute, whether or not a manager looks."""
    known = Site.objects.exclude(pk__in=authority.unheard())
    for site in known.filter(queues__isnull=False).distinct().order_by("pk"):
        watching.watch(site)
