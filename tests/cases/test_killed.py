"""A worker killed with SIGKILL inside an act: nothing of it is left, and the next run does it exactly once."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from onewindow.cases import timers
from onewindow.cases.models import State
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.cases.conftest import submitted

WORKER = """
import sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from onewindow.cases import notices, timers
def never_ready(*args, **facts):
    print("inside", flush=True)
    time.sleep(600)
notices.paper = never_ready
timers.run()
"""


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_of_a_timer(time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    case = submitted("XDA0106")
    name = str(connection.settings_dict["NAME"])
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, name], stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    try:
        assert worker.stdout.readline().strip() == "inside"
    finally:
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(60) == -signal.SIGKILL
    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    time_machine.move_to("2026-03-20 10:00+08:00")
    assert (timers.run(), timers.run()) == (1, 0)
    assert Entry.objects.filter(subject=case.number, event="case.deemed_accepted").count() == 1
    clock.forget()
