"""取号: a number drawn fixes its place in the line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from stdnum.cn import ric

from onewindow.accounts.models import Person, Site
from onewindow.catalogue.models import Item
from onewindow.hall import estimates, live
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Queue, Rules, Ticket, Visit
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger, numbers
from onewindow.kernel.ledger import Actor

# One person's numbers of a day that still wait or are at a window.
MOST = 6
OVER = (Ticket.State.DONE, Ticket.State.GIVEN_UP)


@dataclass(frozen=True)
class Wish:
    """What somebody comes for: a queue, perhaps the item, and what the window must offer."""

    queue: Queue
    item: Item | None = None
    priority: str = Ticket.Priority.NONE
    reason: str = ""
    language: str = ""
    accessible: bool = False
    # Of a booking: when it is for.
    booked_for: datetime | None = None


def turn(wish: Wish, at: datetime, rules: Rules) -> datetime:
    """The moment the number counts from (docs/decisions/0024): fixed for good, so nobody is overtaken without end.

    A booking counts from a little before its time, unless its holder came earlier than that, or too late to be booked.
    """
    turns = [at]
    if wish.booked_for and at <= wish.booked_for + timedelta(minutes=rules.grace_minutes):
        turns.append(wish.booked_for - timedelta(minutes=rules.booked_minutes))
    if wish.priority:
        turns.append(at - timedelta(minutes=rules.priority_minutes))
    return min(turns)


def ensure_open(queue: Queue) -> None:
    """ValueError with the next opening when the queue is not served now; who drew before closing is served after."""
    if why := Timetable.of(queue.site_id).closed_words(queue):
        raise ValueError(why)


def rules_of(site: Site) -> Rules:
    return Rules.objects.filter(site=site).first() or Rules(site=site)


@transaction.atomic
def draw(
    wishes: list[Wish],
    *,
    by: Actor,
    source: str,
    person: Person | None = None,
    phone: str = "",
    visit: Visit | None = None,
) -> list[Ticket]:
    """One visit, one number for each wish; ValueError with what to do when there is nothing to draw."""
    if not wishes:
        raise ValueError("请先选择要办的业务。")
    site = wishes[0].queue.site
    authority.ensure_here(site.pk)
    visit = visit or _here_today(site, person) or Visit.objects.create(site=site, person=person, phone=phone)
    _ensure_needed(_open_of(visit), wishes)
    rules, now = rules_of(site), clock.now()
    given = [_with_priority(wish, visit.person, source, rules) for wish in wishes]
    return [_issue(wish, visit, source, turn(wish, now, rules), by) for wish in given]


def _ensure_needed(held: list[Ticket], wishes: list[Wish]) -> None:
    """What was booked is taken in any case: each booking is for a matter of its own."""
    asked = [wish for wish in wishes if wish.booked_for is None]
    if asked and len(held) + len(asked) > MOST:
        raise ValueError(f"一次最多取 {MOST} 个号，请先办完手里的号。")
    if twice := {ticket.queue_id for ticket in held} & {wish.queue.pk for wish in asked}:
        number = next(ticket.number for ticket in held if ticket.queue_id in twice)
        raise ValueError(f"您已经有这个业务的号：{number}，不用再取。")


def _here_today(site: Site, person: Person | None) -> Visit | None:
    """Whoever is in the hall already is one visitor, however the next number is asked for; twice at once too."""
    if person is None:
        return None
    list(Person.objects.select_for_update().filter(pk=person.pk).values_list("pk"))
    open_ = Ticket.objects.exclude(state__in=OVER).filter(day=clock.today()).values("visit")
    return Visit.objects.filter(site=site, person=person, day=clock.today(), pk__in=open_).order_by("-pk").first()


def visit_of_today(site: Site, secret: str) -> Visit | None:
    """By the secret of the number's page: where another number of the same visitor belongs."""
    return Visit.objects.filter(site=site, secret=secret, day=clock.today()).first() if secret else None


def _with_priority(wish: Wish, person: Person | None, source: str, rules: Rules) -> Wish:
    """Whose age is known need not ask for it; 重点项目 is given at the desk only."""
    if wish.priority and wish.priority not in dict(Ticket.SELF_DECLARED) and source != Ticket.Source.DESK:
        raise ValueError("重点项目优先请到导办台取号。")
    if not wish.priority and person and (age := _age(person)) is not None and age >= rules.elder_age:
        return replace(wish, priority=Ticket.Priority.ELDERLY, reason=f"身份证年龄 {age} 岁")
    return wish


def _age(person: Person) -> int | None:
    if person.document != Person.Document.RESIDENT_ID:
        return None
    born, today = ric.get_birth_date(person.number), clock.today()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@transaction.atomic
def draw_once(wish: Wish, *, secret: str, by: Actor, source: str, visit: Visit | None = None) -> Visit:
    """A number for a press whose page chose the visit's secret: the same press, twice or at once, is one number.

    `visit`: another number 再取一个号 of whoever has one already.
    """
    if visit is not None:
        if wish.queue.pk not in {ticket.queue_id for ticket in _open_of(visit)}:
            draw([wish], by=by, source=source, visit=visit)
        return visit
    visit, new = Visit.objects.get_or_create(secret=secret, defaults={"site": wish.queue.site})
    if new:
        draw([wish], by=by, source=source, visit=visit)
    return visit


def _open_of(visit: Visit) -> list[Ticket]:
    """The visit's numbers that are not done; the visit is locked, so that a double click draws once."""
    Visit.objects.select_for_update().get(pk=visit.pk)
    return list(visit.tickets.exclude(state__in=OVER).order_by("pk"))


def _issue(wish: Wish, visit: Visit, source: str, turn_at: datetime, by: Actor) -> Ticket:
    queue, day = wish.queue, clock.today()
    serial = numbers.next_serial(f"ticket:{queue.site_id}:{queue.zone.code}:{day:%Y%m%d}")
    ticket = Ticket.objects.create(
        site_id=queue.site_id, day=day, number=numbers.ticket_number(queue.zone.code, serial), queue=queue, visit=visit,
        source=source, priority=wish.priority, priority_reason=wish.reason, language=wish.language,
        accessible=wish.accessible, item=wish.item, turn_at=turn_at,
    )  # fmt: skip
    said = {"queue": queue.name, "source": ticket.get_source_display(), "turn_at": turn_at.isoformat()}
    if wish.priority:
        said |= {"priority": ticket.get_priority_display(), "reason": wish.reason}
    ledger.record(ticket, "ticket.drawn", by=by, data=said)
    live.tell(queue)
    estimates.keep(ticket)
    return ticket
