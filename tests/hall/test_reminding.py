"""出发提醒, 晚点来, and priority with what it rests on."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from onewindow.accounts import principal
from onewindow.accounts.models import Post
from onewindow.hall.actions import calling, drawing, reminding
from onewindow.hall.models import Reminder, Ticket
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cast import officer
from tests.factories import cases
from tests.factories.accounts import AgencyFactory, PostFactory, SiteFactory
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn, seated
from tests.hall.test_at_once import together

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
HOLDER = System("visit:1", "持有人")
PHONE = "13880001234"


@pytest.fixture
def nine(zone, time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


def in_line(many):
    """One window, ten minutes each, so many before the last."""
    queue = a_queue(usual_minutes=10)
    window = a_window("A01", queue)
    seated(window)
    before = [drawn(queue) for _ in range(many)]
    return drawn(queue), before


class TestLeaving:
    def test_told_once_when_the_way_takes_as_long_as_the_wait(self, nine):
        mine, before = in_line(10)
        reminding.ask(mine, by=HOLDER, minutes=30, phone=PHONE)
        assert reminding.remind() == 0
        for ticket in before[:6]:
            calling.give_up(ticket, by=HOLDER)
        assert (reminding.remind(), reminding.remind()) == (1, 0)
        told = Message.objects.get()
        assert (told.channel, told.to, told.link) == ("sms", PHONE, f"/tickets/{mine.visit.secret}/")
        assert f"{mine.number} 号快到了，现在可以出发了" in told.text
        assert Entry.objects.filter(event="ticket.reminded", subject=mine.subject).count() == 1

    def test_who_is_called_or_gave_up_is_not_told(self, nine):
        mine, _ = in_line(0)
        reminding.ask(mine, by=HOLDER, minutes=20, phone=PHONE)
        calling.give_up(mine, by=HOLDER)
        assert reminding.remind() == 0

    def test_with_nobody_at_the_windows_only_the_first_few_set_out(self, nine):
        queue = a_queue()
        tickets = [drawn(queue) for _ in range(6)]
        for ticket in (tickets[3], tickets[5]):
            reminding.ask(ticket, by=HOLDER, minutes=20, phone=PHONE)
        assert reminding.remind() == 1
        assert Reminder.objects.get(told_at=None).ticket == tickets[5]

    def test_the_page_takes_the_phone_and_says_it_too(self, nine, client):
        mine, before = in_line(10)
        address = reverse("ticket-reminder", args=[mine.visit.secret, mine.pk])
        said = client.post(address, {"minutes": "60", "phone": "138"}, follow=True).content.decode()
        assert "请填写 11 位手机号" in said and not Reminder.objects.exists()
        assert "请留一个手机号" in client.post(address, {"minutes": "60"}, follow=True).content.decode()
        page = client.post(address, {"minutes": "30", "phone": PHONE}, follow=True).content.decode()
        assert "路上 30 分钟，到时提醒您出发" in page and "现在可以出发了" not in page
        for ticket in before[:6]:
            calling.give_up(ticket, by=HOLDER)
        page = client.get(reverse("ticket", args=[mine.visit.secret])).content.decode()
        assert "现在可以出发了" in page

    def test_who_is_signed_in_leaves_no_phone(self, nine, citizen):
        mine, _ = in_line(10)
        citizen.client.post(reverse("ticket-reminder", args=[mine.visit.secret, mine.pk]), {"minutes": "30"})
        assert Reminder.objects.get().user == citizen.user


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_tells(time_machine):
    time_machine.move_to(NINE)
    mine, _ = in_line(1)
    reminder = reminding.ask(mine, by=HOLDER, minutes=20, phone=PHONE)
    told = together(lambda _: reminding.tell(Reminder.objects.get(pk=reminder.pk)), range(8), threads=8)
    assert sum(told) == 1 and Message.objects.count() == 1


class TestComingLater:
    def test_whoever_stands_behind_moves_up(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        mine, other = drawn(queue), drawn(queue)
        calling.postpone(mine, by=HOLDER, minutes=30)
        by = seated(window)
        assert calling.call_next(window, by=by) == other
        calling.finish(Ticket.objects.get(pk=other.pk), by=by)
        assert calling.call_next(window, by=by) is None
        nine.move_to(NINE + timedelta(minutes=31), tick=False)
        called = calling.call_next(window, by=by)
        assert called == mine and called.waited == 1

    def test_not_by_any_number_of_minutes(self, nine, client):
        mine = drawn(a_queue())
        address = reverse("ticket-postponement", args=[mine.visit.secret, mine.pk])
        assert "请选择晚多久来" in client.post(address, {"minutes": "-500"}, follow=True).content.decode()
        assert Ticket.objects.get().turn_at == NINE


class TestPriority:
    @pytest.mark.parametrize(("year", "given"), [(1965, "elderly"), (1967, "")])
    def test_whose_age_is_known_need_not_ask(self, nine, year, given):
        person = cases.person(number=f"510125{year}03018624")
        (ticket,) = drawing.draw([drawing.Wish(a_queue())], by=KIOSK, source="phone", person=person)
        assert ticket.priority == given and bool(ticket.priority_reason) == bool(given)

    def test_a_key_project_is_given_at_the_desk_only(self, nine):
        with pytest.raises(ValueError, match="导办台"):
            drawn(a_queue(), priority=Ticket.Priority.PROJECT)

    def test_at_the_desk_with_what_it_rests_on(self, nine, desk):
        queue = a_queue()
        said = {"queue": queue.pk, "priority": "project", "reason": ""}
        page = desk.post(reverse("desk-number-new"), said).content.decode()
        assert "优先要写一句依据" in page and not Ticket.objects.exists()
        page = desk.post(reverse("desk-number-new"), said | {"reason": "轨道交通产业园"}, follow=True).content.decode()
        ticket = Ticket.objects.get()
        assert ticket.number in page and (ticket.source, ticket.priority_reason) == ("desk", "轨道交通产业园")
        assert ticket.turn_at == NINE - timedelta(minutes=20)

    def test_given_to_a_number_that_waits_already(self, nine, desk):
        queue = a_queue()
        drawn(queue)
        nine.move_to(NINE + timedelta(minutes=5), tick=False)
        mine = drawn(queue)
        said = {"ticket": mine.number.lower(), "priority": "disabled", "reason": "残疾人证"}
        wrong = desk.post(reverse("desk-number-priority"), said | {"ticket": "Z999"})
        assert "没有“Z999”这个号" in wrong.content.decode() and 'value="Z999"' in wrong.content.decode()
        assert "已按“残疾人”优先" in desk.post(reverse("desk-number-priority"), said, follow=True).content.decode()
        mine.refresh_from_db()
        assert mine.turn_at == NINE - timedelta(minutes=15)
        assert Entry.objects.get(event="ticket.prioritised").data["reason"] == "残疾人证"

    def test_staff_of_another_site_give_nothing(self, nine):
        AgencyFactory()
        stranger = cases.officer("外人", "WJJ", "clerk")
        with pytest.raises(PermissionDenied):
            calling.prioritise(drawn(a_queue()), by=stranger, priority="disabled", reason="残疾证")


@pytest.fixture
def desk(zone):
    member = officer(Post.Role.CLERK, name="刘敏")
    PostFactory(user=member.user, role=Post.Role.CLERK, agency=member.agency, site=SiteFactory())
    principal.forget_all()
    return member.client
