"""One visit, several items: whoever asks for another number is still one person, called to one window at a time."""

from datetime import timedelta

import pytest
from django.urls import reverse

from onewindow.hall import estimates, paces
from onewindow.hall.actions import calling, drawing, leaving
from onewindow.hall.models import Booking, Sitting, Slot, Ticket, Visit
from onewindow.kernel import clock
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn, seated
from tests.hall.test_floor import a_manager
from tests.web.conftest import do

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(db):
    return a_queue("SB"), a_queue("YB")


@pytest.fixture
def queue(two):
    return two[0]


def test_at_the_machine_another_number_belongs_to_the_first(client, two):
    one, other = two
    address = reverse("kiosk-draw", args=["510114"])
    page = client.post(address, {"queue": one.pk}, follow=True).content.decode()
    visit = Visit.objects.get()
    again = f"{reverse('kiosk-numbers', args=['510114'])}?visit={visit.secret}"
    assert again in page
    assert f"visit={visit.secret}" in client.get(again).content.decode()
    asked = client.get(reverse("kiosk-queue", args=["510114", other.pk]) + f"?visit={visit.secret}").content.decode()
    assert f'name="visit" value="{visit.secret}"' in asked
    for _ in range(2):  # pressed twice, one number
        client.post(address, {"queue": other.pk, "visit": visit.secret})
    assert [(each.visit, each.queue) for each in Ticket.objects.order_by("pk")] == [(visit, one), (visit, other)]


def test_on_the_phone_the_second_number_belongs_to_the_first(client, two):
    one, other = two
    address = reverse("hall-draw", args=["510114"])
    client.post(address, {"queue": one.pk})
    visit = Visit.objects.get()
    page = client.get(reverse("ticket", args=[visit.secret])).content.decode()
    assert f"{reverse('hall', args=['510114'])}?visit={visit.secret}" in page
    assert "您已经有这个业务的号" in client.post(address, {"queue": one.pk}, follow=True).content.decode()
    shown = client.post(address, {"queue": other.pk}, follow=True).content.decode()
    assert Visit.objects.get() == visit and all(each.number in shown for each in Ticket.objects.all())


def test_at_the_desk_the_same_visitor_gets_another_number(desk, two):
    one, other = two
    page = desk.post(reverse("desk-number-new"), {"queue": one.pk}, follow=True).content.decode()
    visit = Visit.objects.get()
    assert f'value="{visit.secret}"' in page
    refused = desk.post(reverse("desk-number-new"), {"queue": one.pk, "visit": visit.secret})
    assert "您已经有这个业务的号" in refused.content.decode()
    desk.post(reverse("desk-number-new"), {"queue": other.pk, "visit": visit.secret})
    assert Ticket.objects.filter(visit=visit).count() == 2


def test_a_booking_checked_in_joins_the_numbers_its_holder_has(client, desk, citizen, two, time_machine):
    """The visitor with a number who checks in for the second matter is not called to two windows."""
    time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
    one, other = two
    (mine,) = drawing.draw([drawing.Wish(one)], by=KIOSK, source="phone", person=citizen.person)
    starts = clock.now() + timedelta(minutes=5)
    for queue in (one, other):
        slot = Slot.objects.create(
            queue=queue, starts=starts, ends=starts + timedelta(hours=1), online=2, taken_online=1)  # fmt: skip
        made = Booking.objects.create(slot=slot, user=citizen.user, person=citizen.person, state="booked")
        client.post(reverse("kiosk-check-in", args=["510114"]), {"number": made.number})
    assert Visit.objects.get() == mine.visit and mine.visit.tickets.count() == 3
    assert mine.number in do(desk, "call")
    second = a_window("A09", one, other)
    assert calling.call_next(second, by=seated(second)) is None


def test_an_idle_window_does_not_call_whoever_is_not_there_yet(time_machine, client, desk, queue):
    time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
    mine = drawn(queue)
    address = reverse("ticket-postponement", args=[mine.visit.secret, mine.pk])
    page = client.post(address, {"minutes": "60"}, follow=True).content.decode()
    assert "10:00 以后叫您" in page and "快到您了" not in page
    assert "有 1 人说好晚点来" in do(desk, "call")
    load = estimates.loads([queue])[queue.pk]
    assert load.wait(0).least > 30 and load.wait(load.waiting).most <= 3 and load.oldest is None
    assert "前面还有 0 人" in client.post(address, {"minutes": "0"}, follow=True).content.decode()
    assert mine.number in do(desk, "call")


def test_whoever_was_let_go_comes_back_to_the_window_though_it_was_moved(desk, window, two):
    mine = drawn(two[0])
    do(desk, "call"), do(desk, "start"), do(desk, "park", note="去复印户口本")
    window.queues.set([two[1]])
    assert mine.number in desk.get(reverse("desk-window")).content.decode()
    assert "请到" not in do(desk, "resume", ticket=mine.pk)
    mine.refresh_from_db()
    assert (mine.state, mine.window) == ("called", window)
    assert "已经不在暂离、过号里" in do(desk, "resume", ticket=mine.pk)


