"""A hall with one zone, two queues and windows as a test asks for them."""

import pytest

from onewindow.hall.actions import drawing, sitting
from onewindow.hall.models import Queue, Ticket, Window, Zone
from onewindow.kernel.ledger import System
from tests.factories.accounts import AgencyFactory, SiteFactory
from tests.factories.cases import officer

KIOSK = System("kiosk", "取号机")


@pytest.fixture
def zone(db) -> Zone:
    return a_zone()


def a_zone() -> Zone:
    return Zone.objects.get_or_create(site=SiteFactory(), code="A", defaults={"name": "综合服务区"})[0]


def a_queue(code="ZH", **more) -> Queue:
    zone = a_zone()
    return Queue.objects.create(site=zone.site, zone=zone, code=code, name=f"业务{code}", **more)


def a_window(number, *queues, **more) -> Window:
    zone = a_zone()
    window = Window.objects.create(site=zone.site, zone=zone, number=number, **more)
    window.queues.set(queues)
    return window


def seated(window, name=""):
    """An officer who has signed on to the window."""
    AgencyFactory()
    principal = officer(name or f"window-{window.number}", "WJJ", "clerk")
    sitting.sign_on(window, by=principal)
    return principal


def drawn(*queues, source=Ticket.Source.KIOSK, **more):
    tickets = drawing.draw([drawing.Wish(queue, **more) for queue in queues], by=KIOSK, source=source)
    return tickets[0] if len(queues) == 1 else tickets
