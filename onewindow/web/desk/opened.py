"""叫号即开件: what a called number opens at the clerk's window, and the way back to it from a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from onewindow.accounts.principal import Principal
from onewindow.cases import readiness
from onewindow.cases.models import CLOSED_STATES, Case
from onewindow.catalogue.checklist import ListedMaterial
from onewindow.hall.actions import calling
from onewindow.hall.models import Queue, Ticket, Window
from onewindow.web.desk.acts import Offer, offers
from onewindow.web.desk.acts.act import Click

# Files laid open with papers and acts; what else is under way is one line each.
OPEN, MORE = 3, 8
# Acts shown at the number, the likely ones first; the file has all of them.
LIKELY = 4


@dataclass(frozen=True)
class Opened:
    """A case on the clerk's desk: what is lacking, what may be done now."""

    case: Case
    lacking: list[ListedMaterial] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def clicks(self) -> list[Offer]:
        """Done from the window itself: needs no word and is no end."""
        return [each for each in self._likely if each.act.form is Click]

    @property
    def worded(self) -> list[Offer]:
        """Done on the file's page, one step away."""
        return [each for each in self._likely if each.act.form is not Click]

    @property
    def _likely(self) -> list[Offer]:
        return [each for each in self.offers if each.act.transition.tone != "danger"][:LIKELY]


@dataclass(frozen=True)
class Next:
    """Another number of the same visit."""

    ticket: Ticket
    here: bool


def files(ticket: Ticket, principal: Principal) -> list[Opened]:
    """The person's matters that this queue serves, the one the number was drawn for first; then the others.

    Through the one door: what this clerk may not see is not there.
    """
    cases = list(_of_visitor(ticket, principal)[:MORE])
    served = _served_here(ticket.queue)
    cases.sort(key=lambda case: (case.pk != ticket.case_id, case.item_id != ticket.item_id, not served(case)))
    laid_open = [case for case in cases if case.pk == ticket.case_id or served(case)][:OPEN]
    return [_open(case, principal) if case in laid_open else Opened(case) for case in cases]


def _of_visitor(ticket: Ticket, principal: Principal) -> QuerySet[Case]:
    person = ticket.visit.person_id
    mine = Q(pk=ticket.case_id)
    if person is not None:
        mine |= Q(person=person) | Q(filed_by__person=person)
    known = Case.objects.open_to(principal).filter(mine).exclude(state__in=CLOSED_STATES).exclude(state="draft")
    return known.select_related("item", "agency", "version", "person").order_by("-id")


def concerns(ticket: Ticket, case: Case) -> bool:
    """Whether the case is the visitor's own, or filed or carried by the visitor."""
    person = ticket.visit.person_id
    if case.pk == ticket.case_id:
        return True
    agent = case.mandate.agent_id if case.mandate else None
    return person is not None and person in {case.person_id, case.filed_by.person_id, agent}


def _served_here(queue: Queue) -> Callable[[Case], bool]:
    """Whether a matter belongs to the queue's group; 综合 takes what no other queue of the site takes."""
    own = set(queue.agencies.values_list("code", flat=True))
    others: set[str] = set()
    if queue.rest:
        others = set(Queue.objects.filter(site=queue.site_id, rest=False).values_list("agencies", flat=True)) - own

    def served(case: Case) -> bool:
        return case.agency_id in own or (queue.rest and case.agency_id not in others)

    return served


def _open(case: Case, principal: Principal) -> Opened:
    return Opened(case, readiness.lacking(readiness.check(case)), offers(case, principal))


def beside(ticket: Ticket, window: Window) -> list[Next]:
    return [Next(each, calling.follows(each, window)) for each in calling.beside(ticket)]
