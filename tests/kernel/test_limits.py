from datetime import timedelta

import pytest

from onewindow.kernel import limits
from onewindow.kernel.models import RateLimit
from tests.kernel.test_flow import at_once

MINUTE = timedelta(minutes=1)


def hit(key="code:139"):
    return limits.hit(key, limit=3, per=MINUTE)


@pytest.mark.django_db
def test_one_too_many_is_refused_until_the_window_has_run_out(time_machine):
    time_machine.move_to("2026-09-30 10:00+08:00", tick=False)
    assert [hit() for _ in range(4)] == [True, True, True, False]
    assert hit("another")
    time_machine.shift(timedelta(seconds=59))
    assert not hit()
    time_machine.shift(timedelta(seconds=1))
    assert hit()


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_three_pass():
    assert sum(at_once(hit)) == 3


@pytest.mark.django_db
def test_windows_that_have_run_out_are_forgotten(time_machine):
    time_machine.move_to("2026-09-30 10:00+08:00")
    hit()
    assert limits.sweep() == 0
    time_machine.shift(MINUTE)
    hit("another")
    assert limits.sweep() == 1
    assert RateLimit.objects.get().key == "another"
