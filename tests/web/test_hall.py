"""The hall through its pages: drawn at the machine, called at the window, shown on the screen and the phone."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from onewindow.accounts import principal
from onewindow.accounts.models import Post
from onewindow.cases.models import Case
from onewindow.hall import live
from onewindow.hall.models import Booking, Consultation, Sitting, Slot, SpecialDay, Ticket
from onewindow.kernel import clock
from onewindow.web.desk import window as window_page
from onewindow.web.halls import places
from tests.cast import officer
from tests.factories import cases
from tests.factories.accounts import PostFactory, SiteFactory
from tests.hall.conftest import a_queue, a_window, drawn
from tests.web.conftest import do

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(db):
    return a_queue(rest=True)


class TestOneNumber:
    def test_from_the_machine_to_the_window_screen_and_phone(self, client, queue, window, desk):
        page = client.post(
            reverse("kiosk-draw", args=["510114"]), {"queue": queue.pk, "priority": "elderly"}, follow=True
        )
        ticket = Ticket.objects.get()
        assert ticket.number in page.content.decode() and ticket.priority == "elderly"
        assert "前面还有 0 人" in client.get(reverse("ticket", args=[ticket.visit.secret])).content.decode()
        shown = do(desk, "call")
        assert "A001" in shown and "优先：老年人" in shown
        board = client.get(reverse("screen-board", args=["510114", "A"])).json()
        assert [(call["number"], call["window"]) for call in board["calls"]] == [("A001", "A01")]
        assert client.get(reverse("window-board", args=["510114", "A01"])).json()["state"] == "called"
        assert "请到 A01 号窗口" in client.get(reverse("ticket", args=[ticket.visit.secret])).content.decode()
        do(desk, "start")
        assert "今天已办 1 个号" in do(desk, "done")

    def test_one_stream_too_many_is_refused_and_its_screen_polls(self, client, queue, monkeypatch):
        monkeypatch.setattr(live, "STREAMS", 0)
        assert client.get(reverse("screen-events", args=["510114", "A"])).status_code == 503
        assert client.get(reverse("screen-board", args=["510114", "A"])).status_code == 200

    def test_a_question_without_a_case_has_a_number_of_its_own(self, desk, queue):
        drawn(queue)
        do(desk, "call")
        assert "请写一句问的是什么" in do(desk, "consultation", about="")
        said = do(desk, "consultation", about="新生儿上户口要带什么", answer="按清单，出生证和户口簿")
        made = Consultation.objects.get()
        assert made.number in said and made.ticket.state == "done"

    def test_a_transfer_that_is_refused_keeps_the_note(self, desk, queue):
        drawn(queue)
        do(desk, "call")
        page = do(desk, "transfer", queue="", note="社保办好了，还要登记医保")
        assert "请选择转到哪个业务" in page and 'value="社保办好了，还要登记医保"' in page

    def test_whoever_is_not_seated_calls_nobody(self, clerk, queue, window):
        drawn(queue)
        assert "您还没有上岗" in do(clerk.client, "call")
        assert Ticket.objects.get().state == "waiting"

    def test_the_holder_comes_back_or_gives_up_on_the_phone(self, client, desk, queue):
        ticket = drawn(queue)
        do(desk, "call")
        do(desk, "miss")
        address = [ticket.visit.secret, ticket.pk]
        assert "前面还有 0 人" in client.post(reverse("ticket-return", args=address), follow=True).content.decode()
        assert "已放弃" in client.post(reverse("ticket-withdrawal", args=address), follow=True).content.decode()
        assert client.get(reverse("ticket", args=["0" * 12])).status_code == 404


class TestCaseAndNumber:
    def test_what_the_officer_does_belongs_to_the_number(self, desk, queue, window):
        """Taking in at the window joins case and number, and serving has begun."""
        ticket = drawn(queue)
        do(desk, "call")
        case = cases.submitted()
        request = type("R", (), {"principal": _principal(desk)})()
        window_page.note(request, Case.objects.get(pk=case.pk), "case.received", "收件", new=True)
        ticket.refresh_from_db()
        assert (ticket.case, ticket.state) == (case, "serving")


def _principal(client):
    return principal.load(Sitting.objects.get(ended_at=None).user_id)


class TestAppointments:
    def test_from_the_day_on_the_phone_to_the_number_at_the_machine(self, client, citizen, queue, window, time_machine):
        time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
        slot = Slot.objects.create(
            queue=queue, starts=clock.now() + timedelta(hours=1), ends=clock.now() + timedelta(hours=2), online=2
        )
        address = ["510114", queue.pk]
        page = client.get(reverse("hall-appointments", args=address)).content.decode()
        assert "10:00–11:00" in page and "余 2" in page
        held = citizen.client.post(reverse("hall-hold", args=address), {"slot": slot.pk, "people": "1"}, follow=True)
        assert "确认预约" in held.content.decode()
        mine = Booking.objects.get()
        said = citizen.client.post(reverse("my-booking-act", args=[mine.number, "confirmation"]), follow=True)
        assert "预约号" in said.content.decode()
        calendar = citizen.client.get(reverse("my-booking-calendar", args=[mine.number])).content.decode()
        assert "DTSTART:20260302T020000Z" in calendar and "STATUS:CONFIRMED" in calendar
        time_machine.move_to("2026-03-02 09:55+08:00", tick=False)
        wrong = client.post(reverse("kiosk-check-in", args=["510114"]), {"number": "0000"}).content.decode()
        assert "没有找到这个预约号" in wrong
        shown = client.post(reverse("kiosk-check-in", args=["510114"]), {"number": mine.number.lower()}, follow=True)
        assert "A001" in shown.content.decode()

    def test_anothers_booking_does_not_exist(self, citizen, other_citizen, queue):
        slot = Slot.objects.create(
            queue=queue, starts=clock.now() + timedelta(hours=1), ends=clock.now() + timedelta(hours=2), online=2
        )
        citizen.client.post(reverse("hall-hold", args=["510114", queue.pk]), {"slot": slot.pk})
        number = Booking.objects.get().number
        for name, args in (("my-booking", []), ("my-booking-calendar", []), ("my-booking-act", ["cancellation"])):
            address = reverse(name, args=[number, *args])
            act = other_citizen.client.post if args else other_citizen.client.get
            assert act(address).status_code == 404
        assert Booking.objects.get().state == "held"

    def test_a_full_time_offers_the_waiting_list(self, citizen, queue):
        Slot.objects.create(
            queue=queue, starts=clock.now() + timedelta(hours=1), ends=clock.now() + timedelta(hours=2), online=1,
            taken_online=1,
        )  # fmt: skip
        slot = Slot.objects.get()
        address = reverse("hall-hold", args=["510114", queue.pk])
        assert "刚刚约满了" in citizen.client.post(address, {"slot": slot.pk}, follow=True).content.decode()
        assert "候补" in citizen.client.post(f"{address}?wait", {"slot": slot.pk}, follow=True).content.decode()
        assert Booking.objects.get().state == "waiting"


class TestHours:
    def test_a_closed_queue_gives_no_number_and_says_when(self, client, queue):
        SpecialDay.objects.create(site=queue.site, day=clock.today(), reason="设备检修")
        page = client.post(reverse("hall-draw", args=["510114"]), {"queue": queue.pk}, follow=True)
        assert "现在不在服务时间（设备检修）" in page.content.decode() and not Ticket.objects.exists()
        for name in ("hall", "kiosk"):
            assert "设备检修" in client.get(reverse(name, args=["510114"])).content.decode(), name

    def test_drawing_on_the_phone_is_limited(self, client, queue, monkeypatch):
        """By address: a hall's own network, whose visitors share one, has room for all of them."""
        monkeypatch.setattr(places, "DRAWS", 10)
        for _ in range(10):
            client.post(reverse("hall-draw", args=["510114"]), {"queue": queue.pk})
            client.cookies.clear()
        said = client.post(reverse("hall-draw", args=["510114"]), {"queue": queue.pk}, follow=True).content.decode()
        assert "取号太频繁了" in said and Ticket.objects.count() == 10

    def test_pages_of_the_hall_ask_the_same_number_of_questions(self, client, queue, django_assert_max_num_queries):
        for code in ("SB", "YB", "GA", "CR"):
            a_queue(code)
        for name, args in (("hall", ["510114"]), ("kiosk", ["510114"]), ("screen", ["510114", "A"])):
            with django_assert_max_num_queries(11):
                assert re.search("业务SB|综合服务区", client.get(reverse(name, args=args)).content.decode())


class TestHandingOver:
    """交接: the next officer takes the window with whoever stands at it."""

    @pytest.fixture
    def colleague(self, desk):
        member = officer(Post.Role.CLERK, name="周兰")
        PostFactory(user=member.user, role=Post.Role.CLERK, agency=member.agency, site=SiteFactory())
        principal.forget_all()
        return member

    def test_the_colleague_goes_on_with_the_number(self, queue, window, desk, colleague):
        drawn(queue)
        do(desk, "call")
        assert "已交给周兰，您离岗了" in do(desk, "handover", to=colleague.user.pk)
        ticket = Ticket.objects.get()
        assert (ticket.state, ticket.officer_id) == (Ticket.State.CALLED, colleague.user.pk)
        assert "A001" in do(colleague.client, "start")
        assert list(Sitting.objects.filter(ended_at=None).values_list("user", flat=True)) == [colleague.user.pk]

    def test_nobody_is_fetched_from_another_window(self, queue, window, desk, colleague):
        other = a_window("A02", queue)
        colleague.client.post(reverse("desk-window-sign-on"), {"window": other.pk})
        assert "请选择谁来接班" in do(desk, "handover", to=colleague.user.pk)
        assert Sitting.objects.filter(ended_at=None).count() == 2
