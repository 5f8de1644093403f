"""Completions brought in by file: what fits goes in once, what does not is handed back with row and reason."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from openpyxl import Workbook, load_workbook

from onewindow.cases.actions import outside
from onewindow.exchange import completions, imports
from onewindow.exchange.models import Batch, Completion
from onewindow.kernel.models import Entry
from tests.exchange.conftest import OUTSIDE, filed
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
HEAD = "事项编号,外部编号,本平台编号,办结日期,结果,申请人,说明"


@pytest.fixture
def item(db):
    return flagship("XDP0096", outside=OUTSIDE | {"road": "import"})


def file(*rows):
    return "\n".join([HEAD, *rows]).encode()


def take(by, *rows):
    """Handed in, and what the worker makes of it. A blank row more each time: the same file again would do nothing."""
    batch, fresh = imports.hand_in(file(*rows) + b"\n,,,,,," * (Batch.objects.count() + 1), "11月.csv", by=by.principal)
    assert fresh and batch.state == "waiting"
    imports.run_due()
    return Batch.objects.get(pk=batch.pk)


def faults(batch):
    sheet = load_workbook(io.BytesIO(imports.error_sheet(batch))).active
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_what_fits_goes_in_and_the_rest_comes_back(item, clerk):
    flagship("XDA0106", agency="WJJ")
    batch = take(
        clerk, "XDP0096,T-1,,2026-11-02,准予,李秀英,", "XDP0096,T-2,,2026-11-02,好了,,", "NO,T-3,,2026-11-02,准予,,",
        "XDP0096,,,2026-11-02,准予,,", "XDP0096,T-5,,昨天,准予,,", "XDA0106,T-6,,2026-11-02,准予,,",
        "XDP0096,T-7,,2026/11/2,撤回,,", ",,,,,,",
    )  # fmt: skip
    assert (batch.counts, batch.faults) == ({"new": 2}, 5)
    found = faults(batch)
    assert found[0][:2] == ["行号", "原因"] and [row[0] for row in found[1:]] == ["3", "4", "5", "6", "7"]
    assert "结果应是" in found[1][1] and "不在外部系统办理" in found[5][1]
    assert list(Completion.objects.order_by("number").values_list("number", "outcome", "applicant")) == [
        ("T-1", "granted", "李**"), ("T-7", "other", ""),
    ]  # fmt: skip
    assert "T-2" not in str(vars(Batch.objects.get()))  # rows that stay behind are encrypted: they hold names


def test_the_same_row_again_is_nothing_and_another_leaves_a_trace(item, clerk):
    row = "XDP0096,T-1,,2026-11-02,准予,李秀英,"
    assert [take(clerk, row, row).counts, take(clerk, row).counts] == [{"new": 1, "same": 1}, {"same": 1}]
    assert take(clerk, row.replace("11-02", "11-03").replace("准予", "不予")).counts == {"changed": 1}
    done = Completion.objects.get()
    assert (str(done.done_on), done.outcome) == ("2026-11-03", "denied") and done.changed_at
    trace = Entry.objects.get(event="completion.changed").data
    assert (trace["before"]["outcome"], trace["after"]["outcome"]) == ("granted", "denied")


def test_a_case_of_ours_ends_as_told_under_either_number(item, clerk):
    first, second = filed(), filed()
    outside.pass_on(first, by=clerk.principal, number="T-1")
    rows = ["XDP0096,T-1,,2026-11-02,准予,,凭身份证领取", f"XDP0096,T-2,{second.number},2026-11-02,不予,,"]
    assert take(clerk, *rows).counts == {"case": 2}
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, first.outside["words"]) == ("outside_done", "凭身份证领取")
    assert (second.state, second.outcome, second.outside_number) == ("outside_done", "denied", "T-2")
    assert take(clerk, *rows).counts == {"same": 2}
    contrary = take(clerk, "XDP0096,T-1,,2026-11-02,不予,,")
    assert contrary.faults == 1 and "请核实" in faults(contrary)[1][1]
    assert not Completion.objects.exists()


def test_an_office_brings_in_its_own_only(item, other_agency_clerk, operator):
    row = "XDP0096,T-1,,2026-11-02,准予,,"
    assert "别的部门" in faults(take(other_agency_clerk, row))[1][1]
    assert take(operator, row).counts == {"new": 1}
    case = filed()
    assert "窗口人员" in faults(take(operator, f"XDP0096,T-2,{case.number},2026-11-02,准予,,"))[1][1]


def test_excel_with_dates_numbers_and_formulas(item, clerk):
    import datetime

    book = Workbook()
    book.active.append(HEAD.split(","))
    book.active.append(["XDP0096", 4711, None, datetime.datetime(2026, 11, 2, 15), "准予", None, None])
    book.active.append(["XDP0096", "T-2", None, "2026-11-02", "=1+1", None, None])
    out = io.BytesIO()
    book.save(out)
    batch, _ = imports.hand_in(out.getvalue(), "a.xlsx", by=clerk.principal)
    imports.run_due()
    batch.refresh_from_db()
    assert (batch.counts, batch.faults, Completion.objects.get().number) == ({"new": 1}, 1, "4711")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"a,b\n1,2\n", HEAD.encode(), b"\x00" * 50])
def test_a_file_that_is_none_changes_nothing(item, clerk, data):
    with pytest.raises(imports.Unreadable):
        imports.hand_in(data, "x", by=clerk.principal)
    assert not Batch.objects.exists()


ROW = "XDP0096,T-1,,2026-11-02,准予,李秀英,"


def test_the_same_file_again_does_nothing_even_after_a_later_one(item, clerk, operator):
    first, fresh = imports.hand_in(file(ROW), "a.csv", by=clerk.principal)
    again, other = imports.hand_in(file(ROW), "a 副本.csv", by=clerk.principal)
    assert (fresh, other, again.pk) == (True, False, first.pk)
    imports.run_due()
    take(clerk, ROW.replace("准予", "不予"))
    imports.hand_in(file(ROW), "a.csv", by=clerk.principal)
    imports.run_due()
    assert (Completion.objects.get().outcome, Batch.objects.count()) == ("denied", 2)
    assert imports.hand_in(file(ROW), "a.csv", by=operator.principal)[1]  # another person's is another import


def test_rows_are_kept_sealed_until_they_are_read_and_then_no_longer(item, clerk):
    batch, _ = imports.hand_in(file(ROW), "a.csv", by=clerk.principal)
    batch.refresh_from_db()
    assert batch.content and "李秀英" not in batch.content and not Completion.objects.exists()
    imports.run_due()
    batch.refresh_from_db()
    assert (batch.content, batch.state, batch.done) == ("", "done", 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_half_way_goes_on_behind_the_rows_that_stand(item, clerk, monkeypatch):
    rows = [f"XDP0096,T-{n},,2026-11-02,{'准予' if n != 3 else '好了'},," for n in range(12)]
    batch, _ = imports.hand_in(file(*rows), "a.csv", by=clerk.principal)
    monkeypatch.setattr(imports, "PART", 5)
    keep, killed = completions.keep, iter([False] * 7 + [True])
    monkeypatch.setattr(completions, "keep", lambda done, **said: _die() if next(killed, False) else keep(done, **said))
    with pytest.raises(SystemError):
        imports.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.faults, Completion.objects.count()) == ("waiting", 5, 1, 4)
    imports.run_due()
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.counts, batch.faults) == ("done", 12, {"new": 11}, 1)


def _die():
    raise SystemError("killed")


@pytest.mark.django_db(transaction=True)
def test_what_breaks_off_again_and_again_is_put_down_and_the_same_file_takes_it_up(item, clerk, monkeypatch):
    batch, _ = imports.hand_in(file(ROW), "a.csv", by=clerk.principal)
    with monkeypatch.context() as broken:
        broken.setattr(completions, "keep", lambda done, **said: _die())
        for _ in range(imports.MOST_ATTEMPTS):
            with pytest.raises(SystemError):
                imports.run_due()
        imports.run_due()
    batch.refresh_from_db()
    assert batch.state == "failed"
    imports.hand_in(file(ROW), "a.csv", by=clerk.principal)
    imports.run_due()
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == ("done", {"new": 1})


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_each_row_once(item, clerk, monkeypatch):
    monkeypatch.setattr(imports, "PART", 3)
    rows = [f"XDP0096,T-{n},,2026-11-02,准予,," for n in range(20)]
    batch, _ = imports.hand_in(file(*rows), "a.csv", by=clerk.principal)

    def work(_):
        try:
            imports.run(batch.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(2)))
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.counts) == ("done", 20, {"new": 20})
