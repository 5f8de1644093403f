"""预约容量 and 开放时间: never fewer places than are booked; whoever must come another time is told and offered one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts.principal import from_user
from onewindow.cases.actions import intake
from onewindow.hall import messages, slots, tasks
from onewindow.hall.actions import booking, capacity, opening
from onewindow.hall.actions.opening import Scope
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Booking, Hours, Slot, SpecialDay
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.factories import cases
from tests.factories.accounts import UserFactory
from tests.hall.conftest import a_zone
from tests.hall.rostered import Hall, at

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def hall(zone, time_machine):
    time_machine.move_to(at(2), tick=False)
    made = Hall()
    made.clock = time_machine
    slots.make(made.site.pk, days=14)
    return made


def booked(slot, name="王强", **more):
    who = from_user(UserFactory(name=name))
    return booking.confirm(booking.hold(slot, by=who, **more), by=who)


def slot_at(hall, moment, code="SW"):
    return Slot.objects.get(queue=hall.queues[code], starts=moment)


class TestPlaces:
    def test_fewer_than_are_booked_is_refused_with_who_has_booked(self, hall):
        slot = slot_at(hall, at(3, "10:00"))
        capacity.set_places(slot, online=2, onsite=1, by=hall.manager)
        mine = booked(slot), booked(slot, "李秀英")
        with pytest.raises(capacity.TooFew) as refused:
            capacity.set_places(slot, online=1, onsite=1, by=hall.manager)
        said = str(refused.value)
        assert "网上已约出 2 个，不能改成 1 个" in said
        assert mine[0].number in said and "王强" not in said and "王*" in said
        assert Slot.objects.get(pk=slot.pk).online == 2

    def test_more_places_are_offered_to_whoever_waits(self, hall):
        slot = slot_at(hall, at(3, "10:00"))
        capacity.set_places(slot, online=1, onsite=0, by=hall.manager)
        booked(slot)
        waits = booking.hold(slot, by=from_user(UserFactory()), wait=True)
        capacity.set_places(slot, online=2, onsite=0, by=hall.manager)
        assert Booking.objects.get(pk=waits.pk).state == "offered"

    def test_only_the_halls_manager(self, hall):
        slot = slot_at(hall, at(3, "10:00"))
        for act in (
            lambda by: capacity.set_places(slot, online=9, onsite=0, by=by),
            lambda by: capacity.close([slot], why="检修", by=by),
        ):
            with pytest.raises(PermissionDenied):
                act(from_user(hall.officers["TAX"]))


class TestClosing:
    def test_who_had_booked_is_told_offered_others_and_is_no_no_show(self, hall):
        slot = slot_at(hall, at(3, "10:00"))
        mine = booked(slot)
        assert capacity.close([slot], why="系统检修", by=hall.manager) == 1
        mine.refresh_from_db()
        assert mine.state == "displaced" and Slot.objects.get(pk=slot.pk).taken_online == 0
        entry = Entry.objects.get(event="booking.displaced")
        messages.on_entry(entry)
        messages.on_entry(entry)
        told = Message.objects.get(user=mine.user_id, channel="in_app")
        assert "3月3日 10:00）因系统检修办不了" in told.text
        with pytest.raises(ValueError, match="已经关闭（系统检修）"):
            booking.hold(slot, by=from_user(UserFactory()), wait=True)
        other = capacity.others(mine)[0]
        assert other.starts == at(2, "09:30")
        booking.move(mine, other, by=from_user(mine.user))
        assert (mine.state, Slot.objects.get(pk=other.pk).taken_online) == ("booked", 1)
        hall.clock.move_to(at(4), tick=False)
        tasks.sweep()
        assert not Booking.objects.filter(state="no_show", slot=slot).exists()

    def test_what_slipped_in_is_found_by_the_worker(self, hall):
        """As after a crash between closing and telling."""
        slot = slot_at(hall, at(3, "10:00"))
        mine = booked(slot)
        Slot.objects.filter(pk=slot.pk).update(closed_at=at(2), closed_why="检修")
        assert (tasks.sweep(), tasks.sweep()) == (1, 0)
        mine.refresh_from_db()
        assert mine.state == "displaced"


class TestHours:
    def test_changed_hours_make_slots_and_tell_who_booked_outside_them(self, hall):
        late = booked(slot_at(hall, at(9, "16:30")))
        scope = Scope(hall.site)
        rows = [row for row in scope.hours() if row.kind != "regular"]
        rows += [scope.made(day, time(8, 30), time(16, 30), "regular") for day in (1, 2)]
        assert opening.booked_in(opening.left_outside(hall.site, opening.with_hours(scope, rows))) == 1
        assert opening.write_hours(scope, rows, by=hall.manager) == 1
        late.refresh_from_db()
        assert late.state == "displaced"
        assert slot_at(hall, at(9, "08:30")).left
        assert Entry.objects.get(event="hours.changed").data["before"][0] == "周一 09:00–17:00 工作时间"

    def test_hours_of_a_zone_reach_its_queues_only(self, hall):
        scope = Scope(hall.site, zone=a_zone())
        opening.write_hours(scope, [scope.made(3, time(9), time(12), "regular")], by=hall.manager)
        timetable = Timetable.of(hall.site.pk)
        assert timetable.now(hall.queues["SW"], at(4, "10:00"))
        other = type(a_zone()).objects.create(site=hall.site, code="B", name="市民服务区")
        queue = type(hall.queues["SW"]).objects.create(site=hall.site, zone=other, code="SB", name="社保")
        assert timetable.now(queue, at(4, "10:00")) is None

    def test_overlapping_hours_are_refused(self, hall):
        scope = Scope(hall.site)
        rows = [scope.made(1, time(9), time(12), "regular"), scope.made(1, time(11), time(13), "noon")]
        with pytest.raises(ValueError, match="周一的 09:00–12:00 和 11:00–13:00 重叠"):
            opening.write_hours(scope, rows, by=hall.manager)
        assert Hours.objects.count() == 4

    def test_a_storm_closes_the_day_and_when_it_passes_the_day_opens_again(self, hall):
        mine = booked(slot_at(hall, at(3, "10:00")))
        storm = SpecialDay(site=hall.site, day=TUESDAY, reason="暴雨红色预警")
        assert opening.set_day(storm, by=hall.manager) == 1
        mine.refresh_from_db()
        assert (mine.state, mine.slot.closed_why) == ("displaced", "暴雨红色预警")
        with pytest.raises(ValueError, match="已经关闭（暴雨红色预警）"):
            booking.hold(slot_at(hall, at(3, "11:00")), by=from_user(UserFactory()))
        opening.clear_day(storm, by=hall.manager)
        assert booking.hold(slot_at(hall, at(3, "11:00")), by=from_user(UserFactory())).state == "held"

    def test_opening_hours_never_feed_the_legal_clock(self, hall):
        """Open on Saturday, closed on Tuesday: what is accepted is due on the same working day."""
        by = cases.officer("受理员", "WJJ", "clerk")
        plain = intake.accept(cases.submitted(), by=by)
        scope = Scope(hall.site)
        rows = [*scope.hours(), scope.made(7, time(9), time(17), "regular")]
        opening.write_hours(scope, [row for row in rows if row.weekday != 1], by=hall.manager)
        opening.set_day(SpecialDay(site=hall.site, day=TUESDAY, reason="设备检修"), by=hall.manager)
        hall.published()
        again = intake.accept(cases.submitted(), by=by)
        assert plain.due_on is not None and again.due_on == plain.due_on


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_closing_while_many_book_leaves_nobody_behind(time_machine):
    """Whoever got a place in the last moment is told as well: nobody stands before a closed window."""
    time_machine.move_to(at(2))
    a_zone()
    hall = Hall()
    slots.make(hall.site.pk, days=2)
    slot = slot_at(hall, at(3, "10:00"))
    capacity.set_places(slot, online=30, onsite=0, by=hall.manager)
    people = [from_user(UserFactory(name=f"市民{n}")) for n in range(30)]

    def press(who):
        try:
            if who is None:
                return capacity.close(
                    [Slot.objects.select_related("queue").get(pk=slot.pk)], why="检修", by=hall.manager
                )
            return booking.hold(Slot.objects.get(pk=slot.pk), by=who)
        except ValueError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(press, [*people[:15], None, *people[15:]]))
    tasks.sweep()
    assert not Booking.objects.filter(slot=slot, state__in=Booking.LIVE).exists()
    assert Slot.objects.get(pk=slot.pk).taken_online == 0
    time_machine.move_to(at(2) + timedelta(minutes=30))
