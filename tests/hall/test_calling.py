"""叫号: whose turn it is, and what becomes of a number."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from onewindow.hall.actions import calling, drawing, sitting
from onewindow.hall.actions.drawing import Wish, turn
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Queue, Rules, Ticket
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.models import Entry
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn, seated

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def nine(zone, time_machine):
    """Monday 2 March 2026, nine in the morning."""
    time_machine.move_to(NINE, tick=False)
    return time_machine


def at(minute):
    return NINE + timedelta(minutes=minute)


class TestTurn:
    def test_windows_of_a_group_serve_one_line_in_order(self, nine):
        queue = a_queue()
        first, second = a_window("A01", queue), a_window("A02", queue)
        numbers = [drawn(queue).number for _ in range(3)]
        called = [calling.call_next(window, by=seated(window)) for window in (first, second)]
        assert [ticket.number for ticket in called] == numbers[:2] == ["A001", "A002"]

    def test_a_window_with_two_groups_takes_the_one_who_came_first(self, nine):
        one, two = a_queue("SB"), a_queue("YB")
        window = a_window("A01", one, two)
        earlier = drawn(two)
        nine.move_to(at(1), tick=False)
        drawn(one)
        assert calling.call_next(window, by=seated(window)) == earlier

    def test_who_booked_comes_a_quarter_of_an_hour_before_who_walked_in(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        walked = drawn(queue)
        nine.move_to(at(10), tick=False)
        booked = drawn(queue, booked_for=at(10))
        late = drawn(queue, booked_for=at(-30))
        by = seated(window)
        order = []
        while (ticket := calling.call_next(window, by=by)) is not None:
            order.append(ticket)
            calling.finish(ticket, by=by)
        assert order == [booked, walked, late]

    def test_priority_has_its_reason_in_the_ledger(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        drawn(queue)
        nine.move_to(at(5), tick=False)
        elder = drawn(queue, priority=Ticket.Priority.ELDERLY)
        assert calling.call_next(window, by=seated(window)) == elder
        assert Entry.objects.get(subject=elder.subject, event="ticket.drawn").data["priority"] == "老年人"

    def test_who_needs_english_waits_for_a_window_that_speaks_it(self, nine):
        queue = a_queue()
        plain, english = a_window("A01", queue), a_window("A02", queue, languages=["en"])
        foreigner, neighbour = drawn(queue, language="en"), drawn(queue)
        assert calling.call_next(plain, by=seated(plain)) == neighbour
        assert calling.call_next(english, by=seated(english)) == foreigner

    @given(
        arrivals=st.lists(
            st.tuples(st.integers(0, 240), st.sampled_from(["walk", "elderly", "booked"]), st.integers(-60, 60)),
            min_size=2, max_size=40,
        )
    )  # fmt: skip
    @settings(max_examples=200, deadline=None)
    def test_nobody_is_overtaken_by_who_came_more_than_half_an_hour_later(self, arrivals):
        """The longest credit is booked + grace (30 minutes): whoever comes later than that never passes."""
        rules = Rules()
        most = timedelta(minutes=max(rules.booked_minutes + rules.grace_minutes, rules.priority_minutes))
        queue = Queue(code="ZH", name="综合")
        line = []
        for minute, how, off in arrivals:
            came = at(minute)
            wish = Wish(
                queue,
                priority="elderly" if how == "elderly" else "",
                booked_for=came + timedelta(minutes=off) if how == "booked" else None,
            )
            place = turn(wish, came, rules)
            assert came - most <= place <= came
            line.append((place, came))
        for place, came in line:
            for other, later in line:
                assert not (later > came + most and other < place)


class TestNumbers:
    def test_one_visit_several_numbers_one_window_at_a_time(self, nine):
        one, two = a_queue("SB"), a_queue("YB")
        first, second = a_window("A01", one), a_window("A02", two)
        mine, other = drawn(one, two)
        by = seated(first)
        called = calling.call_next(first, by=by)
        assert called == mine
        assert calling.call_next(second, by=seated(second)) is None
        calling.finish(called, by=by)
        assert calling.call_next(second, by=seated(second)) == other

    def test_the_same_business_is_drawn_once_a_visit(self, nine):
        queue = a_queue()
        ticket = drawn(queue)
        with pytest.raises(ValueError, match=f"您已经有这个业务的号：{ticket.number}"):
            drawing.draw([Wish(queue)], by=KIOSK, source="kiosk", visit=ticket.visit)

    def test_pressing_twice_calls_one_number(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        drawn(queue), drawn(queue)
        by = seated(window)
        assert calling.call_next(window, by=by) == calling.call_next(window, by=by)

    def test_who_missed_the_call_and_comes_back_soon_keeps_the_place(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        ticket, after = drawn(queue), drawn(queue)
        by = seated(window)
        calling.miss(calling.recall(calling.call_next(window, by=by), by=by), by=by)
        ticket.refresh_from_db()
        nine.move_to(at(20), tick=False)
        calling.come_back(ticket, by=KIOSK)
        again = calling.call_next(window, by=by)
        assert again == ticket
        calling.miss(again, by=by)
        nine.move_to(at(60), tick=False)
        calling.come_back(again, by=KIOSK)
        assert calling.call_next(window, by=by) == after

    def test_a_transfer_carries_the_note_and_the_place(self, nine):
        one, two = a_queue("SB"), a_queue("YB")
        first, second = a_window("A01", one), a_window("A02", two)
        moved = drawn(one)
        nine.move_to(at(3), tick=False)
        drawn(two)
        by = seated(first)
        calling.transfer(calling.call_next(first, by=by), by=by, queue=two, note="社保已办好，还要登记医保")
        got = calling.call_next(second, by=seated(second))
        assert (got, got.note) == (moved, "社保已办好，还要登记医保")

    def test_who_went_for_a_copy_comes_straight_back(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        away, waiting = drawn(queue), drawn(queue)
        by = seated(window)
        ticket = calling.begin(calling.call_next(window, by=by), by=by)
        calling.park(ticket, by=by, note="去复印户口本")
        called = calling.call_next(window, by=by)
        assert called == waiting
        calling.finish(called, by=by)
        calling.resume(ticket, window, by=by)
        assert (ticket.state, ticket.pk) == ("called", away.pk)

    def test_a_call_is_a_handful_of_round_trips_however_many_queues(self, nine, django_assert_num_queries):
        """Beside the pick, which is prepared: begin, seat, number and ledger, visit and news, end."""
        queues = [a_queue(f"Q{n}") for n in range(8)]
        window = a_window("A01", *queues)
        for queue in queues:
            drawn(queue)
        by = seated(window)
        with django_assert_num_queries(5):
            calling.call_next(window, by=by)

    def test_a_paused_window_and_a_stranger_call_nobody(self, nine):
        queue = a_queue()
        window, other = a_window("A01", queue), a_window("A02", queue)
        drawn(queue)
        by = seated(window)
        with pytest.raises(PermissionDenied):
            calling.call_next(other, by=by)
        seat = sitting.of(by)
        sitting.pause(seat, by=by, reason="去取件")
        with pytest.raises(ValueError, match="暂停服务"):
            calling.call_next(window, by=by)
        sitting.go_on(seat, by=by)
        assert calling.call_next(window, by=by) is not None

    def test_nobody_leaves_a_window_with_somebody_at_it_but_may_hand_it_over(self, nine):
        queue = a_queue()
        window = a_window("A01", queue)
        drawn(queue)
        by = seated(window)
        ticket = calling.call_next(window, by=by)
        with pytest.raises(ValueError, match=f"{ticket.number} 号还在窗口"):
            sitting.sign_off(sitting.of(by), by=by)
        from tests.factories.cases import officer

        relief = officer("relief", "WJJ", "clerk")
        sitting.hand_over(sitting.of(by), relief, by=by)
        ticket.refresh_from_db()
        assert calling.finish(ticket, by=relief).state == "done"


def test_a_site_without_hours_is_never_closed(nine):
    assert Timetable.of("510114").now(a_queue()) is not None
