"""出发提醒: asked for once, told once, when the estimate says that the way takes as long as the wait."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from onewindow.hall import estimates
from onewindow.hall.estimates import Load
from onewindow.hall.models import Reminder, Ticket
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import Actor, System
from onewindow.notifications.actions import notify

CLOCK = System("clock", "系统（出发提醒）")
# Minutes to spare: better a little early than called while still on the way.
SPARE = 5
# With nobody at the windows there is no estimate; so few before one are called any moment once somebody sits there.
NEAR = 3


@transaction.atomic
def ask(ticket: Ticket, *, by: Actor, minutes: int, phone: str = "", user_id: int | None = None) -> Reminder:
    """Asked again before it was told, the last word counts."""
    if not 1 <= minutes <= 180:
        raise ValueError("路上的时间请填 1 到 180 分钟。")
    if not phone and user_id is None:
        raise ValueError("请留一个手机号，好给您发提醒。")
    Ticket.objects.select_for_update().get(pk=ticket.pk)
    if ticket.state != Ticket.State.WAITING:
        raise ValueError("这个号已经不在等候，不用再提醒。")
    facts = {"minutes": minutes, "phone": phone, "user_id": user_id}
    reminder, _ = Reminder.objects.get_or_create(ticket=ticket, defaults=facts)
    if Reminder.objects.filter(pk=reminder.pk, told_at=None).update(**facts):
        # A chain of its own: that of the number is its hall node's (docs/decisions/0025).
        ledger.record(("reminder", ticket.subject), "ticket.reminder_asked", by=by, data={"minutes": minutes})
    reminder.refresh_from_db()
    return reminder


def is_time(reminder: Reminder, load: Load, ahead: int) -> bool:
    wait = load.wait(ahead)
    return ahead <= NEAR if wait is None else wait.least <= reminder.minutes + SPARE


def waiting() -> Iterable[Reminder]:
    known = Reminder.objects.select_related("ticket__queue__site", "ticket__visit")
    return known.filter(told_at=None, ticket__state=Ticket.State.WAITING, ticket__day=clock.today()).order_by("pk")


def remind() -> int:
    """What the worker does each minute. How many were told."""
    asked = list(waiting())
    loads = estimates.loads({each.ticket.queue for each in asked}) if asked else {}
    due = [each for each in asked if is_time(each, loads[each.ticket.queue_id], estimates.ahead_of(each.ticket))]
    return sum(tell(each) for each in due)


@transaction.atomic
def tell(reminder: Reminder) -> bool:
    """Of two workers one sends it; the mark and the notice are written together."""
    if not Reminder.objects.filter(pk=reminder.pk, told_at=None).update(told_at=clock.now()):
        return False
    ticket = reminder.ticket
    entry = ledger.record(("reminder", ticket.subject), "ticket.reminded", by=CLOCK, data={"minutes": reminder.minutes})
    notify(
        user=reminder.user, phone=reminder.phone, template="time_to_leave", entry=entry, subject=ticket.subject,
        context={"number": ticket.number, "item": f"{ticket.queue.site}“{ticket.queue}”"},
        link=f"/tickets/{ticket.visit.secret}/",
    )  # fmt: skip
    return True
