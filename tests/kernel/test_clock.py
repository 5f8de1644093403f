import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from onewindow.kernel import clock
from onewindow.kernel.models import CalendarDay, CalendarYear

FILE = settings.DATA_DIR / "holidays.json"
OFFICIAL = clock.read_file(FILE)
D = date.fromisoformat


@pytest.mark.parametrize(
    ("start", "rule", "due"),
    [
        ("2026-02-06", {"limit": 10}, "2026-02-27"),
        ("2026-02-12", {"limit": 5}, "2026-02-26"),
        ("2026-03-02", {"limit": 5}, "2026-03-09"),
        ("2026-03-02", {"limit": 20}, "2026-03-30"),
        ("2026-03-02", {"limit": 20, "extend": 10}, "2026-04-14"),
        ("2026-03-02", {"limit": 10, "stops": [(D("2026-03-06"), D("2026-03-16"))]}, "2026-03-25"),
        ("2026-03-02", {"limit": 10}, "2026-03-16"),
        ("2026-03-02", {"limit": 45}, "2026-05-08"),
        ("2026-03-02", {"limit": 60}, "2026-05-28"),
        ("2026-03-30", {"limit": 10}, "2026-04-14"),
        ("2026-09-17", {"limit": 20}, "2026-10-21"),
        ("2026-09-30", {"limit": 1}, "2026-10-08"),
        ("2026-09-03", {"limit": 30, "unit": "natural"}, "2026-10-08"),
        ("2017-09-29", {"limit": 5}, "2017-10-12"),
        ("2017-01-20", {"limit": 10}, "2017-02-08"),
        ("2026-10-01", {"limit": 0}, "2026-10-01"),
        ("2026-10-01", {"limit": 0, "unit": "natural"}, "2026-10-08"),
    ],
)
def test_the_examples_worked_by_hand(start, rule, due):
    assert OFFICIAL.due(D(start), **rule).date == D(due)


@pytest.mark.parametrize(("year", "days"), [(2017, 249), (2026, 248)])
def test_a_year_has_its_published_number_of_working_days(year, days):
    assert OFFICIAL.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize(
    "moment", [datetime(2026, 9, 29, 16, 30, tzinfo=UTC), datetime(2026, 9, 30, 23, 59), date(2026, 9, 30)]
)
def test_the_start_is_the_day_in_shanghai(moment):
    assert OFFICIAL.due(moment, 1).date == date(2026, 10, 8)


