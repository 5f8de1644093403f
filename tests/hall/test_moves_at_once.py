"""Two managers at one window, and windows that call while they are moved: one act wins, no number is lost."""

from collections import Counter

import pytest

from onewindow.accounts.principal import from_user
from onewindow.hall.actions import arranging, calling
from onewindow.hall.models import Move, Ticket, Window
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_queue, a_window, drawn, seated
from tests.hall.test_at_once import together

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def a_manager(name="邓勇"):
    user = StaffFactory(name=name)
    PostFactory(user=user, role="manager", agency=None, site=SiteFactory())
    return from_user(user)


def test_of_eight_managers_one_moves_the_windows_and_the_others_learn_of_it():
    queues = [a_queue(f"Q{n}") for n in range(8)]
    windows = [a_window(f"A0{n}", queues[0]) for n in range(3)]
    managers = [a_manager(f"管理{n}") for n in range(8)]

    def move(n):
        # Each sees the windows in another order: locked in one order they never wait for each other in a ring.
        seen = {window.pk: 0 for window in (windows if n % 2 else reversed(windows))}
        try:
            return arranging.move(seen, [queues[n]], by=managers[n])
        except arranging.Overtaken:
            return None

    made = [each for each in together(move, range(8), threads=8) if each]
    assert len(made) == Move.objects.count() == 1
    for window in Window.objects.all():
        assert list(window.queues.values_list("name", flat=True)) == made[0].names
        assert window.edition == 1


def test_windows_call_on_while_they_are_moved_to_and_fro():
    one, two = a_queue("SB"), a_queue("YB")
    seats = [(window, seated(window)) for window in (a_window(f"A{n:02d}", one) for n in range(6))]
    for _ in range(30):
        drawn(one), drawn(two)
    manager = a_manager()

    def work(n):
        if n == 0:
            for turn in range(10):
                seen = dict(Window.objects.values_list("pk", "edition"))
                arranging.move(seen, [two] if turn % 2 == 0 else [one, two], by=manager)
            return []
        window, by = seats[n - 1]
        mine = []
        while (ticket := calling.call_next(window, by=by)) is not None:
            mine.append(ticket.pk)
            calling.finish(ticket, by=by)
        return mine

    called = [pk for mine in together(work, range(7), threads=7) for pk in mine]
    assert Window.objects.first().edition == 10
    for window, by in seats:
        while (ticket := calling.call_next(window, by=by)) is not None:
            called.append(ticket.pk)
            calling.finish(ticket, by=by)
    assert Counter(called) == Counter(Ticket.objects.values_list("pk", flat=True))
