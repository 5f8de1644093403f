"""The one ledger: append-only, whole, sealed; and what it says when somebody with the database's keys was at it."""

import hashlib
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event

import pytest
from django.db import Error, connection, transaction

from onewindow.kernel import clock, ledger
from onewindow.kernel.models import Chain, DaySeal, Entry
from tests.kernel.test_flow import at_once

CLERK = ledger.System("test", "测试")


def acts(*events, subject=("thing", "一")):
    return [ledger.record(subject, event, by=CLERK, data={"说明": "甲"}) for event in events]


def tomorrow():
    return clock.today() + timedelta(days=1)


@pytest.mark.django_db
class TestChains:
    def test_a_whole_ledger_has_no_faults(self):
        acts("thing.made", "thing.moved")
        acts("thing.made", subject=("thing", "二"))
        acts("thing.made", subject=("other", "一"))
        assert list(ledger.verify([])) == []

    @pytest.mark.parametrize(
        "sql", ["UPDATE kernel_entry SET event = 'x'", "DELETE FROM kernel_entry", "TRUNCATE kernel_entry"]
    )
    def test_the_database_refuses_to_change_the_ledger(self, sql):
        acts("thing.made")
        with pytest.raises(Error, match="只可追加"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert Entry.objects.get().event == "thing.made"

    @pytest.mark.parametrize(
        ("sql", "where"),
        [
            ("UPDATE kernel_entry SET data = '{}' WHERE seq = 2", "thing:一 #2"),
            ("UPDATE kernel_entry SET actor_name = '别人' WHERE seq = 1", "thing:一 #1"),
            ("UPDATE kernel_entry SET at = at + interval '1 second' WHERE seq = 3", "thing:一 #3"),
            ("DELETE FROM kernel_entry WHERE seq = 1", "thing:一 #1"),
            ("DELETE FROM kernel_entry WHERE seq = 2", "thing:一 #2"),
            ("DELETE FROM kernel_entry WHERE seq = 3", "thing:一 #3"),
            ("DELETE FROM kernel_entry", "thing:一 #3"),
            ("DELETE FROM kernel_chain", "thing:一"),
            ("UPDATE kernel_chain SET chain_head = ''", "thing:一 #3"),
        ],
    )
    def test_verify_names_the_first_broken_row_and_no_other(self, tamper, sql, where):
        acts("thing.made", "thing.moved", "thing.ended")
        tamper(sql)
        faults = list(ledger.verify([]))
        assert [fault.where.partition("（")[0] for fault in faults][:1] == [where]
        assert len({fault.where.partition(" ")[0] for fault in faults}) == 1

    def test_one_broken_chain_leaves_the_others_whole(self, tamper):
        for subject in ("甲", "乙", "丙"):
            acts("thing.made", "thing.moved", subject=("thing", subject))
        tamper("UPDATE kernel_entry SET event = 'x' WHERE subject = '乙' AND seq = 2")
        (fault,) = ledger.verify([])
        assert fault.where.startswith("thing:乙 #2（记录")


@pytest.fixture
def tamper():
    """What only somebody with the keys of the database could do."""

    def run(sql):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql)
            cursor.execute("SET session_replication_role = DEFAULT")

    return run


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_at_one_subject_make_one_chain():
    results = at_once(lambda: acts("thing.made", "thing.moved"))
    assert all(isinstance(result, list) for result in results), results
    assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 17))
    assert list(ledger.verify([])) == []


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_verifying_a_living_ledger_raises_no_false_alarm(monkeypatch):
    """An act between the walk along the chains and the look at their heads belongs to a later moment."""
    acts("thing.made")
    walked = ledger._verify_chains

    def and_then_somebody_acts(chains):
        yield from walked(chains)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: (acts("thing.moved"), connection.close())).result()

    monkeypatch.setattr(ledger, "_verify_chains", and_then_somebody_acts)
    assert list(ledger.verify([])) == []
    assert Entry.objects.count() == 2


def _grow(start, count):
    """Chains of one row each, as `record` would have written them."""
    now, entries, chains = clock.now(), [], []
    for number in range(start, start + count):
        row = {"at": now, "kind": "thing", "subject": f"{number:08d}", "event": "thing.made", "actor": "system:test",
               "actor_name": "测试", "data": {"说明": "甲" * 50}}  # fmt: skip
        digest = hashlib.sha256(ledger.payload(**row).encode()).digest()
        entries.append(Entry(**row, seq=1, hash=digest))
        chains.append(Chain(kind="thing", subject=row["subject"], chain_seq=1, chain_head=digest))
    Entry.objects.bulk_create(entries, batch_size=2000)
    Chain.objects.bulk_create(chains, batch_size=2000)


def _peak():
    tracemalloc.start()
    assert list(ledger.verify([])) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.django_db
def test_verify_needs_no_more_memory_for_a_longer_ledger(monkeypatch):
    monkeypatch.setattr(ledger, "BATCH", 200)
    _grow(0, 1000)
    small = _peak()
    _grow(1000, 7000)
    assert _peak() < small * 1.5


class TestSeals:
    @pytest.mark.django_db
    def test_a_sealed_day_keeps_its_root(self, tamper):
        acts("thing.made")
        seals = ledger.seal_days(before=tomorrow())
        assert [seal.entries for seal in seals] == [1]
        assert ledger.seal_days(before=tomorrow()) == []
        tamper("DELETE FROM kernel_entry")
        tamper("DELETE FROM kernel_chain")
        assert [fault.where for fault in ledger.verify([])] == [f"日封 {clock.today()}"]

    @pytest.mark.django_db
    def test_every_day_since_the_first_is_sealed_once_and_today_never(self, time_machine):
        for moment in ("2026-09-29 23:59:59+08:00", "2026-09-30 00:00+08:00", "2026-10-02 08:00+08:00"):
            time_machine.move_to(moment)
            acts("thing.made")
        sealed = [(seal.day, seal.entries) for seal in ledger.seal_days()]
        assert sealed == [(date(2026, 9, 29), 1), (date(2026, 9, 30), 1), (date(2026, 10, 1), 0)]
        assert list(ledger.verify([])) == []

    @pytest.mark.django_db
    def test_a_row_slipped_into_a_sealed_day_is_noticed(self, time_machine):
        time_machine.move_to("2026-09-29 10:00+08:00")
        acts("thing.made")
        time_machine.move_to("2026-09-30 10:00+08:00")
        ledger.seal_days()
        time_machine.move_to("2026-09-29 11:00+08:00")
        acts("thing.moved")
        (fault,) = ledger.verify([])
        assert fault.where == "日封 2026-09-29"
        assert "现有 2 条，封存时 1 条" in fault.what

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_a_day_waits_for_the_acts_still_under_way(self):
        begun, go = Event(), Event()

        def slow():
            with transaction.atomic():
                acts("thing.made")
                begun.set()
                go.wait(10)
            connection.close()

        acts("thing.made", subject=("thing", "早"))
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(slow)
            assert begun.wait(10)
            assert ledger.seal_days(before=tomorrow()) == []
            go.set()
            late.result()
        assert [seal.entries for seal in ledger.seal_days(before=tomorrow())] == [2]
        assert list(ledger.verify([])) == []

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_eight_workers_seal_a_day_once(self, time_machine):
        time_machine.move_to(clock.now() - timedelta(days=1))
        acts("thing.made")
        time_machine.move_to(clock.now() + timedelta(days=1))
        results = at_once(ledger.seal_days)
        assert sorted(len(result) for result in results) == [0] * 7 + [1], results
        assert DaySeal.objects.count() == 1
