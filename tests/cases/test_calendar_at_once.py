"""Acts while the calendar changes: no date by a calendar that no longer holds, whoever comes first (0019)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.conf import settings
from django.db import connection, transaction

from onewindow.cases import calendar as effects
from onewindow.cases import calendar_work
from onewindow.cases.actions import calendar, drafts, intake, outcome
from onewindow.cases.models import CalendarChange, Case
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.clock import rows
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, reviewed, submitted, whole
from tests.cases.test_calendar import LICENCE, applied, closed, operator
from tests.factories import cases
from tests.factories.applications import picture

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    yield
    clock.forget()


class OtherProcess:
    """Acts by the calendar as it was in memory there."""

    def __init__(self):
        self.kept = (10**12, clock.calendar())

    def __enter__(self):
        rows._kept = self.kept

    def __exit__(self, *_):
        rows._kept = None


@pytest.mark.parametrize("seen", [True, False])
def test_an_act_by_the_calendar_of_before_reckons_anew(seen):
    """A process that read the calendar seconds ago accepts after the change: the date is the new one."""
    case, by = submitted(LICENCE, statutory={"days": 10}, promised=None), operator()
    clerk, elsewhere = post(case, "clerk"), OtherProcess()
    applied(closed(by), by)
    with elsewhere:
        intake.accept(case, by=clerk, seen=case.revision if seen else None)
    assert case.statutory_due == date(2026, 3, 17)
    case.refresh_from_db()
    assert case.statutory_due == date(2026, 3, 17)
    paper = Entry.objects.get(subject=case.number, event="case.accepted").data["paper"]["facts"]
    assert paper["due_on"] == "2026-03-17"


def test_without_the_question_in_the_statement_it_would_be_the_old_date(monkeypatch):
    case, by = submitted(LICENCE, statutory={"days": 10}, promised=None), operator()
    clerk, elsewhere = post(case, "clerk"), OtherProcess()
    applied(closed(by), by)
    monkeypatch.setattr(flow.clock, "watched", lambda: _Blind())
    with elsewhere:
        intake.accept(case, by=clerk)
    assert case.statutory_due == date(2026, 3, 16)


class _Blind:
    def __enter__(self):
        return set()

    def __exit__(self, *_):
        return None


def test_acts_during_the_change_wait_for_it_and_reckon_by_the_new_one(monkeypatch):
    """The change is held in the middle, with every date still to write; three acts come and find the new calendar."""
    ten = {"statutory": {"days": 10}, "promised": None}
    waiting = [submitted(LICENCE, **ten) for _ in range(2)]
    deciding, draft, by = reviewed(submitted(LICENCE, **ten)), whole(LICENCE), operator()
    change, clerk, decider = closed(by), post(waiting[0], "clerk"), post(deciding, "decider")
    citizen = cases.citizen()
    held, go_on, move = threading.Event(), threading.Event(), effects.move

    def slowly(*args, **kwargs):
        held.set()
        assert go_on.wait(20)
        move(*args, **kwargs)

    monkeypatch.setattr(effects, "move", slowly)

    def run(act):
        try:
            return act()
        finally:
            connection.close()

    acts = [
        lambda: intake.accept(waiting[0], by=clerk),
        lambda: outcome.grant(deciding, by=decider),
        lambda: intake.submit(draft, by=citizen),
    ]
    with ThreadPoolExecutor(8) as pool:
        calendar.apply(change, by=by)
        applying = pool.submit(run, calendar_work.run)
        assert held.wait(20)
        under_way = [pool.submit(run, act) for act in acts]
        # A paper is added meanwhile: it reckons no days and need not wait.
        pool.submit(run, lambda: drafts.add_paper(whole("XDP0096"), "photo", picture(citizen), by=citizen)).result(20)
        assert not [act for act in under_way if act.done()]
        assert calendar_work.run() == 0  # another worker leaves it to the first
        go_on.set()
        applying.result(30)
        for act in under_way:
            act.result(30)
    accepted = Case.objects.get(pk=waiting[0].pk)
    assert accepted.statutory_due == date(2026, 3, 17)
    for case in Case.objects.exclude(due_on=None):
        was = (case.statutory_due, case.promised_due, case.due_on)
        effects.deadlines.refresh(case)
        assert (case.statutory_due, case.promised_due, case.due_on) == was, case.number
    assert list(ledger.verify(flow.flowing_models())) == []


def test_an_act_before_the_change_is_moved_by_it():
    """The act has the calendar shared until it commits; the change waits and then counts its row too."""
    case, by = submitted(LICENCE, statutory={"days": 10}, promised=None), operator()
    change, clerk = closed(by), post(case, "clerk")
    calendar.apply(change, by=by)

    def apply():
        try:
            calendar_work.run()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            intake.accept(case, by=clerk)
            assert case.statutory_due == date(2026, 3, 16)
            applying = pool.submit(apply)
            with pytest.raises(TimeoutError):
                applying.result(0.5)
        applying.result(20)
    case.refresh_from_db()
    assert case.statutory_due == date(2026, 3, 17)


def test_a_double_click_applies_once():
    by = operator()
    case = submitted(LICENCE)
    change = closed(by, date(2026, 3, 5))

    def work(_):
        try:
            calendar.apply(CalendarChange.objects.get(pk=change.pk), by=by)
        except flow.Conflict:
            return 0
        finally:
            connection.close()
        return 1

    def at_work(_):
        try:
            return calendar_work.run()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
        assert sum(pool.map(at_work, range(4))) == 1
    assert Entry.objects.filter(subject=case.number, event="case.calendar_moved").count() == 1
    assert clock.in_force() == 2
