"""主持权 and the outbox at the centre: one has the say, each row once, nothing is lost (docs/decisions/0025)."""

import json
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.test import Client

from onewindow.hall import tasks
from onewindow.hall.actions import booking, calling, drawing, errands, leases
from onewindow.hall.models import Booking, Errand, Node, NodeConflict, Slot, Ticket, Visit
from onewindow.hall.models.nodes import BLOCK
from onewindow.hall.node import authority, briefs, tables, taking
from onewindow.hall.node.images import take
from onewindow.kernel import clock, ledger
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.ledger import System
from tests.factories.accounts import PostFactory, StaffFactory, UserFactory
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn, seated

pytestmark = pytest.mark.django_db
BY = System("operator", "运维")
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def nine(zone, time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


class Machine:
    """A node as the centre hears it."""

    def __init__(self, zone, name="一楼机房", instance="first"):
        self.node, self.token = leases.issue(zone.site, name, by=BY)
        self.instance, self.lease, self.n, self.head, self.waiting = instance, 0, 0, "", 0

    def send(self, path, body, method="post"):
        return getattr(Client(), method)(
            f"/api/nodes/510114/{path}", json.dumps(body), content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self.token}",
        )  # fmt: skip

    def contact(self, **said):
        known = {
            "instance": self.instance, "program": tables.program(), "clock": clock.now().isoformat(),
            "lease": self.lease, "sent": self.n, "last": self.n, "head": self.head, "waiting": self.waiting,
            "oldest_at": None,
        }  # fmt: skip
        return self.send("contact/", known | said)

    def begin(self):
        answer = self.contact()
        assert answer.status_code == 200, answer.content.decode()
        self.lease = answer.json()["lease"]
        assert self.send("brief/", {"have": {}, "begin": True}).status_code == 200
        return self

    def sent(self, *rows):
        found = []
        for table, row in rows:
            self.n += 1
            found.append({"n": self.n, "table": table, "gone": False, "row": row})
        return found

    def bring(self, *rows):
        sent = self.sent(*rows)
        answer = self.send("rows/", {"rows": sent})
        assert answer.status_code == 200, answer.content.decode()
        self.head = answer.json()["head"]
        return sent

    @property
    def now(self):
        return Node.objects.get(pk=self.node.pk)


@pytest.fixture
def machine(zone, nine):
    return Machine(zone).begin()


def a_number(machine, queue, serial, state="waiting"):
    """A visit, its number and the ledger row, as a node draws them: with keys of its block and its own hash."""
    key, at = machine.node.pk * BLOCK + serial, clock.now()
    visit = Visit(pk=key, site_id="510114", day=clock.today(), secret=f"N{machine.node.pk:05d}{serial:06d}")
    ticket = Ticket(
        pk=key, site_id="510114", day=clock.today(), number=f"A{serial:03d}", queue=queue, visit=visit, turn_at=at,
        issued_at=at, chain_seq=1, state=state,
    )  # fmt: skip
    row = {
        "at": at, "kind": "ticket", "subject": ticket.subject, "event": "ticket.drawn", "actor": "system:kiosk",
        "actor_name": "取号机", "data": {"queue": queue.name},
    }  # fmt: skip
    head = ledger.hashlib.sha256(ledger.payload(**row).encode()).hexdigest()
    plain = lambda each: {  # noqa: E731
        field.column: getattr(each, field.attname) for field in each._meta.concrete_fields
    }
    image = plain(ticket) | {"chain_head": f"\\x{head}"}
    entry = row | {"at": at.isoformat(), "seq": 1, "hash": f"\\x{head}", "id": key, "xact": 7}
    text = json.loads(json.dumps([plain(visit), image, entry], default=str))
    return [("hall_visit", text[0]), ("hall_ticket", text[1]), ("kernel_entry", text[2])]


