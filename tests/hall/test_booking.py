"""预约: places are never oversold, a freed one goes to whoever waits, who stays away books on site for a while."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from onewindow.hall import messages, tasks
from onewindow.hall.actions import booking, calling
from onewindow.hall.models import Booking, Rules, Slot
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn, seated

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
pytestmark = pytest.mark.django_db


def at(minute):
    return NINE + timedelta(minutes=minute)


def somebody(name="王强"):
    from onewindow.accounts.principal import from_user

    return from_user(UserFactory(name=name))


def a_slot(queue=None, online=2, minute=60, **more):
    queue = queue or a_queue()
    return Slot.objects.create(queue=queue, starts=at(minute), ends=at(minute + 30), online=online, **more)


@pytest.fixture
def nine(zone, time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


def taken(slot):
    slot.refresh_from_db()
    return slot.taken_online


class TestPlaces:
    def test_a_place_is_held_ten_minutes_and_then_free_again(self, nine):
        slot, who = a_slot(online=1), somebody()
        held = booking.hold(slot, by=who)
        with pytest.raises(ValueError, match="约满了"):
            booking.hold(slot, by=somebody())
        nine.move_to(at(11), tick=False)
        assert (tasks.sweep(), tasks.sweep(), taken(slot)) == (1, 0, 0)
        with pytest.raises(WrongState):
            held.refresh_from_db()
            booking.confirm(held, by=who)

    def test_holding_twice_is_one_place(self, nine):
        slot, who = a_slot(), somebody()
        assert booking.hold(slot, by=who) == booking.hold(slot, by=who)
        assert taken(slot) == 1

    def test_a_freed_place_is_offered_to_the_first_whose_party_fits(self, nine):
        slot = a_slot(online=2)
        who, family, single = somebody(), somebody(), somebody()
        mine = booking.confirm(booking.hold(slot, by=who, people=2), by=who)
        waits = [booking.hold(slot, by=family, people=3, wait=True), booking.hold(slot, by=single, wait=True)]
        booking.cancel(mine, by=who)
        assert [Booking.objects.get(pk=each.pk).state for each in waits] == ["waiting", "offered"]
        assert taken(slot) == 1
        offered = Booking.objects.select_related("slot").get(pk=waits[1].pk)
        entry = Entry.objects.get(subject=offered.number, event="booking.offered")
        messages.on_entry(entry)
        messages.on_entry(entry)
        told = Message.objects.get(user=single.user_id, channel="in_app")
        assert "有空位了，请在 9:30 前" in told.text and offered.number in told.link
        assert booking.confirm(offered, by=single).state == "booked"

    def test_moving_takes_the_new_place_before_giving_the_old(self, nine):
        early = a_slot(online=1)
        late, full = a_slot(early.queue, 1, 120), a_slot(early.queue, 0, 180)
        who = somebody()
        mine = booking.confirm(booking.hold(early, by=who), by=who)
        with pytest.raises(WrongState, match="约满了"):
            booking.move(mine, full, by=who)
        assert (taken(early), taken(late)) == (1, 0)
        booking.move(mine, late, by=who)
        assert (taken(early), taken(late)) == (0, 1)

    def test_not_to_a_time_one_has_already(self, nine):
        queue, who = a_queue(), somebody()
        held = [booking.hold(a_slot(queue, minute=minute), by=who) for minute in (60, 120)]
        first, second = (booking.confirm(each, by=who) for each in held)
        with pytest.raises(ValueError, match="您在这个时段已经有一个预约"):
            booking.move(first, second.slot, by=who)
        assert (taken(first.slot), taken(second.slot)) == (1, 1)

    def test_only_the_holder_moves_or_cancels(self, nine):
        slot, who = a_slot(), somebody()
        mine = booking.confirm(booking.hold(slot, by=who), by=who)
        with pytest.raises(Exception, match="权限"):
            booking.cancel(mine, by=somebody("陈静"))

    def test_the_database_refuses_one_too_many(self, nine):
        slot = a_slot(online=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            Slot.objects.filter(pk=slot.pk).update(taken_online=2)

    def test_who_stayed_away_three_times_comes_to_the_machine_for_a_month(self, nine):
        who, queue = somebody(), a_queue()
        for minute in (60, 120, 180):
            slot = a_slot(queue, minute=minute)
            booking.confirm(booking.hold(slot, by=who), by=who)
        nine.move_to(at(300), tick=False)
        assert tasks.sweep() == 3
        with pytest.raises(ValueError, match="到现场取号"):
            booking.hold(a_slot(queue, minute=400), by=who)
        nine.move_to(at(60 * 24 * 31), tick=False)
        assert booking.hold(a_slot(queue, minute=60 * 24 * 31 + 60), by=who)


class TestComing:
    def test_the_booking_becomes_a_number_that_counts_from_its_time(self, nine):
        queue = a_queue()
        Rules.objects.create(site=queue.site, elder_age=120)
        window, slot, who = a_window("A01", queue), a_slot(queue, minute=30), somebody()
        mine = booking.confirm(booking.hold(slot, by=who), by=who)
        nine.move_to(at(20), tick=False)
        walked = drawn(queue)
        nine.move_to(at(25), tick=False)
        booking.check_in(mine, by=KIOSK)
        assert mine.ticket.turn_at == at(15) < walked.turn_at
        assert calling.call_next(window, by=seated(window)) == mine.ticket
        assert Entry.objects.get(subject=mine.number, event="booking.arrived").data["ticket"] == mine.ticket.number

    def test_nobody_checks_in_on_another_day_or_twice(self, nine):
        who, slot = somebody(), a_slot(minute=60 * 24)
        mine = booking.confirm(booking.hold(slot, by=who), by=who)
        with pytest.raises(WrongState, match="3月3日，请当天签到"):
            booking.check_in(mine, by=KIOSK)
        nine.move_to(at(60 * 24), tick=False)
        booking.check_in(mine, by=KIOSK)
        with pytest.raises(WrongState):
            booking.check_in(mine, by=KIOSK)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_hundred_at_once_on_fifty_places(time_machine):
    """And two who change places at the same moment do not wait for each other."""
    time_machine.move_to(NINE)
    slot = a_slot(online=50)
    people = [somebody(f"市民{n}") for n in range(200)]

    def press(who):
        try:
            return booking.hold(slot, by=who)
        except ValueError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        got = [each for each in pool.map(press, people) if each]
    assert (len(got), taken(slot)) == (50, 50)
    assert Booking.objects.filter(state="held").count() == 50
