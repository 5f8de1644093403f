"""叫号: one function picks the next number for a window, safe for all windows pressing at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case
from onewindow.hall import live, on_duty, turn
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.actions.sitting import manages
from onewindow.hall.models import Consultation, Hours, Queue, Service, Sitting, Ticket, Visit, Window
from onewindow.hall.node import authority
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict, WrongState, transition
from onewindow.kernel.ledger import Actor, System

State = Ticket.State
# What docs/decisions/0024 promises: nobody is passed by a person who came so much later.
EARLIER = timedelta(minutes=30)

# The officer's 值守, locked: paused? Has a node the say, or this node none any more? Do extended hours run at the site?
SEAT = """
SELECT s.paused_at IS NOT NULL,
  EXISTS (SELECT 1 FROM hall_node WHERE site_id = %(site)s AND state IN ('live', 'leaving'))
    OR EXISTS (SELECT 1 FROM hall_outpost WHERE state = 'fenced'),
  EXISTS (SELECT 1 FROM hall_hours WHERE site_id = %(site)s AND kind = ANY(%(extended)s)
    AND opens <= %(time)s AND closes > %(time)s)
FROM hall_sitting s WHERE s.window_id = %(window)s AND s.user_id = %(user)s AND s.ended_at IS NULL FOR UPDATE
"""
# The visit is taken or free, and the screens hear of it (names as in hall.live): one round trip.
SETTLE = """
WITH visit AS (UPDATE hall_visit SET busy = %(busy)s WHERE id = %(visit)s AND busy <> %(busy)s)
SELECT pg_notify(%(channel)s, concat_ws(' ', 'zone:' || q.zone_id, %(names)s)) FROM hall_queue q WHERE q.id = %(queue)s
"""


def seated(ticket: Ticket, by: Actor) -> bool:
    """The officer at the ticket's window."""
    if not isinstance(by, Principal) or ticket.window_id is None:
        return False
    return Sitting.objects.filter(window=ticket.window_id, user=by.user_id, ended_at=None).exists()


def anyone(ticket: Ticket, by: Actor) -> bool:
    """The door is the page: a device, a screen token or the visit's own secret."""
    return True


def call_next(window: Window, *, by: Principal) -> Ticket | None:
    """叫号: the number whose turn it is, or the one the window has already; None when nobody waits.

    The window's row of 值守 is locked first: a double click, or two browsers at one window, call one number.
    """
    with transaction.atomic():
        off = on_duty.off_roster(window) if _take_seat(window, by) else None
        ticket = turn.pick(window, off)
        if ticket is None or ticket.state != State.WAITING:
            if ticket is None and off is not None:
                raise ValueError(str(off))
            return ticket
        return call(ticket, by=by, window=window, savepoint=False)


