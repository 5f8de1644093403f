"""All windows press at once, all machines print at once: no number twice, none skipped."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from onewindow.hall import turn
from onewindow.hall.actions import calling
from onewindow.hall.models import Ticket, Visit
from tests.hall.conftest import a_queue, a_window, drawn, seated

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def together(work, many, threads=12):
    def run(one):
        try:
            return work(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, many))


def test_forty_windows_call_two_hundred_numbers_each_once_and_in_order():
    queues = [a_queue("SB"), a_queue("YB")]
    windows = [a_window(f"A{n:02d}", *queues[: 1 + n % 2]) for n in range(40)]
    seats = [(window, seated(window)) for window in windows]
    for n in range(200):
        drawn(queues[n % 2])
    called = []

    def press(seat):
        window, by = seat
        mine = []
        while (ticket := calling.call_next(window, by=by)) is not None:
            mine.append(ticket.pk)
            calling.finish(ticket, by=by)
        return mine

    for mine in together(press, seats):
        assert mine == sorted(mine)
        called += mine
    assert Counter(called) == Counter(Ticket.objects.values_list("pk", flat=True))
    assert not Visit.objects.filter(busy=True).exists()


def test_two_browsers_at_one_window_call_one_number():
    queue = a_queue()
    window = a_window("A01", queue)
    by = seated(window)
    for _ in range(8):
        drawn(queue)
    called = together(lambda _: calling.call_next(window, by=by).number, range(8), threads=8)
    assert set(called) == {"A001"}


def test_while_the_first_of_a_line_are_being_called_the_next_of_it_goes_before_who_came_later():
    """More are being taken at this moment than a window looks at in each of its lines."""
    long, short = a_queue("SB"), a_queue("YB")
    window = a_window("A01", long, short)
    by = seated(window)
    line = [drawn(long) for _ in range(turn.HEADS + 2)]
    drawn(short)
    with transaction.atomic():
        list(Ticket.objects.select_for_update().filter(pk__in=[each.pk for each in line[: turn.HEADS + 1]]))
        (called,) = together(lambda _: calling.call_next(window, by=by), range(1), threads=1)
    assert called == line[-1]


def test_two_numbers_of_one_visit_are_never_at_two_windows():
    one, two = a_queue("SB"), a_queue("YB")
    seats = [(window, seated(window)) for window in (a_window("A01", one), a_window("A02", two))]
    for _ in range(10):
        drawn(one, two)
        called = together(lambda seat: calling.call_next(seat[0], by=seat[1]), seats, threads=2)
        assert len([ticket for ticket in called if ticket]) == 1
        for ticket, (_, by) in zip(called, seats, strict=True):
            if ticket:
                calling.finish(ticket, by=by)
        Ticket.objects.filter(state="waiting").update(state="given_up")


def test_machines_print_every_number_once():
    queue = a_queue()
    numbers = together(lambda _: drawn(queue).number, range(60))
    assert sorted(numbers) == [f"A{n:03d}" for n in range(1, 61)]
