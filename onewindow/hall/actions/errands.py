"""转办: asked on the phone at the centre, carried out by the node that has the say, once."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from onewindow.accounts.models import Person
from onewindow.hall.actions import calling, drawing
from onewindow.hall.models import Errand, Node, Queue, Ticket
from onewindow.hall.models.nodes import SILENT
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System

PHONE = System("phone", "手机取号")
CUT = "大厅和中心的连线暂时断了，手机上现在办不了。请到大厅取号机上办，或过一会儿再试。"


def ask(node: Node, what: str, *, person: Person | None = None, **said: Any) -> Errand:
    """ValueError when the hall cannot hear of it."""
    if node.is_silent:
        raise ValueError(CUT)
    return Errand.objects.create(site=node.site, what=what, said=said, person=person)


def answer_unheard(errand: Errand) -> None:
    """What no node has taken up in good time is answered no; if it did and could not say so, its word still counts."""
    if errand.state == Errand.State.WAITING and clock.now() - errand.asked_at > SILENT:
        late = Errand.objects.filter(pk=errand.pk, state=Errand.State.WAITING)
        late.update(state=Errand.State.REFUSED, answer=CUT)
        errand.refresh_from_db()


def carry_out(site: str, asked: dict[str, Any]) -> None:
    """On the node. Its row, answer included, goes back with the number's own."""
    if Errand.objects.filter(pk=asked["number"]).exists():
        return
    row = Errand(
        number=asked["number"], site_id=site, what=asked["what"], said=asked["said"], state=Errand.State.REFUSED
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                row.answer = VERBS[asked["what"]](site, asked["said"])
            row.state = Errand.State.DONE
        except (ValueError, Conflict) as problem:
            row.answer = str(problem)[:300]
        except (Queue.DoesNotExist, Ticket.DoesNotExist):
            row.answer = "大厅里没有这个业务或这个号，请刷新后再试。"
        row.save(force_insert=True)


def _draw(site: str, said: dict[str, Any]) -> str:
    queue = Queue.objects.select_related("zone", "site").get(site=site, pk=said["queue"])
    drawing.ensure_open(queue)
    wish = drawing.Wish(
        queue, priority=said.get("priority", ""), language=said.get("language", ""),
        accessible=bool(said.get("accessible")),
    )  # fmt: skip
    visit = drawing.visit_of_today(queue.site, said.get("visit", ""))
    (ticket,) = drawing.draw([wish], by=PHONE, source=Ticket.Source.PHONE, visit=visit)
    return ticket.visit.secret


def _move(act: Any) -> Any:
    def run(site: str, said: dict[str, Any]) -> str:
        known = Ticket.objects.select_related("queue__zone", "site", "visit")
        ticket = known.get(site=site, pk=said["ticket"])
        act(ticket, by=PHONE, **{name: value for name, value in said.items() if name != "ticket"})
        return ticket.visit.secret

    return run


VERBS = {
    Errand.What.DRAW: _draw,
    Errand.What.GIVE_UP: _move(calling.give_up),
    Errand.What.COME_BACK: _move(calling.come_back),
    Errand.What.POSTPONE: _move(calling.postpone),
}