def _take_seat(window: Window, by: Principal) -> bool:
    """The officer's 值守 is locked; whether extended hours run at the site."""
    known: dict[str, Any] = {
        "site": window.site_id, "window": window.pk, "user": by.user_id, "extended": list(Hours.EXTENDED),
        "time": clock.now().astimezone(clock.SHANGHAI).time(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SEAT, known)
        paused, elsewhere, extended = cursor.fetchone() or (False, True, False)
    if elsewhere:
        authority.ensure_here(window.site_id)
        raise PermissionDenied("请先在这个窗口上岗，再叫号。")
    if paused:
        raise ValueError("窗口正在暂停服务，请先恢复，再叫号。")
    return bool(extended)


def at(window: Window) -> Ticket | None:
    """The number that is at the window now."""
    known = Ticket.objects.select_related("queue__zone", "visit__person", "case__item", "item")
    return known.filter(window=window, state__in=Ticket.AT_WINDOW).first()


def of_officer(by: Principal) -> Ticket | None:
    """The number at the officer's own window."""
    sat = Sitting.objects.filter(user=by.user_id, ended_at=None).values("window")
    known = Ticket.objects.select_related("queue__zone", "visit__person", "window")
    return known.filter(window__in=sat, state__in=Ticket.AT_WINDOW).first()


def _moves(act: Callable[..., Ticket]) -> Callable[..., Ticket]:
    """Acts of a number free or take its visit, and tell the screens, in the same transaction."""

    @wraps(act)
    def run(ticket: Ticket, *, savepoint: bool = True, **kwargs: Any) -> Ticket:
        with transaction.atomic(savepoint=savepoint):
            before = ticket.window
            act(ticket, **kwargs)
            # A window may stand in another zone than the queue it serves.
            names = live.names(*filter(None, (before, ticket.window)))
            known = {"visit": ticket.visit_id, "busy": ticket.state in Ticket.AT_WINDOW, "queue": ticket.queue_id}
            with connection.cursor() as cursor:
                cursor.execute(SETTLE, known | {"channel": live.CHANNEL, "names": names or f"site:{ticket.site_id}"})
        return ticket

    return run


@_moves
@transition(
    "ticket.called", label="叫号", source={State.WAITING, State.PARKED}, target=State.CALLED, allowed=anyone,
    retry=False,
)  # fmt: skip
def call(ticket: Ticket, *, by: Principal, window: Window) -> dict[str, Any]:
    ticket.window, ticket.called_at, ticket.calls, ticket.officer_id = window, clock.now(), 1, by.user_id
    # Who asked to come later did not wait until then.
    since = (ticket.called_at - max(ticket.issued_at, ticket.turn_at)).total_seconds()
    if ticket.waited is None:
        ticket.waited = since / 60
    return {"window": window.number, "waited": int(since)}


@_moves
@transition("ticket.recalled", label="重呼", source={State.CALLED}, target=State.CALLED, allowed=seated)
def recall(ticket: Ticket, *, by: Actor) -> dict[str, Any]:
    ticket.called_at, ticket.calls = clock.now(), ticket.calls + 1
    return {"calls": ticket.calls}


@_moves
@transition(
    "ticket.serving", label="开始办理", source={State.CALLED}, target=State.SERVING, allowed=seated, tone="primary"
)
def begin(ticket: Ticket, *, by: Actor) -> None:
    ticket.served_at = clock.now()


@_moves
@transition("ticket.missed", label="过号", source={State.CALLED}, target=State.MISSED, allowed=seated)
def miss(ticket: Ticket, *, by: Actor) -> dict[str, Any]:
    """过号: nobody came; who comes back within the site's minutes keeps the place."""
    ticket.ended_at, ticket.window = clock.now(), None
    return {"calls": ticket.calls}


@_moves
@transition("ticket.returned", label="过号回来", source={State.MISSED}, target=State.WAITING, allowed=anyone)
def come_back(ticket: Ticket, *, by: Actor) -> dict[str, Any]:
    now = clock.now()
    if ticket.day != clock.today() or ticket.ended_at is None:
        raise ValueError("号只在当天有用，今天要办请重新取。")
    kept = now <= ticket.ended_at + timedelta(minutes=rules_of(ticket.site).return_minutes)
    if not kept:
        ticket.turn_at = now
    ticket.ended_at, ticket.calls = None, 0
    return {"kept": kept}


@_moves
@transition("ticket.parked", label="暂离", source={State.SERVING}, target=State.PARKED, allowed=seated)
def park(ticket: Ticket, *, by: Actor, note: str = "") -> dict[str, Any]:
    """暂离: to fetch a copy or to pay; called again from here without waiting anew."""
    ticket.note = note.strip()[:200]
    ticket.window = None
    return {"note": ticket.note}


def resume(ticket: Ticket, window: Window, *, by: Principal) -> Ticket:
    """Whoever was away is called back to this window, when nobody is at it."""
    with transaction.atomic():
        _take_seat(window, by)
        if Ticket.objects.filter(window=window, state__in=Ticket.AT_WINDOW).exists():
            raise Conflict(ticket, "窗口还有人在办，办完再请暂离的人回来。")
        Visit.objects.select_for_update().get(pk=ticket.visit_id)
        ticket.refresh_from_db()
        if ticket.visit.tickets.filter(state__in=Ticket.AT_WINDOW).exists():
            raise WrongState(ticket, "这位群众正在另一个窗口办理。")
        return call(ticket, by=by, window=window)


@_moves
@transition(
    "ticket.transferred", label="转到别的业务", source={State.CALLED, State.SERVING}, target=State.WAITING,
    allowed=seated,
)  # fmt: skip
def transfer(ticket: Ticket, *, by: Actor, queue: Queue, note: str) -> dict[str, Any]:
    """转号: to another queue with a note for the next officer; the place is that of the first drawing."""
    note = note.strip()[:200]
    if queue.site_id != ticket.site_id:
        raise ValueError("只能转到本场所的业务。")
    if queue.pk == ticket.queue_id:
        raise ValueError("已经在这个业务里。")
    if len(note) < 2:
        raise ValueError("请给下一个窗口留一句话：办到哪里了，还要办什么。")
    live.tell(ticket.queue)
    before, ticket.queue, ticket.note = ticket.queue.name, queue, note
    ticket.window, ticket.called_at, ticket.served_at, ticket.calls, ticket.reckoned = None, None, None, 0, None
    return {"before": before, "after": queue.name, "note": note}


@_moves
@transition(
    "ticket.filed", label="办这一件", source=set(Ticket.AT_WINDOW), target=State.SERVING, allowed=seated, writes=True
)
def note_case(ticket: Ticket, *, by: Principal, case: Case, event: str = "", label: str = "") -> dict[str, Any]:
    """What is done at the window belongs to the number that was called."""
    now = clock.now()
    ticket.served_at, ticket.case = ticket.served_at or now, case
    done = _service(ticket, by, case)
    if event:
        done.acts = [*done.acts, {"event": event, "label": label, "at": now.isoformat()}]
        done.save(update_fields=["acts"])
    _know(ticket.visit, case.person)
    return {"case": case.number} | ({"act": event} if event else {})


def _service(ticket: Ticket, by: Principal, case: Case | None, consultation: Consultation | None = None) -> Service:
    """The number's row is locked: two tabs of the officer make one."""
    facts = {"window": ticket.window, "officer_id": by.user_id, "consultation": consultation}
    return Service.objects.get_or_create(ticket=ticket, case=case, defaults=facts)[0]


def _know(visit: Visit, person: Person | None) -> None:
    """Who came is known from the first case on; what is known stays."""
    if person and visit.person_id is None:
        Visit.objects.filter(pk=visit.pk, person=None).update(person=person)
        visit.person = person


@_moves
@transition(
    "ticket.identified", label="核对身份", source=set(Ticket.AT_WINDOW), target=State.SERVING, allowed=seated,
    writes=True,
)  # fmt: skip
def identify(ticket: Ticket, *, by: Actor, person: Person) -> dict[str, Any]:
    """The card is on the counter: the number opens that person's file."""
    ticket.served_at = ticket.served_at or clock.now()
    if ticket.visit.person_id not in {None, person.pk}:
        raise WrongState(ticket, "这个号是另一位群众取的，请核对来人和号。")
    _know(ticket.visit, person)
    return {"person": person.number_masked}


@_moves
@transition(
    "ticket.done", label="办完", source={State.CALLED, State.SERVING}, target=State.DONE, allowed=seated,
    tone="primary", writes=True,
)  # fmt: skip
def finish(ticket: Ticket, *, by: Principal, consultation: Consultation | None = None) -> dict[str, Any]:
    """Every number that was served leaves a service to rate, even if nothing was written down."""
    if consultation or not ticket.services.exists():
        _service(ticket, by, None, consultation)
    ticket.ended_at = clock.now()
    ticket.served_at = ticket.served_at or ticket.called_at
    assert ticket.served_at is not None
    return {
        "case": ticket.case.number if ticket.case else "",
        "took": int((ticket.ended_at - ticket.served_at).total_seconds()),
    }


def keeper(ticket: Ticket, by: Actor) -> bool:
    """大厅管理, whose officer has gone."""
    return manages(by, ticket.site_id)


def timer(ticket: Ticket, by: Actor) -> bool:
    return isinstance(by, System)


@_moves
@transition("ticket.released", label="退回等候", source=set(Ticket.AT_WINDOW), target=State.WAITING, allowed=keeper)
def release(ticket: Ticket, *, by: Actor) -> None:
    """The officer has gone: whoever was called waits for another window at the place they had."""
    ticket.window, ticket.called_at, ticket.served_at, ticket.calls, ticket.reckoned = None, None, None, 0, None


@_moves
@transition("ticket.left_called", label="日终收号", source={State.CALLED}, target=State.MISSED, allowed=timer)
def leave_called(ticket: Ticket, *, by: Actor) -> None:
    """Of an earlier day; when it ended is not known, and stays out of service times."""
    ticket.window = None


@_moves
@transition("ticket.left_serving", label="日终收号", source={State.SERVING}, target=State.DONE, allowed=timer)
def leave_serving(ticket: Ticket, *, by: Actor) -> None:
    """Nobody pressed 办完 that day."""


def usher(ticket: Ticket, by: Actor) -> bool:
    """导办: staff posted at the site."""
    return isinstance(by, Principal) and any(post.site == ticket.site_id for post in by.posts)


@_moves
@transition("ticket.prioritised", label="优先", source={State.WAITING}, target=State.WAITING, allowed=usher)
def prioritise(ticket: Ticket, *, by: Actor, priority: str, reason: str) -> dict[str, Any]:
    """At the desk, with what it rests on; counted as if it had been said when the number was drawn."""
    if priority not in Ticket.Priority.values or not priority:
        raise ValueError("请选择优先的情形。")
    reason = wording(reason, least=2, otherwise="请写一句依据，例如“残疾人证”或项目名称。")[:60]
    ticket.priority, ticket.priority_reason = priority, reason
    credit = timedelta(minutes=rules_of(ticket.site).priority_minutes)
    ticket.turn_at = min(ticket.turn_at, ticket.issued_at - credit)
    return {"priority": ticket.get_priority_display(), "reason": reason, "turn_at": ticket.turn_at.isoformat()}


# How much later one may ask to be called.
LATER = (15, 30, 60, 90)


@_moves
@transition("ticket.postponed", label="晚点来", source={State.WAITING}, target=State.WAITING, allowed=anyone)
def postpone(ticket: Ticket, *, by: Actor, minutes: int) -> dict[str, Any]:
    """晚点来: the number counts as if it were drawn then and is not called before; none 0 when its holder is here."""
    if minutes not in {0, *LATER}:
        raise ValueError("请选择晚多久来。")
    later = clock.now() + timedelta(minutes=minutes)
    ticket.turn_at = max(ticket.turn_at, later) if minutes else min(ticket.turn_at, later)
    ticket.reckoned = None
    return {"minutes": minutes, "turn_at": ticket.turn_at.isoformat()}


def beside(ticket: Ticket) -> list[Ticket]:
    """The other numbers of the visit that wait or are away."""
    open_ = [State.WAITING, State.PARKED, State.MISSED]
    return list(ticket.visit.tickets.filter(state__in=open_).select_related("queue__zone").order_by("turn_at", "pk"))


def follows(ticket: Ticket, window: Window) -> bool:
    """一次取号、接着办: the window serves it too, and nobody waits there who came half an hour earlier or more."""
    off = on_duty.off_roster(window)
    if off and ticket.queue_id in off.queues and ticket.issued_at >= off.since:
        return False
    if not window.queues.filter(pk=ticket.queue_id).exists():
        return False
    line = Ticket.objects.filter(queue__windows=window, day=ticket.day, state=State.WAITING)
    return not line.filter(issued_at__lt=ticket.issued_at - EARLIER).exists()


def call_after(before: Ticket, ticket: Ticket, *, by: Principal) -> Ticket:
    """接着办: the visit's next number at the same window, without another wait; the first is done with it."""
    window = before.window
    if window is None or ticket.visit_id != before.visit_id:
        raise WrongState(ticket, "这不是同一位群众的号。")
    with transaction.atomic():
        _take_seat(window, by)
        if not follows(ticket, window):
            raise WrongState(ticket, "这个号要按顺序等叫：还有比它早来很久的人在等，或者不归这个窗口办。")
        if before.state in Ticket.AT_WINDOW:
            finish(before, by=by)
        return call(ticket, by=by, window=window)


@_moves
@transition(
    "ticket.given_up", label="放弃", source={State.WAITING, State.MISSED, State.PARKED}, target=State.GIVEN_UP,
    allowed=anyone,
)  # fmt: skip
def give_up(ticket: Ticket, *, by: Actor) -> None:
    """放弃: by its holder, on the phone or at the machine."""
    ticket.ended_at = clock.now()
