"""A shared folder: one file a case, words in files of theirs, each once, what cannot be read handed back."""

import csv

import pytest

from onewindow.exchange import inbox, outbox, systems
from onewindow.exchange.adapters import file_drop
from onewindow.exchange.models import Letter, System
from tests.exchange.conftest import BY, filed, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(db, settings, tmp_path):
    settings.EXCHANGE_DIR = tmp_path
    systems.save("gongjijin", name="公积金", kind="file-drop", options={"folder": "gjj"}, secrets={}, by=BY)
    return tmp_path / "gjj"


def rows(path):
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))


def drop(folder, name, text, encoding="utf-8"):
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / name).write_bytes(text.encode(encoding))
    return inbox.poll(System.objects.get())


def test_out_once_in_once(folder):
    case = sent(filed()).case
    assert (case.state, case.outside_number) == ("outside", "")
    (out,) = (folder / "out").glob("*")
    assert out.name == f"{case.number}.csv" and rows(out)[1][0] == case.number
    assert rows(out)[1][4:7] == ["", "", ""]  # the person was not asked for
    text = f"本平台编号,外部编号,状态,时间,说明\n{case.number},G-1,已受理,2026/11/02 10:00,在办\n"
    assert (drop(folder, "a.csv", text), drop(folder, "b.csv", text, "gb18030")) == (1, 1)
    case.refresh_from_db()
    assert (case.outside_number, case.outside["words"]) == ("G-1", "在办")
    assert Letter.objects.filter(way="in").count() == 1
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["a.csv", "b.csv"]
    assert drop(folder, "c.csv", "外部编号,状态,时间\nG-1,准予,2026-11-03\n") == 1
    case.refresh_from_db()
    assert case.state == "outside_done"


def test_what_cannot_be_read_is_handed_back_and_the_rest_goes_in(folder, operator):
    case = sent(filed()).case
    told = [("已受理", "昨天"), ("飞了", "2026-11-02"), ("已收到", "2026-11-02")]
    lines = "".join(f"{case.number},G-1,{status},{at}\n" for status, at in told)
    bad = f"本平台编号,外部编号,状态,时间\n{lines}"
    assert drop(folder, "x.csv", bad) == 1
    faults = rows(folder / "faults" / "x.csv")
    assert [row[0] for row in faults[1:]] == ["2", "3"] and "时间写不对" in faults[1][1] and "状态" in faults[2][1]
    assert drop(folder, "y.csv", "编号\n1\n") == 0
    assert "缺少列" in rows(folder / "faults" / "y.csv")[1][1]


def test_killed_before_the_file_is_put_away_reads_it_again(folder, monkeypatch):
    case = sent(filed()).case
    text = f"本平台编号,外部编号,状态,时间\n{case.number},G-1,已受理,2026-11-02\n"
    with monkeypatch.context() as patch:
        patch.setattr(file_drop.FileDrop, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            drop(folder, "a.csv", text)
    assert inbox.poll(System.objects.get()) == 1
    assert Letter.objects.filter(way="in").count() == 1


def test_a_folder_that_cannot_be_written_says_so_and_is_tried_again(folder):
    (folder / "out").parent.mkdir(exist_ok=True)
    (folder / "out").write_text("a file where a folder should be")
    letter = sent(filed())
    assert letter.state == "waiting" and "写不进交换目录" in letter.answer
    assert [finding.good for finding in systems.check(System.objects.get())] == [False, True]
    assert outbox.run_due() == 0


@pytest.mark.parametrize("name", ["../etc", "/etc", "a/b", "", "A"])
def test_a_folder_is_a_name_and_no_path(folder, name):
    with pytest.raises(ValueError):
        systems.save("gongjijin", name="x", kind="file-drop", options={"folder": name}, secrets={}, by=BY)