class TestOneHasTheSay:
    def test_a_second_node_is_refused_while_the_first_holds_the_hall(self, zone, machine):
        other = Machine(zone, "二楼机房", "second")
        refused = other.contact()
        assert refused.status_code == 409 and "已由节点“一楼机房”主持" in refused.json()["detail"]
        assert other.now.state == "issued" and machine.contact().status_code == 200

    def test_the_centre_neither_draws_nor_calls_nor_lets_anybody_sit_down(self, zone, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        drawn(queue)
        by = seated(window)
        Machine(zone).begin()
        with pytest.raises(ValueError, match="由大厅节点“一楼机房”主持"):
            drawn(queue)
        with pytest.raises(ValueError, match="主持"):
            calling.call_next(window, by=by)
        with pytest.raises(ValueError, match="主持"):
            seated(a_window("A02", queue))

    def test_the_database_refuses_what_forgets_to_ask(self, zone, machine):
        with pytest.raises(DatabaseError, match="由大厅节点主持"), transaction.atomic():
            Visit.objects.create(site=zone.site)

    def test_another_machine_a_clone_and_a_restored_copy_are_stopped(self, zone, machine):
        queue = a_queue()
        machine.bring(*a_number(machine, queue, 1))
        for wrong in ({"instance": "copied"}, {"last": 1, "sent": 1}, {"head": "0" * 64}, {"lease": 0}):
            answer = machine.contact(**wrong)
            assert (answer.status_code, answer["Node-Fenced"]) == (409, "1"), wrong
        assert machine.contact().status_code == 200

    def test_a_clock_or_a_program_that_differs_does_not_begin(self, zone, nine):
        machine = Machine(zone)
        late = machine.contact(clock=(clock.now() - timedelta(minutes=5)).isoformat())
        assert late.status_code == 409 and "时钟和中心差 300 秒" in late.json()["detail"]
        assert machine.contact(program="other").status_code == 409
        assert machine.now.state == "issued"
        machine.begin()
        assert "版本不同" in machine.contact(program="newer").json()["fault"]
        machine.contact(clock=(clock.now() + timedelta(seconds=45)).isoformat())
        assert machine.now.skew_ms == 45_000

    def test_handing_back_waits_for_the_last_row(self, zone, machine):
        queue = a_queue()
        leases.call_back(machine.now, by=BY)
        assert machine.contact(waiting=3).json()["state"] == "leaving"
        with pytest.raises(ValueError):
            drawn(queue)
        machine.bring(*a_number(machine, queue, 7), ("kernel_counter", counter(7)))
        assert machine.contact().json()["state"] == "ended"
        assert drawn(queue).number == "A008"


def counter(value):
    return {"name": f"ticket:510114:A:{clock.today():%Y%m%d}", "value": value}


class TestRows:
    def test_each_row_once_whatever_is_sent_again(self, zone, machine):
        queue = a_queue()
        sent = machine.bring(*a_number(machine, queue, 1), *a_number(machine, queue, 2), ("kernel_counter", counter(2)))
        again = machine.send("rows/", {"rows": sent})
        assert again.json() == {"taken": 7, "head": machine.head}
        assert list(Ticket.objects.order_by("pk").values_list("number", flat=True)) == ["A001", "A002"]
        assert list(ledger.verify([Ticket])) == [] and not NodeConflict.objects.exists()

    def test_a_missing_row_refuses_those_behind_it(self, zone, machine):
        machine.sent(*a_number(machine, a_queue(), 1))
        answer = machine.send("rows/", {"rows": machine.sent(("kernel_counter", counter(1)))})
        assert answer.status_code == 409 and "从第 1 行发起" in answer.json()["detail"]
        assert not Ticket.objects.exists()

    def test_what_cannot_be_put_in_is_kept_and_keeps_nobody_else(self, zone, machine):
        queue = a_queue()
        first, second = a_number(machine, queue, 1), a_number(machine, queue, 2)
        second[1][1]["number"] = "A001"
        forged = a_number(machine, queue, 3)
        forged[2][1]["data"] = {"queue": "别的"}
        machine.bring(*first, *second, *forged, ("accounts_user", {"id": 1}))
        kept = dict(NodeConflict.objects.values_list("n", "reason"))
        assert set(kept) == {5, 9, 10}
        assert "ticket_number_once_a_day" in kept[5] and "哈希" in kept[9] and "不从节点上来" in kept[10]
        assert set(Ticket.objects.values_list("number", flat=True)) == {"A001", "A003"}

    def test_case_and_person_are_the_centres_own(self, zone, machine):
        from tests.factories.cases import person

        machine.bring(*a_number(machine, a_queue(), 1))
        Visit.objects.all()
        with tables.mirroring("510114"):
            Visit.objects.update(person=person())
        (visit,) = take("hall_visit")
        machine.bring(("hall_visit", visit | {"person_id": None, "phone": "13800000000"}))
        there = Visit.objects.get()
        assert there.person == person() and there.phone == "13800000000"

    def test_a_cancelled_booking_that_came_has_come(self, zone, machine):
        from onewindow.accounts.principal import from_user

        queue, who = a_queue(), from_user(UserFactory())
        slot = Slot.objects.create(
            queue=queue, starts=NINE + timedelta(hours=1), ends=NINE + timedelta(hours=2), online=1
        )
        mine = booking.confirm(booking.hold(slot, by=who), by=who)
        (row,) = take("hall_booking")
        booking.cancel(mine, by=who)
        rows = a_number(machine, queue, 1)
        machine.bring(*rows, ("hall_booking", row | {"state": "arrived", "ticket_id": rows[1][1]["id"]}))
        mine.refresh_from_db()
        assert (mine.state, mine.ticket.number) == ("arrived", "A001")
        assert "已取消" in NodeConflict.objects.get().reason


class TestALostNode:
    def test_numbers_go_on_at_the_next_thousand_and_the_old_one_stops(self, zone, machine):
        queue = a_queue()
        machine.bring(*a_number(machine, queue, 217), ("kernel_counter", counter(217)))
        with pytest.raises(ValueError, match="写明为什么"):
            leases.take_away(machine.now, by=BY, reason="坏")
        leases.take_away(machine.now, by=BY, reason="机器烧坏，换新机")
        other = Machine(zone, "新机器", "second").begin()
        parts = other.send("brief/", {"have": {}, "begin": True}).json()
        told = {row["name"]: row["value"] for row in parts["state"]["tables"]["kernel_counter"]}
        assert told[counter(0)["name"]] == 1000
        assert {row["number"] for row in parts["state"]["tables"]["hall_ticket"]} == {"A217"}
        assert machine.contact().json()["state"] == "ended"
        assert machine.send("brief/", {"have": {}, "begin": False})["Node-Fenced"] == "1"

    def test_what_it_still_brings_is_taken_in_where_nobody_else_went_on(self, zone, machine):
        queue = a_queue()
        machine.bring(*a_number(machine, queue, 1))
        leases.take_away(machine.now, by=BY, reason="连不上了，先收回")
        late = a_number(machine, queue, 2)
        foreign = dict(late[1][1], id=5, number="A900")
        machine.bring(*late, ("hall_ticket", foreign), ("kernel_counter", counter(2)))
        assert set(Ticket.objects.values_list("number", flat=True)) == {"A001", "A002"}
        assert "由中心或新的节点接着办" in NodeConflict.objects.get().reason
        assert list(ledger.verify([Ticket])) == []
        assert drawn(queue).number == "A1001"


class TestWhileTheLineIsCut:
    def test_todays_times_rest_and_nobody_is_noted_absent(self, zone, machine, nine):
        from onewindow.accounts.principal import from_user

        queue, who = a_queue(), from_user(UserFactory())
        today = Slot.objects.create(
            queue=queue, starts=NINE + timedelta(hours=1), ends=NINE + timedelta(hours=2), online=9
        )
        later = Slot.objects.create(
            queue=queue, starts=NINE + timedelta(days=1), ends=NINE + timedelta(hours=25), online=9
        )
        mine = booking.confirm(booking.hold(today, by=who), by=who)
        nine.move_to(NINE + timedelta(minutes=5), tick=False)
        with pytest.raises(ValueError, match="连线暂时断了"):
            booking.hold(today, by=from_user(UserFactory()))
        with pytest.raises(ValueError, match="连线暂时断了"):
            booking.move(mine, later, by=who)
        assert booking.hold(later, by=who).state == "held"
        nine.move_to(NINE + timedelta(hours=3), tick=False)
        assert tasks.sweep() == 1  # the hold of tomorrow, and not who may have come
        assert Booking.objects.get(pk=mine.pk).state == "booked"
        machine.contact()
        assert tasks.sweep() == 1 and Booking.objects.get(pk=mine.pk).state == "no_show"

    def test_a_day_is_sealed_only_when_no_node_owes_rows_of_it(self, zone, machine, nine):
        machine.contact(waiting=2, oldest_at=(NINE + timedelta(hours=1)).isoformat())
        nine.move_to(NINE + timedelta(days=2), tick=False)
        assert ledger.seal_days() == []
        machine.contact()
        assert [seal.day for seal in ledger.seal_days()] == [NINE.date(), NINE.date() + timedelta(days=1)]

    def test_the_phone_asks_through_the_centre_and_is_told_when_it_cannot(self, zone, machine, nine, client):
        queue = a_queue()
        page = client.post("/halls/510114/tickets/", {"queue": queue.pk})
        asked = Errand.objects.get()
        assert page["Location"] == f"/tickets/asked/{asked.number}/"
        assert client.get(page["Location"])["Refresh"] == "2"
        (told,) = machine.contact().json()["errands"]
        assert (told["what"], told["said"]["queue"]) == ("draw", queue.pk)
        rows = a_number(machine, queue, 1)
        done = {"number": asked.number, "state": "done", "answer": rows[0][1]["secret"]}
        machine.bring(*rows, ("hall_errand", done))
        assert client.get(page["Location"])["Location"] == f"/tickets/{done['answer']}/"
        nine.move_to(NINE + timedelta(minutes=2), tick=False)
        refused = client.post("/halls/510114/tickets/", {"queue": queue.pk}, follow=True).content.decode()
        assert "连线暂时断了，手机上现在办不了" in refused and "的情况。大厅照常取号" in refused
        shown = client.get(f"/tickets/{done['answer']}/").content.decode()
        assert "9:00 的情况。大厅照常取号" in shown

    def test_an_errand_nobody_took_up_is_answered_no(self, zone, machine, nine):
        errand = errands.ask(machine.now, Errand.What.DRAW, queue=1)
        nine.move_to(NINE + timedelta(seconds=30), tick=False)
        assert machine.contact().json()["errands"] == []
        errands.answer_unheard(errand)
        assert errand.state == "refused"


def test_the_brief_has_no_citizen_and_no_sealed_secret(zone, machine):
    from onewindow.accounts.principal import from_user

    citizen = UserFactory(name="李秀英")
    slot = Slot.objects.create(
        queue=a_queue(), starts=NINE + timedelta(hours=1), ends=NINE + timedelta(hours=2), online=1
    )
    booking.hold(slot, by=from_user(citizen))
    clerk = StaffFactory(name="刘敏")
    PostFactory(user=clerk, site=zone.site)
    said = json.dumps(briefs.brief(machine.now, {}, begin=True), ensure_ascii=False, default=str)
    assert "李秀英" not in said and citizen.phone not in said and 'totp_cipher": "k1' not in said
    assert "刘敏" in said and "accounts_person" not in said


def test_every_table_of_the_hall_has_its_way():
    """A new table: add it in onewindow/hall/node/tables.py, to what goes up, comes down, or stays where it is."""
    ours = {model._meta.db_table for model in apps.get_app_config("hall").get_models(include_auto_created=True)}
    assert ours - tables.UP.keys() - tables.DOWN - tables.STAYS == set()


def test_kiosk_still_draws_where_no_node_is(zone):
    assert drawing.draw([drawing.Wish(a_queue())], by=KIOSK, source="kiosk")[0].number == "A001"
    assert authority.holder("510114") is None and taking.CHAIN