def test_who_needs_a_language_or_a_low_counter_waits_for_such_a_window(client, desk, window, queue):
    special = a_window("A08", queue, languages=["sgn"], accessible=True)
    address = reverse("kiosk-draw", args=["510114"])
    asked = client.get(reverse("kiosk-queue", args=["510114", queue.pk])).content.decode()
    assert "手语" in asked and "低位窗口" in asked and "English" not in asked
    assert "没有这样的窗口" in client.post(address, {"queue": queue.pk, "language": "en"}, follow=True).content.decode()
    client.post(address, {"queue": queue.pk, "language": "sgn", "accessible": "1"})
    assert "有 1 人在等，但要外语、无障碍窗口" in do(desk, "call")
    by = seated(special)
    calling.finish(calling.call_next(special, by=by), by=by)
    assert "需要优先或特别的窗口" in client.get(reverse("hall", args=["510114"])).content.decode()
    client.post(reverse("hall-draw", args=["510114"]), {"queue": queue.pk, "priority": "pregnant", "accessible": "1"})
    desk.post(reverse("desk-number-new"), {"queue": queue.pk, "language": "sgn"})
    made = Ticket.objects.order_by("pk").values_list("language", "accessible", "priority")
    assert list(made) == [("sgn", True, ""), ("", True, "pregnant"), ("sgn", False, "")]


def test_where_no_window_serves_nobody_is_told_that_the_turn_is_near(client, queue):
    mine = drawn(queue)
    page = client.get(reverse("ticket", args=[mine.visit.secret])).content.decode()
    assert "现在没有窗口在办这个业务" in page and "快到您了" not in page
    seated(a_window("A01", queue))
    assert "快到您了" in client.get(reverse("ticket", args=[mine.visit.secret])).content.decode()


class TestLeftOpen:
    """Officers who went home, and numbers nobody ended."""

    def test_the_manager_signs_off_who_is_gone_and_the_visitor_waits_on(self, desk, window, queue):
        mine = drawn(queue)
        do(desk, "call"), do(desk, "start")
        boss = a_manager().client
        address = ["510114", window.number]
        assert "没有离岗" in boss.get(reverse("desk-floor-window", args=address)).content.decode()
        said = {"seat": Sitting.objects.get().pk}
        for words in (f"{mine.number} 号已退回等候", "已经离岗了"):
            page = boss.post(reverse("desk-floor-relief", args=address), said, follow=True).content.decode()
            assert words in page
        mine.refresh_from_db()
        assert (mine.state, mine.window, mine.visit.busy) == ("waiting", None, False)
        assert "您还没有上岗" in do(desk, "call")

    def test_what_was_left_open_yesterday_holds_no_window_today(self, client, desk, window, queue, time_machine):
        time_machine.move_to("2026-03-02 16:00+08:00", tick=False)
        Sitting.objects.update(started_at=clock.now())
        served, called = drawn(queue), drawn(queue)
        do(desk, "call"), do(desk, "start"), do(desk, "done")
        time_machine.move_to("2026-03-02 17:00+08:00", tick=False)
        do(desk, "call")
        assert leaving.end_days() == 0
        time_machine.move_to("2026-03-03 00:10+08:00", tick=False)
        assert (leaving.end_days(), leaving.end_days()) == (2, 0)
        called.refresh_from_db()
        assert called.state == "missed" and calling.at(window) is None
        served.refresh_from_db()
        assert Sitting.objects.get().ended_at == served.ended_at
        address = [called.visit.secret, called.pk]
        assert "号只在当天有用" in client.post(reverse("ticket-return", args=address), follow=True).content.decode()
        assert paces.measured([queue.pk])[queue.pk].minutes == queue.usual_minutes


def test_scanned_again_the_number_is_shown_and_what_is_off_is_said_plainly(client, citizen, two, time_machine):
    time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
    starts = clock.now() + timedelta(minutes=5)
    slot = Slot.objects.create(
        queue=two[0], starts=starts, ends=starts + timedelta(hours=1), online=3, taken_online=2)  # fmt: skip
    made = Booking.objects.create(slot=slot, user=citizen.user, person=citizen.person, state="booked")
    address = reverse("kiosk-check-in", args=["510114"])
    for _ in range(2):
        page = client.post(address, {"number": made.number}, follow=True).content.decode()
        assert Ticket.objects.get().number in page
    held = Booking.objects.create(slot=slot, user=None, state="held", until=starts)
    assert "还没有确认" in client.post(address, {"number": held.number}, follow=True).content.decode()
    Booking.objects.filter(pk=held.pk).update(state="cancelled")
    slot.taken_online = 1
    slot.save()
    assert "状态是“已取消”，请直接取号" in client.post(address, {"number": held.number}, follow=True).content.decode()
