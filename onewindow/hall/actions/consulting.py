"""咨询: a question answered at the window without a case is a service event with a number of its own."""

from __future__ import annotations

from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases.actions.wording import wording
from onewindow.hall.actions import calling
from onewindow.hall.models import Consultation, Ticket
from onewindow.kernel import clock, ledger, numbers


@transaction.atomic
def answer(ticket: Ticket, *, by: Principal, about: str, answer: str = "") -> Consultation:
    """Written down, and the number is done."""
    about = wording(about, least=2, otherwise="请写一句问的是什么，方便统计大家常问的事。")[:300]
    day = clock.today()
    serial = numbers.next_serial(f"consultation:{ticket.site_id}:{day:%Y%m%d}")
    made = Consultation.objects.create(
        number=f"Z{day:%Y%m%d}{serial:05d}", site_id=ticket.site_id, ticket=ticket, item_id=ticket.item_id,
        officer_id=by.user_id, about=about, answer=wording(answer)[:1000],
    )  # fmt: skip
    ledger.record(ticket, "ticket.consulted", by=by, data={"number": made.number, "about": about})
    calling.finish(ticket, by=by, consultation=made)
    return made
