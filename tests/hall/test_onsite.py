"""现场名额: booked at the desk for whoever comes; neither share takes the other's places before its time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts.actions import find_or_create_person
from onewindow.accounts.models import Person
from onewindow.accounts.principal import from_user
from onewindow.hall import messages, tasks
from onewindow.hall.actions import booking, onsite
from onewindow.hall.models import Booking, Rules
from onewindow.kernel import numbers
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.factories.accounts import PostFactory, StaffFactory, UserFactory
from tests.hall.conftest import a_zone
from tests.hall.test_booking import NINE, a_slot, at, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def nine(zone, time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


def usher(site=None):
    user = StaffFactory(name="导办小周")
    PostFactory(user=user, role="clerk", site=site or a_zone().site)
    return from_user(user)


def guest(name="赵奶奶", phone="13900000001", person=None):
    return onsite.Guest(person, name, phone)


def book(slot, by=None, who=None, **more):
    more = {"number": numbers.share_number()} | more
    return onsite.book(slot, who or guest(), by=by or usher(), **more)


def counts(slot):
    slot.refresh_from_db()
    return slot.online, slot.taken_online, slot.onsite, slot.taken_onsite


class TestShares:
    def test_online_never_takes_what_is_kept_for_the_hall_nor_the_hall_what_is_online(self, nine):
        slot, by = a_slot(online=1, onsite=1), usher()
        booking.hold(slot, by=somebody())
        with pytest.raises(booking.Full):
            booking.hold(slot, by=somebody())
        book(slot, by)
        with pytest.raises(ValueError, match="现场名额已经约完，请换一个时段。网上的名额只能在网上约"):
            book(a_slot(slot.queue, online=3, onsite=0, minute=120), by)
        assert counts(slot) == (1, 1, 1, 1)

    def test_the_same_press_twice_is_one_booking(self, nine):
        slot, by, number = a_slot(onsite=3), usher(), numbers.share_number()
        assert book(slot, by, number=number) == book(slot, by, number=number)
        assert counts(slot)[3] == 1

    def test_one_person_is_booked_once_for_a_time_and_sees_it_with_an_account(self, nine):
        user = UserFactory(name="赵奶奶")
        slot, by = a_slot(onsite=3), usher()
        made = book(slot, by, guest(person=user.person))
        assert made.user == user
        with pytest.raises(ValueError, match="赵奶奶 已经约了这个时段"):
            book(slot, by, guest(person=user.person))
        assert counts(slot)[3] == 1

    def test_only_staff_of_the_hall_books_and_changes(self, nine):
        slot, by = a_slot(onsite=2), usher()
        with pytest.raises(PermissionDenied):
            book(slot, somebody())
        made = book(slot, by)
        with pytest.raises(PermissionDenied):
            booking.cancel(made, by=somebody())
        booking.cancel(made, by=usher())
        assert counts(slot)[3] == 0


class TestRelease:
    def test_what_is_left_goes_online_by_the_rule_and_first_to_who_waits(self, nine):
        slot, by = a_slot(online=1, onsite=3), usher()
        book(slot, by)
        booking.hold(slot, by=somebody())
        waits = booking.hold(slot, by=somebody(), wait=True)
        assert onsite.release() == 0, "without the rule it stays with the hall"
        Rules.objects.create(site=slot.queue.site, release_minutes=30)
        nine.move_to(at(29), tick=False)
        assert onsite.release() == 0
        nine.move_to(at(31), tick=False)
        assert (onsite.release(), onsite.release()) == (1, 0)
        waits.refresh_from_db()
        assert waits.state == "offered" and counts(slot) == (3, 2, 1, 1)
        assert book(slot, by, guest("钱爷爷")).channel == "online", "once released the desk may have it too"
        assert counts(slot) == (3, 3, 1, 1)
        assert Entry.objects.filter(event="slot.released").count() == 1


class TestTold:
    def test_the_phone_gets_time_place_and_number_and_the_new_time_after_a_move(self, nine):
        slot, by = a_slot(onsite=2), usher()
        made = book(slot, by)
        messages.on_entry(Entry.objects.get(event="booking.made"))
        first = Message.objects.get(to="13900000001")
        assert "3月2日 10:00" in first.text and made.number in first.text and first.link == ""
        booking.move(made, a_slot(slot.queue, onsite=1, minute=120), by=by)
        messages.on_entry(Entry.objects.get(event="booking.moved"))
        assert "改到 3月2日 11:00" in Message.objects.latest("pk").text

    def test_who_does_not_come_is_noted_and_nobody_is_barred(self, nine):
        made = book(a_slot(onsite=1))
        nine.move_to(at(120), tick=False)
        assert tasks.sweep() == 1
        made.refresh_from_db()
        assert made.state == "no_show"


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_the_desk_and_the_web_at_once_each_fill_their_own_share(time_machine):
    time_machine.move_to(NINE, tick=False)
    slot = a_slot(online=4, onsite=5)
    desks, people = [usher() for _ in range(3)], [somebody(f"人{n}") for n in range(12)]
    persons = [
        find_or_create_person(f"来人{n}", f"E{n:08}", Person.Document.PASSPORT, source="x")[0] for n in range(12)
    ]

    def at_desk(n):
        try:
            return book(slot, desks[n % 3], guest(f"来人{n}", "", persons[n]))
        except ValueError:
            return None
        finally:
            connection.close()

    def online(by):
        try:
            return booking.hold(slot, by=by)
        except booking.Full:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        made = [pool.submit(at_desk, n) for n in range(12)] + [pool.submit(online, by) for by in people]
        done = [each.result() for each in made]
    assert (sum(map(bool, done[:12])), sum(map(bool, done[12:]))) == (5, 4)
    assert counts(slot) == (4, 4, 5, 5)
    assert Booking.objects.filter(channel="onsite").count() == 5
