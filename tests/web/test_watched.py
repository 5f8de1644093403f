"""效能监管: what happened by silence, or took longer than was told, stands together for who supervises."""

from __future__ import annotations

import pytest

from onewindow.accounts.models import Post
from onewindow.cases import timers
from onewindow.cases.actions import intake, pause
from tests.cases.conftest import calendar, post, submitted  # noqa: F401 - a fixture
from tests.cast import officer

pytestmark = pytest.mark.django_db
WATCH = "/desk/?view=watch"


@pytest.fixture
def late(calendar, time_machine):  # noqa: F811
    """One accepted by silence, one whose stop has run over, one in time."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    silent, paused, usual = (submitted("XDA0106") for _ in range(3))
    for case in (paused, usual):
        intake.accept(case, by=post(case, "clerk"))
    pause.pause(paused, by=post(paused, "reviewer"), procedure="testing", days=3, reason="检测空气质量")
    time_machine.move_to("2026-03-10 09:00+08:00")
    timers.run()
    return silent, paused, usual


def page(member, url=WATCH):
    return member.client.get(url).content.decode()


def test_a_supervisor_finds_them_and_why(late):
    silent, paused, usual = late
    shown = page(officer(Post.Role.SUPERVISOR, agency="XSPJ"))
    assert "要过问的" in shown
    assert silent.number in shown and "逾期未答复，依法视为" in shown
    assert paused.number in shown and "特别程序超过告知的时间" in shown
    assert usual.number not in shown


def test_accepted_late_by_a_clerk_is_accepted_by_silence_too(calendar, time_machine):  # noqa: F811
    time_machine.move_to("2026-03-02 10:00+08:00")
    case = submitted("XDA0106")
    time_machine.move_to("2026-03-12 10:00+08:00")
    intake.accept(case, by=post(case, "clerk"))
    assert case.number in page(officer(Post.Role.SUPERVISOR, agency="XSPJ"))


def test_another_agencys_supervisor_and_a_reviewer_do_not(late):
    silent, _, _ = late
    assert silent.number not in page(officer(Post.Role.SUPERVISOR, agency="MZJ"))
    assert "要过问的" not in page(officer(Post.Role.REVIEWER, agency="XSPJ"))


def test_it_costs_the_same_however_long_it_is(late, django_assert_max_num_queries):
    supervisor = officer(Post.Role.SUPERVISOR, agency="XSPJ")
    page(supervisor)
    with django_assert_max_num_queries(3):
        page(supervisor)
