"""A holiday list arrives or changes: which cases move, what holds that was told in writing, and the way back (0019)."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import from_user
from onewindow.cases import calendar as effects
from onewindow.cases import calendar_notices, calendar_work, deadlines, messages, timers
from onewindow.cases.actions import calendar, intake, pause
from onewindow.cases.models import CalendarChange, CalendarMove, State
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.flow import Conflict
from onewindow.kernel.models import CalendarDay, CalendarYear, Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import denied, post, submitted
from tests.cases.test_law import LICENCE, asked

pytestmark = pytest.mark.django_db
# A list for 2027 as it may be published in November 2026.
NEXT_YEAR = {"years": {"2027": {
    "holidays": [{"date": f"2027-01-0{n}", "name_zh": "元旦"} for n in (1, 2, 3)]
    + [{"date": f"2027-02-{n:02}", "name_zh": "春节"} for n in range(5, 13)],
    "makeup_workdays": [{"date": "2027-01-30", "for_zh": "春节"}],
}}}  # fmt: skip
TYPHOON = date(2026, 3, 12)  # a Thursday, closed by announcement


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def operator():
    user = User.objects.create(username="yunwei", name="蒋维", kind=User.Kind.STAFF)
    Post.objects.create(user=user, role="operator", agency=None)
    return from_user(user)


@pytest.fixture
def by(db):
    return operator()


def accepted(code=LICENCE, **changes):
    case = submitted(code, **changes)
    return intake.accept(case, by=post(case, "clerk"))


def worked(change):
    """The worker does what waits for it."""
    assert calendar_work.run() == 1
    change.refresh_from_db()
    return change


def proposed(wanted, by, source="区政府公告第3号"):
    return worked(calendar.propose(wanted, source=source, by=by))


def closed(by, day=TYPHOON, name="全区停电检修"):
    return proposed(calendar.with_day(clock.calendar(), day, working=False, name=name), by)


def next_year(by):
    lists = clock.read_content(NEXT_YEAR)
    return proposed(calendar.with_years(clock.calendar(), lists), by, source="国办发明电〔2026〕9号")


def applied(change, by):
    return worked(calendar.apply(change, by=by))


class TestTheNextYear:
    """The list of 2027 arrives while periods already run into it."""

    @pytest.fixture(autouse=True)
    def december(self, calendar, time_machine):
        time_machine.move_to("2026-12-15 10:00+08:00")

    def test_a_period_over_the_year_end_becomes_later_and_firm(self, by):
        case = accepted(statutory={"days": 45}, promised=None)
        before = deadlines.all_of(case)[1]
        assert (before.date, before.due.provisional) == (date(2027, 2, 17), True)
        change = next_year(by)
        assert change.summary | {"agencies": None} == {
            "looked": 1, "cases": 1, "moves": 1, "firm": 1, "shorter": 0, "overdue": 0, "told": 1, "agencies": None,
        }  # fmt: skip
        case.refresh_from_db()
        assert case.statutory_due == date(2027, 2, 17)  # a preview moves nothing
        applied(change, by)
        case.refresh_from_db()
        after = deadlines.all_of(case)[1]
        assert case.statutory_due == case.due_on == after.date == date(2027, 2, 24)
        assert not after.due.provisional

    def test_a_promise_told_as_provisional_binds_nobody(self, by):
        case = accepted(statutory={"days": 60}, promised={"days": 45})
        applied(next_year(by), by)
        case.refresh_from_db()
        assert case.promised_due == date(2027, 2, 24)

    def test_natural_days_move_only_where_they_end(self, by):
        case = accepted(statutory={"days": 52, "unit": "natural"}, promised=None)
        assert case.statutory_due == date(2027, 2, 5)
        applied(next_year(by), by)
        case.refresh_from_db()
        assert case.statutory_due == date(2027, 2, 15)

    def test_a_make_up_day_makes_it_sooner(self, by, time_machine):
        time_machine.move_to("2027-01-20 10:00+08:00")
        case = accepted(statutory={"days": 10}, promised=None)
        assert case.statutory_due == date(2027, 2, 3)
        change = applied(next_year(by), by)
        case.refresh_from_db()
        assert case.statutory_due == date(2027, 2, 2)  # Saturday the 30th of January is worked
        assert change.summary["shorter"] == 1
        assert [(move.clock, move.days) for move in change.moves.order_by("clock")] == [("statutory", -1)]


class TestOneDay:
    def test_every_clock_that_runs_moves_and_what_is_over_does_not(self, monday, by):
        ten = {"statutory": {"days": 10}, "promised": None}
        waiting, running, done = submitted(LICENCE, **ten), accepted(**ten), denied(submitted(LICENCE, **ten))
        change = applied(closed(by, date(2026, 3, 9), "停电"), by)
        found = {(move.case.number, move.clock): (move.before, move.after) for move in change.moves.all()}
        assert found == {
            (waiting.number, "intake"): (date(2026, 3, 9), date(2026, 3, 10)),
            (running.number, "statutory"): (date(2026, 3, 16), date(2026, 3, 17)),
            (done.number, "delivery"): (date(2026, 3, 16), date(2026, 3, 17)),
        }
        for case in (waiting, running, done):
            was = case.revision
            case.refresh_from_db()
            assert case.revision == was + 1
            assert case.due_on == _derived(case)

    def test_the_promise_told_in_writing_does_not_get_worse(self, monday, by):
        case = accepted(statutory={"days": 20}, promised={"days": 10})
        change = applied(closed(by), by)
        case.refresh_from_db()
        assert (case.statutory_due, case.promised_due) == (date(2026, 3, 31), date(2026, 3, 16))
        assert {move.clock for move in change.moves.all()} & {"promised"} == set()
        promise = next(each for each in deadlines.all_of(case) if each.key == "promised")
        assert "仍按告知时的日历" in promise.basis
        assert Entry.objects.get(subject=case.number, event="case.calendar_moved").data["due_on"] == ""
        fresh = accepted(statutory={"days": 20}, promised={"days": 10})
        assert fresh.promised_due == date(2026, 3, 17)  # told after the change, by the new calendar

    def test_a_promise_shifts_with_what_happens_later(self, monday, by):
        case = accepted(statutory={"days": 20}, promised={"days": 10})
        applied(closed(by), by)
        case.refresh_from_db()
        monday.move_to("2026-03-04 10:00+08:00")
        pause.pause(case, by=post(case, "reviewer"), procedure="expert_review", days=2, reason="专家现场评审")
        assert case.promised_due == date(2026, 3, 19)

    def test_the_applicants_own_period_only_grows(self, monday, by):
        case = asked(submitted(LICENCE, intake={"answer_days": 5}))
        assert case.due_on == date(2026, 3, 9)
        open_days = calendar.with_day(clock.calendar(), date(2026, 3, 7), working=True, name="调休")
        applied(proposed(open_days, by), by)
        case.refresh_from_db()
        assert case.due_on == date(2026, 3, 9)  # the notice said the 9th: relied on
        applied(closed(by, date(2026, 3, 4)), by)
        case.refresh_from_db()
        assert case.due_on == date(2026, 3, 9)  # one more, one less
        applied(closed(by, date(2026, 3, 5)), by)
        case.refresh_from_db()
        assert case.due_on == date(2026, 3, 10)

    def test_a_stop_ends_no_later_than_told(self, monday, by):
        case = accepted(statutory={"days": 10}, promised=None)
        pause.pause(case, by=post(case, "reviewer"), procedure="expert_review", days=5, reason="专家现场评审")
        assert case.stops[-1]["until"] == "2026-03-09"
        applied(closed(by, date(2026, 3, 5)), by)
        case.refresh_from_db()
        assert (case.stops[-1]["until"], case.due_on) == ("2026-03-09", date(2026, 3, 9))
        open_days = calendar.with_day(clock.calendar(), date(2026, 3, 7), working=True, name="调休")
        open_days = calendar.with_day(open_days, date(2026, 3, 8), working=True, name="调休")
        applied(proposed(open_days, by), by)
        case.refresh_from_db()
        assert (case.stops[-1]["until"], case.due_on) == ("2026-03-08", date(2026, 3, 8))

    def test_what_becomes_overdue_is_said_before(self, monday, by):
        case = accepted(statutory={"days": 5}, promised=None)
        monday.move_to("2026-03-09 16:00+08:00")
        open_days = calendar.with_day(clock.calendar(), date(2026, 3, 7), working=True, name="调休")
        change = proposed(open_days, by)
        assert (change.summary["shorter"], change.summary["overdue"]) == (1, 1)
        assert change.summary["agencies"] == {case.agency_id: change.summary["agencies"][case.agency_id]}
        assert change.moves.filter(overdue=True).get(clock="statutory").after == date(2026, 3, 7)

    def test_the_way_back_is_the_same_act(self, monday, by):
        kept = [accepted(statutory={"days": 20}, promised={"days": 10}), submitted(LICENCE), asked(submitted(LICENCE))]
        dates = [(case.due_on, case.statutory_due, case.promised_due) for case in kept]
        change = applied(closed(by), by)
        back = applied(worked(calendar.propose_earlier(change, by=by)), by)
        assert back.edition == change.edition + 1
        for case, before in zip(kept, dates, strict=True):
            case.refresh_from_db()
            assert (case.due_on, case.statutory_due, case.promised_due) == before
        assert clock.calendar().is_working(TYPHOON)
        assert list(ledger.verify(flow.flowing_models())) == []


class TestTheAct:
    def test_it_leaves_rows_and_tells_whom_it_concerns(self, monday, by):
        case, other = accepted(statutory={"days": 10}, promised=None), submitted("XDP0096")
        applied(closed(by), by)
        rows = list(Entry.objects.filter(kind="calendar").order_by("seq"))
        assert [(row.event, row.actor_name) for row in rows] == [
            ("calendar.previewed", "系统（工作日历）"), ("calendar.ordered", "蒋维"),
            ("calendar.applied", "系统（工作日历）"),
        ]  # fmt: skip
        row = rows[-1]
        assert row.data["days"] == [["2026-03-12", "上班", "全区停电检修放假"]]
        moved = Entry.objects.get(subject=case.number, event="case.calendar_moved")
        assert (moved.data["told_before"], moved.data["due_on"]) == ("2026-03-16", "2026-03-17")
        assert not Entry.objects.filter(subject=other.number, event="case.calendar_moved").exists()
        messages.on_entry(moved)
        calendar_notices.on_entry(row)
        calendar_notices.on_entry(row)
        texts = list(Message.objects.filter(channel="in_app").values_list("text", flat=True))
        assert len([text for text in texts if "由 3月16日 改为 3月17日" in text and case.number in text]) == 1
        assert len([text for text in texts if "1 件在办件的期限移动" in text]) == 1
        assert list(ledger.verify(flow.flowing_models())) == []

    def test_once(self, monday, by):
        change = closed(by)
        twin = CalendarChange.objects.get(pk=change.pk)
        applied(change, by)
        with pytest.raises(Conflict):
            calendar.apply(twin, by=by)
        assert clock.in_force() == change.edition

    def test_a_preview_of_an_older_calendar_is_refused(self, monday, by):
        first, second = closed(by), closed(by, date(2026, 3, 13))
        applied(first, by)
        with pytest.raises(Conflict, match="重新预览"):
            calendar.apply(second, by=by)
        assert clock.calendar().is_working(date(2026, 3, 13))

    def test_of_two_ordered_at_once_the_second_is_handed_back_with_the_reason(self, monday, by):
        case = accepted(statutory={"days": 10}, promised=None)
        first, second = closed(by), closed(by, date(2026, 3, 13))
        for change in (first, second):
            calendar.apply(change, by=by)
        assert calendar_work.run() == 2
        second.refresh_from_db()
        assert (second.state, clock.in_force()) == ("proposed", 2)
        failed = Entry.objects.get(kind="calendar", event="calendar.failed")
        assert failed.subject == second.subject and "重新预览" in failed.data["words"]
        case.refresh_from_db()
        assert case.statutory_due == date(2026, 3, 17)

    @pytest.mark.parametrize("at", ["_keep", "digest"])
    def test_what_goes_wrong_in_the_middle_leaves_everything_as_it_was(self, monday, by, monkeypatch, at):
        case, change = accepted(statutory={"days": 10}, promised=None), closed(by)
        calendar.apply(change, by=by)
        monkeypatch.setattr(effects, at, lambda *_: 1 / 0)
        change = worked(change)
        assert (change.state, clock.in_force()) == ("proposed", 1)
        case.refresh_from_db()
        assert case.statutory_due == date(2026, 3, 16)
        assert clock.calendar().is_working(TYPHOON)
        assert Entry.objects.get(event="calendar.failed").data["words"] == calendar_work.BROKEN
        monkeypatch.undo()
        monday.move_to("2026-03-02 11:00+08:00")
        assert applied(change, by).state == "applied"

    def test_nobody_but_the_worker_carries_it_out(self, monday, by):
        change = calendar.apply(closed(by), by=by)
        with pytest.raises(PermissionDenied):
            calendar.take_effect(change, by=by)

    def test_cases_that_went_on_since_the_preview_are_counted_anew(self, monday, by):
        case = submitted(LICENCE)
        change = closed(by)
        assert change.summary["moves"] == 0  # five days from the 2nd end before the 12th
        intake.accept(case, by=post(case, "clerk"))
        applied(change, by)
        assert change.summary["moves"] == CalendarMove.objects.filter(change=change).count() > 0

    def test_only_those_of_the_district_may(self, monday, by):
        change = closed(by)
        clerk = post(submitted(LICENCE), "clerk", "manager")
        with pytest.raises(PermissionDenied):
            calendar.apply(change, by=clerk)
        with pytest.raises(PermissionDenied):
            closed(clerk)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"2027": {"holidays": []}}, "2027 年没有一天放假"),
            (
                {"2027": {"holidays": [{"date": "2027-01-01"}], "makeup_workdays": [{"date": "2027-01-04"}]}},
                "本来就上班",
            ),
        ],
    )
    def test_a_list_that_cannot_be_is_refused(self, monday, content, said):
        with pytest.raises(ValueError, match=said):
            calendar.with_years(clock.calendar(), clock.read_content({"years": content}))

    def test_the_same_list_again_is_no_change(self, monday, by):
        with pytest.raises(ValueError, match="一样"):
            calendar.propose(replace(clock.calendar()), source="国办发明电", by=by)


class TestNoCalendar:
    def test_acts_are_refused_and_the_timer_leaves_the_case_alone(self, monday, caplog):
        case, mending = submitted(LICENCE), asked(submitted(LICENCE))
        CalendarDay.objects.all().delete()
        CalendarYear.objects.all().delete()
        clock.forget()
        monday.move_to("2026-06-20 10:00+08:00")
        with pytest.raises(clock.NoCalendar, match="没有工作日历"):
            intake.accept(case, by=post(case, "clerk"))
        assert timers.run() == 0
        for each, state in ((case, State.SUBMITTED), (mending, State.CORRECTING)):
            each.refresh_from_db()
            assert each.state == state
        assert "没有工作日历" in caplog.text

    def test_publishing_a_list_mends_it(self, monday, by):
        case = submitted(LICENCE)
        content = clock.content_of(clock.calendar())
        CalendarDay.objects.all().delete()
        clock.forget()
        mended = calendar.with_years(calendar.in_force(), clock.of_content(content))
        applied(proposed(mended, by), by)
        intake.accept(case, by=post(case, "clerk"))
        assert case.state == State.REVIEWING

    def test_in_december_its_keepers_hear_that_next_years_is_missing(self, monday):
        keeper = operator()
        calendar_notices.warn_of_next_year()
        assert not Message.objects.exists()
        monday.move_to("2026-12-07 09:20+08:00")
        calendar_notices.warn_of_next_year()
        told = Message.objects.get(user=keeper.user_id, channel="in_app")
        assert "2027 年的放假安排还没有录入，再过 25 天" in told.text and told.link == "/manage/calendar/"


def _derived(case):
    awaited = deadlines.AWAITED.get(State(case.state), "statutory")
    return next(each.date for each in deadlines.all_of(case) if each.key == awaited)
