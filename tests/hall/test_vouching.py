"""A number drawn at a cut-off node: its page at the centre says what counts, and nobody else can make such a page."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings

from onewindow.hall.actions import leases
from onewindow.hall.models import Outpost, Ticket, Visit
from onewindow.hall.node import tables, vouching
from onewindow.kernel import clock, numbers
from tests.hall.conftest import a_queue
from tests.hall.test_node import BY, NINE, Machine

pytestmark = pytest.mark.django_db


@pytest.fixture
def nine(zone, time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


@pytest.fixture
def machine(nine, zone):
    return Machine(zone).begin()


def printed(machine, queue, number="A012"):
    """As the node makes the address while nobody hears it."""
    ticket = Ticket(number=number, queue=queue, site=queue.site, visit=Visit(site=queue.site), issued_at=clock.now())
    Outpost.objects.get_or_create(
        pk=queue.site_id, defaults={"centre": "https://x.test", "instance": "first", "lease": machine.lease}
    )
    with override_settings(HALL_SITE=queue.site_id, NODE_TOKEN=machine.token):
        return ticket, vouching.voucher(ticket)


def page(secret, code):
    return Client().get(f"/tickets/{secret}/", {"h": code} if code else {})


def test_while_cut_off_the_page_says_the_number_counts_and_shows_it_once_the_line_is_back(machine, nine):
    ticket, code = printed(machine, a_queue(name_en="Household"))
    nine.shift(timedelta(minutes=5))
    cut = page(ticket.visit.secret, code)
    said = cut.content.decode()
    assert cut.status_code == 200 and "A012" in said and "大厅和中心的连线暂时断了" in said and "照常叫号" in said
    assert cut.headers["Refresh"] == "20" and "no-store" in cut.headers["Cache-Control"]
    assert machine.contact().status_code == 200
    assert "正在向大厅问" in page(ticket.visit.secret, code).content.decode()
    with tables.mirroring(ticket.site_id):
        ticket.visit.save()
        ticket.visit_id, ticket.turn_at = ticket.visit.pk, ticket.issued_at
        ticket.save()
    there = page(ticket.visit.secret, code).content.decode()
    assert "A012" in there and "连线" not in there and "向大厅问" not in there


def test_nobody_else_makes_such_a_page(machine, nine):
    queue = a_queue()
    ticket, code = printed(machine, queue)
    secret, (said, sign) = ticket.visit.secret, code.rsplit(".", 1)
    lease, number, pk, minute = said.split(".")
    wrong = [
        "", "x", "." * 9, f"{said}.{'A' * len(sign)}", f"{lease}.A001.{pk}.{minute}.{sign}",
        f"{lease}.{number}.{pk}.{int(minute) + 1}.{sign}", f"{int(lease) + 1}.{number}.{pk}.{minute}.{sign}",
        f"{'9' * 30}.{number}.{pk}.{minute}.{sign}", f"².{number}.{pk}.{minute}.{sign}", f"{said}.é",
    ]  # fmt: skip
    assert [page(secret, each).status_code for each in wrong] == [404] * len(wrong)
    assert page(numbers.share_number(), code).status_code == 404, "of another number"
    assert page(secret, code).status_code == 200


def test_the_day_after_and_after_the_machine_is_taken_away_the_page_says_where_to_go(machine, nine):
    ticket, code = printed(machine, a_queue())
    leases.take_away(machine.node, by=BY, reason="机器烧坏了")
    assert "请到导办台" in page(ticket.visit.secret, code).content.decode()
    nine.shift(timedelta(days=1))
    assert "这个号已经过期" in page(ticket.visit.secret, code).content.decode()
    assert not vouching.voucher(ticket), "at the centre nothing is vouched for"
