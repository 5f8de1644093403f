"""Readers of the ledger: nothing is skipped, nothing is told twice, and one bad row stops nobody for ever."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction

from onewindow.kernel import clock, ledger, subscribers
from onewindow.kernel.models import Counter, Cursor, Entry, Parked
from onewindow.kernel.subscribers import follow
from tests.kernel.test_flow import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = ledger.System("test", "测试")


def act(event="thing.made", subject="一"):
    return ledger.record(("thing", subject), event, by=CLERK)


class Reader:
    """Remembers what it was told, in the database, as a real handler does."""

    def __init__(self, poison=()):
        self.poison = set(poison)

    def __call__(self, entry):
        Counter.objects.create(name=f"told:{entry.pk}", value=entry.pk)
        if entry.event in self.poison:
            raise RuntimeError("病")

    @property
    def told(self):
        return list(Counter.objects.filter(name__startswith="told:").order_by("value").values_list("value", flat=True))


@pytest.fixture
def only(monkeypatch):
    """The only subscribers there are."""
    handlers = {}
    monkeypatch.setattr(subscribers, "_handlers", handlers)
    return handlers


def test_every_row_once_and_in_order():
    reader, rows = Reader(), [act() for _ in range(subscribers.CHUNK + 7)]
    assert follow("reader", reader) == len(rows)
    assert reader.told == rows
    assert follow("reader", reader) == 0


def test_a_batch_ends_where_it_is_told_to():
    reader, rows = Reader(), [act() for _ in range(5)]
    assert follow("reader", reader, batch=3) == 3
    assert reader.told == rows[:3]


def test_an_older_act_that_commits_late_is_not_skipped():
    """The younger act has committed; reading it first would put the cursor past the one still under way."""
    reader, begun, read = Reader(), Event(), Event()

    def slow():
        with transaction.atomic():
            act(subject="慢")
            begun.set()
            read.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(slow)
        assert begun.wait(10)
        act(subject="快")
        assert follow("reader", reader) == 0
        read.set()
        late.result()
    assert follow("reader", reader) == 2
    assert set(reader.told) == set(Entry.objects.values_list("pk", flat=True))


@pytest.mark.threads
def test_eight_workers_handle_each_row_once():
    reader, rows = Reader(), [act() for _ in range(60)]
    results = at_once(lambda: follow("reader", reader))
    assert all(isinstance(result, int) for result in results), results
    follow("reader", reader)
    assert reader.told == rows


def test_what_a_failing_handler_wrote_is_undone_and_the_row_waits(only, time_machine):
    time_machine.move_to(clock.now())
    first, bad, after = act(), act("thing.broken"), act()
    reader = only["reader"] = Reader(poison={"thing.broken"})
    assert subscribers.run_once() == 1
    assert reader.told == [first]
    assert subscribers.run_once() == 0
    reader.poison.clear()
    time_machine.shift(timedelta(seconds=2))
    assert subscribers.run_once() == 2
    assert reader.told == [first, bad, after]
    assert Cursor.objects.get(name="reader").failures == 0


def test_a_poison_row_is_parked_loudly_and_the_others_go_on(only, time_machine, caplog):
    time_machine.move_to(clock.now())
    bad, after = act("thing.broken"), act()
    only["broken"] = sick = Reader(poison={"thing.broken"})
    only["healthy"] = lambda entry: Counter.objects.create(name=f"healthy:{entry.pk}")
    with caplog.at_level(logging.WARNING):
        began = clock.now()
        while not Parked.objects.exists():
            subscribers.run_once()
            time_machine.shift(timedelta(seconds=1))
    assert clock.now() - began < timedelta(seconds=100)
    assert sick.told == [after]
    assert Counter.objects.filter(name__startswith="healthy:").count() == 2
    (parked,) = Parked.objects.all()
    assert (parked.name, parked.entry, parked.error) == ("broken", bad, "RuntimeError('病')")
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 4 + ["ERROR"]
    assert "onewindow ledger retry" in caplog.records[-1].getMessage()


def test_parked_rows_are_handled_once_the_fault_is_mended(only):
    bad = act("thing.broken")
    reader = only["reader"] = Reader(poison={"thing.broken"})
    Parked.objects.create(name="reader", entry=bad, error="", parked_at=clock.now())
    assert subscribers.retry_parked() == (0, 1)
    reader.poison.clear()
    assert subscribers.retry_parked() == (1, 0)
    assert reader.told == [bad]
    assert subscribers.retry_parked() == (0, 0)


def test_a_reader_that_is_renamed_reads_from_the_beginning():
    rows = [act(), act()]
    follow("old", lambda entry: None)
    reader = Reader()
    follow("new", reader)
    assert reader.told == rows


def test_a_ledger_restored_into_another_server_is_noticed():
    """Its readers stand at a transaction this server will not reach for years."""
    act()
    follow("reader", lambda entry: None)
    assert run_checks(databases=["default"]) == []
    Cursor.objects.update(xact=10**15)
    assert "kernel.E001" in [fault.id for fault in run_checks(databases=["default"])]
