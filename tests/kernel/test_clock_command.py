import io
import json

import pytest
from django.core.management import CommandError, call_command

from onewindow.kernel import clock
from tests.kernel.test_clock import FILE


@pytest.fixture(autouse=True)
def rows(db):
    clock.forget()
    yield
    clock.forget()


@pytest.fixture
def batch(monkeypatch):
    def run(*lines, explain=False):
        clock.load_holidays(FILE)
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
        out, failed = io.StringIO(), None
        try:
            call_command("clock", "due", "--batch", *(["--explain"] if explain else []), stdout=out)
        except CommandError as error:
            failed = str(error)
        return [json.loads(line) for line in out.getvalue().splitlines()], failed

    return run


def test_each_line_gets_its_answer_in_its_place(batch):
    answers, failed = batch(
        '{"start": "2026-09-30", "limit": 20}',
        '{"start": "2026-09-03T09:00:00+08:00", "limit": 30, "unit": "natural"}',
        "{nonsense",
        '{"start": "2026-12-31", "limit": 1, "stops": [["2027-01-01", "2027-01-03"]], "extend": 1}',
    )
    assert answers[:2] == [{"due": "2026-11-03", "provisional": False}, {"due": "2026-10-08", "provisional": False}]
    assert answers[2]["error"].startswith("第 3 行：不是合法的 JSON")
    assert answers[3] == {"due": "2027-01-05", "provisional": True}
    assert failed == "1 行有误"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[]", "应是一个 JSON 对象"),
        ('{"start": "30.9.2026", "limit": 1}', "start 的 '30.9.2026' 不是日期"),
        ('{"start": "2026-09-30"}', "limit 应是 0 到 100000 的整数，现在是 None"),
        ('{"start": "2026-09-30", "limit": true}', "limit 应是"),
        ('{"start": "2026-09-30", "limit": 1, "unit": "hours"}', "期限单位"),
        ('{"start": "2026-09-30", "limit": 1, "unit": ["working"]}', "期限单位"),
        ('{"start": "2026-09-30", "limit": 1, "stops": ["2026-10-08"]}', "stops 应是"),
        ('{"start": "2026-09-30", "limit": 1, "stops": [["2026-10-08", "2026-10-01"]]}', "早于开始"),
        ('{"start": "9999-12-30", "limit": 9}', "超出"),
        ('{"start": "9999-12-30", "limit": 9, "unit": "natural"}', "超出"),
    ],
)
def test_a_bad_line_says_what_is_wrong(batch, line, said):
    answers, failed = batch(line)
    assert said in answers[0]["error"]
    assert failed == "1 行有误"


def test_explained(batch):
    days = batch('{"start": "2026-10-07", "limit": 1}', explain=True)[0][0]["days"]
    assert days == [
        {"date": "2026-10-07", "counted": None, "why": "起算日不计"},
        {"date": "2026-10-08", "counted": 1, "why": "第1个工作日"},
    ]


def test_without_rows_the_file_is_used_and_said():
    out, err = io.StringIO(), io.StringIO()
    stop = ["--stop", "2026-10-08:2026-10-09", "--stop", "2026-10-12:2026-10-13"]
    period = ["--start", "2026-09-30", "--limit", "2", "--extend", "1"]
    call_command("clock", "due", *period, *stop, stdout=out, stderr=err)
    assert "库里没有工作日历" in err.getvalue()
    assert "到期日：2026-10-15（周四）" in out.getvalue()
    assert "2026-10-08 周四  暂停期间不计" in out.getvalue()


def test_a_person_is_told_what_is_missing():
    with pytest.raises(CommandError, match="--start 和 --limit"):
        call_command("clock", "due")
