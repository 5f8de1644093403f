"""A worker killed with SIGKILL inside an act: nothing of it is left, and the next run does it exactly once."""

import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest
from django.conf import settings
from django.db import connection

from onewindow.cases import calendar_work, timers
from onewindow.cases.actions import calendar
from onewindow.cases.models import State
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.models import Entry
from tests.cases.conftest import submitted
from tests.cases.test_calendar import accepted, closed, operator

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]

WORKER = """
import sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from onewindow.cases import calendar, calendar_work, notices, timers
def never_ready(*args, **facts):
    print("inside", flush=True)
    time.sleep(600)
"""
TIMERS = "notices.paper = never_ready; timers.run()"
# Every date and ledger row is written by then, and the last batch told.
CALENDAR = "calendar.digest = never_ready; calendar_work.run()"


@pytest.fixture
def killed():
    """A worker process that is killed once it is inside; `at_it` looks before."""
    clock.load_holidays(settings.DATA_DIR / "holidays.json")

    def run(work, at_it=lambda: None):
        name = str(connection.settings_dict["NAME"])
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER + work, name], stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        )  # fmt: skip
        try:
            assert worker.stdout.readline().strip() == "inside"
            at_it()
        finally:
            worker.send_signal(signal.SIGKILL)
            assert worker.wait(60) == -signal.SIGKILL

    yield run
    clock.forget()


def test_killed_in_the_middle_of_a_timer(time_machine, killed):
    time_machine.move_to("2026-03-02 10:00+08:00")
    case = submitted("XDA0106")
    killed(TIMERS)
    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    time_machine.move_to("2026-03-20 10:00+08:00")
    assert (timers.run(), timers.run()) == (1, 0)
    assert Entry.objects.filter(subject=case.number, event="case.deemed_accepted").count() == 1


def test_killed_in_the_middle_of_a_changed_calendar(time_machine, killed):
    time_machine.move_to("2026-03-02 10:00+08:00")
    case, by = accepted(statutory={"days": 10}, promised=None), operator()
    change = calendar.apply(closed(by), by=by)

    def at_it():
        assert calendar_work.progress(change) == (0, 1)
        assert clock.in_force() == 1

    killed(CALENDAR, at_it)
    assert _gone(lambda: calendar_work.progress(change))
    case.refresh_from_db()
    change.refresh_from_db()
    assert (change.state, change.edition, case.statutory_due) == ("applying", None, date(2026, 3, 16))
    assert (calendar_work.run(), calendar_work.run()) == (1, 0)
    case.refresh_from_db()
    assert (clock.in_force(), case.statutory_due) == (2, date(2026, 3, 17))
    assert Entry.objects.filter(subject=case.number, event="case.calendar_moved").count() == 1
    assert change.moves.count() == 1
    assert list(ledger.verify(flow.flowing_models())) == []


def _gone(what, seconds=20):
    """PostgreSQL needs a moment to see that the process is no more."""
    until = time.monotonic() + seconds
    while what() is not None and time.monotonic() < until:
        time.sleep(0.1)
    return what() is None