def naive_due(start, limit, unit, stops, extend):
    """The rule read aloud, one day after the other; knows nothing of the implementation."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))["years"].values()
    off = {entry["date"] for year in listed for entry in year["holidays"]}
    makeup = {entry["date"] for year in listed for entry in year["makeup_workdays"]}

    fixed = {"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"}

    def works(day):
        if day.year not in OFFICIAL.official and str(day)[5:] in fixed:
            return False
        return str(day) in makeup or (day.isoweekday() <= 5 and str(day) not in off)

    day, left = start, limit + extend
    while left:
        day += timedelta(days=1)
        if not any(a <= day <= b for a, b in stops) and (unit == "natural" or works(day)):
            left -= 1
    while unit == "natural" and not works(day):
        day += timedelta(days=1)
    return day


days = st.dates(D("2016-01-01"), D("2027-12-31"))
stops = st.lists(st.tuples(days, st.integers(0, 40)).map(lambda s: (s[0], s[0] + timedelta(days=s[1]))), max_size=4)
near = st.builds(lambda start, gap, length: (start + timedelta(days=gap), start + timedelta(days=gap + length)),
                 st.shared(days, key="start"), st.integers(-30, 60), st.integers(0, 30))  # fmt: skip
periods = {
    "start": st.shared(days, key="start"), "limit": st.integers(0, 90), "unit": st.sampled_from(["working", "natural"]),
    "stops": st.one_of(stops, st.lists(near, max_size=4)), "extend": st.integers(0, 30),
}  # fmt: skip


@given(**periods)
def test_every_period_ends_where_counting_day_by_day_ends(start, limit, unit, stops, extend):
    assert OFFICIAL.due(start, limit, unit, stops, extend).date == naive_due(start, limit, unit, stops, extend)


@given(**periods)
def test_the_explanation_counts_every_day_once_and_ends_on_the_due_date(start, limit, unit, stops, extend):
    due = OFFICIAL.due(start, limit, unit, stops, extend)
    dates = [day.date for day in due.days]
    assert dates == [start + timedelta(days=i) for i in range((due.date - start).days + 1)]
    assert [day.counted for day in due.days if day.counted] == list(range(1, limit + extend + 1))
    assert not [day for day in due.days if day.counted and any(a <= day.date <= b for a, b in stops)]


@given(days, days)
def test_days_between_are_the_working_days_walked(a, b):
    walked = sum(OFFICIAL.is_working(min(a, b) + timedelta(days=i + 1)) for i in range(abs((b - a).days)))
    assert OFFICIAL.working_days_between(a, b) == (walked if a <= b else -walked)


def test_the_explanation_says_why_in_words():
    due = OFFICIAL.due(D("2026-09-29"), 4, stops=[(D("2026-10-09"), D("2026-10-09"))])
    whys = {f"{day.date:%m-%d}": day.why for day in due.days}
    assert whys["09-29"] == "起算日不计"
    assert whys["09-30"] == "第1个工作日"
    assert whys["10-03"] == "国庆节放假"
    assert whys["10-09"] == "暂停期间不计"
    assert whys["10-10"] == "调休上班，第3个工作日"
    assert whys["10-11"] == "周日"
    assert due.days[-1] == (D("2026-10-12"), 4, "第4个工作日")
    rolled = OFFICIAL.due(D("2026-09-03"), 30, "natural").days
    assert rolled[30] == (D("2026-10-03"), 30, "第30日，国庆节放假，遇放假顺延")
    assert rolled[-1] == (D("2026-10-08"), None, "遇放假顺延至此日")


@pytest.mark.parametrize(
    ("start", "limit", "provisional"),
    [("2026-12-01", 5, False), ("2026-12-31", 1, True), ("2027-03-01", 0, True), ("2015-12-31", 2, False)],
)
def test_a_date_that_touches_a_year_without_a_list_is_provisional(start, limit, provisional):
    assert OFFICIAL.due(D(start), limit).provisional is provisional


@pytest.mark.parametrize(
    ("today", "left"), [("2026-09-30", 1), ("2026-10-08", 0), ("2026-10-09", -1), ("2026-10-11", -2)]
)
def test_days_left_until_the_eighth_of_october(today, left):
    assert OFFICIAL.working_days_left(D(today), D("2026-10-08")) == left


def test_a_friday_missed_is_past_on_saturday():
    assert OFFICIAL.working_days_left(D("2026-03-07"), D("2026-03-06")) == -1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": -1}, "不能是负数"),
        ({"limit": 1, "unit": "hours"}, "期限单位"),
        ({"limit": 1, "stops": [(D("2026-02-02"), D("2026-02-01"))]}, "早于开始"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        OFFICIAL.due(D("2026-01-05"), **wrong)


@pytest.fixture
def rows(db):
    clock.forget()
    yield
    clock.forget()


def test_without_any_calendar_nothing_is_guessed(rows):
    with pytest.raises(clock.NoCalendar, match="库里没有工作日历"):
        clock.calendar()


def test_a_year_that_lost_its_days_is_no_calendar(rows):
    clock.load_holidays(FILE)
    CalendarDay.objects.filter(day__year=2026).delete()
    clock.forget()
    with pytest.raises(clock.NoCalendar, match="2026 年的放假安排不完整"):
        clock.calendar()


@pytest.mark.parametrize(
    ("start", "due", "why"),
    [
        ("2026-12-31", "2027-01-04", "元旦放假"),
        ("2027-04-30", "2027-05-03", "劳动节放假"),
        ("2027-09-30", "2027-10-04", "国庆节放假"),
    ],
)
def test_of_a_year_without_a_list_weekends_and_holidays_of_a_fixed_date_are_known(rows, start, due, why):
    clock.load_holidays(FILE)
    found = clock.calendar().due(D(start), 1)
    assert (found.date, found.provisional, found.days[1].why) == (D(due), True, why)


def test_what_the_list_of_a_year_says_replaces_the_fixed_dates():
    only = clock.Calendar(off={D("2027-01-04"): "元旦"}, official=frozenset({2027}))
    assert only.is_working(D("2027-01-01")) and not only.is_working(D("2027-01-04"))


def test_loading_is_felt_at_once_and_a_second_time_changes_nothing(rows):
    CalendarYear.objects.create(year=2026, source="周末")
    assert clock.working_days_left(D("2026-09-30"), D("2026-10-08")) == 4
    CalendarYear.objects.all().delete()
    loaded, changed = clock.load_holidays(FILE)
    assert loaded == CalendarDay.objects.count() == changed - CalendarYear.objects.count()
    assert clock.working_days_left(D("2026-09-30"), D("2026-10-08")) == 1
    assert clock.load_holidays(FILE) == (loaded, 0)
    rows_of = Counter(CalendarDay.objects.filter(day__year=2026).values_list("working", flat=True))
    assert (rows_of[True], len(OFFICIAL.makeup)) == (6, CalendarDay.objects.filter(working=True).count())


def test_a_corrected_file_takes_a_day_back(rows, tmp_path):
    clock.load_holidays(FILE)
    content = json.loads(FILE.read_text(encoding="utf-8"))
    content["years"]["2026"]["holidays"].pop(0)
    (tmp_path / "holidays.json").write_text(json.dumps(content), encoding="utf-8")
    assert clock.load_holidays(tmp_path / "holidays.json")[1] == 1
    assert clock.calendar().is_working(D("2026-01-01"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"date": "2026-02-30"}, "2026 年放假第 2 条：'2026-02-30' 不是日期"),
        ({"date": "2025-02-03"}, "2026 年放假第 2 条：2025-02-03 不在 2026 年"),
        ({"date": "2026-01-01"}, "2026 年放假第 2 条：2026-01-01 重复"),
        ({}, "2026 年放假第 2 条：None 不是日期"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, entry, said):
    file = tmp_path / "holidays.json"
    file.write_text(json.dumps({"years": {"2026": {"holidays": [{"date": "2026-01-01"}, entry]}}}), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        clock.read_file(file)
