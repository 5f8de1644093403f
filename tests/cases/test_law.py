"""Corrections, silence, pauses and extensions: dates of events → dates, papers, rows (行政许可法 §32, §42, §45)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.cases import deadlines, notices, timers
from onewindow.cases.actions import correction, drafts, extension, intake, outcome, pause, review
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, reviewed, rows, submitted, whole
from tests.factories import cases
from tests.factories.applications import picture

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"  # 公共场所卫生许可: 20 working days by law, 5 promised
MISSING = [{"on": "material:photo", "text": "照片太暗，看不清五官"}]


@pytest.fixture
def monday(calendar, time_machine):
    """Monday 2 March 2026, ten in the morning: no holiday for a month (domain vectors)."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def facts(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


def asked(case, remarks=None, **more):
    remarks = remarks or [{"on": f"material:{case.guide.materials[0].key}", "text": "章盖得不清楚，请重盖"}]
    return correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=remarks, **more)


def mended(case):
    citizen = cases.citizen()
    key = case.open_remarks[0]["on"].removeprefix("material:")
    drafts.add_paper(case, key, picture(citizen), by=citizen)
    return correction.hand_in_corrections(case, by=citizen)


class TestCorrections:
    def test_one_notice_names_everything_with_its_standard_and_a_day(self, monday):
        case = asked(submitted("XDP0096"), MISSING)
        told = facts(case, "case.correction_asked")
        assert (case.state, case.due_on) == (State.CORRECTING, date(2026, 4, 14))  # 30 working days of the applicant
        assert told["answer_by"] == "2026-04-14"
        assert told["remarks"][0]["on"] == "近期1寸免冠照片" and told["remarks"][0]["standard"]

    def test_acceptance_is_dated_the_day_the_whole_set_was_in(self, monday):
        case = asked(submitted(LICENCE))
        monday.move_to("2026-03-09 15:00+08:00")
        mended(case)
        assert (case.state, case.due_on) == (State.RECEIVED, date(2026, 3, 16))
        monday.move_to("2026-03-12 09:00+08:00")
        intake.accept(case, by=post(case, "clerk"))
        assert deadlines.on(case.accepted_at) == date(2026, 3, 9)
        assert case.statutory_due == date(2026, 4, 7)  # 20 working days over Qingming
        assert rows(case)[-4:] == ["case.submitted", "case.correction_asked", "case.corrected", "case.accepted"]

    def test_what_is_not_mended_is_not_the_whole_set(self, monday):
        case = asked(submitted(LICENCE))
        with pytest.raises(Conflict, match="意见还没有改"):
            correction.hand_in_corrections(case, by=cases.citizen())

    def test_a_second_notice_says_what_the_new_papers_brought_up(self, monday):
        case = mended(asked(submitted(LICENCE)))
        with pytest.raises(ValueError, match="已经告知过一次"):
            asked(case)
        asked(case, why_again="新交的图纸与申请书的面积不一致")
        assert facts(case, "case.correction_asked")["why_again"].startswith("新交的图纸")
        assert len(case.corrections) == 2

    def test_after_five_days_nothing_more_can_be_asked(self, monday):
        case = submitted(LICENCE)
        monday.move_to("2026-03-09 23:00+08:00")
        assert not deadlines.is_silent(case)
        monday.move_to("2026-03-10 08:00+08:00")
        with pytest.raises(ValueError, match="视为受理"):
            asked(case)

    def test_real_estate_is_told_on_the_spot_or_counts_as_accepted(self, monday):
        """不动产登记暂行条例 §17."""
        case = submitted(LICENCE, intake={"on_the_spot": True})
        assert case.due_on == date(2026, 3, 2)
        monday.move_to("2026-03-03 09:00+08:00")
        assert timers.run() == 1
        case.refresh_from_db()
        assert deadlines.on(case.accepted_at) == date(2026, 3, 2)

    def test_what_comes_by_the_web_on_a_day_of_rest_is_looked_at_the_next_working_day(self, monday):
        monday.move_to("2026-03-01 04:00+08:00")  # a Sunday
        case = submitted(LICENCE, intake={"on_the_spot": True})
        assert case.due_on == date(2026, 3, 2)
        monday.move_to("2026-03-02 16:00+08:00")
        assert timers.run() == 0
        monday.move_to("2026-03-01 10:00+08:00")
        case.channel = Case.Channel.DESK
        assert deadlines.intake(case).date == date(2026, 3, 1)

    def test_where_silence_is_no_acceptance_the_case_waits(self, monday):
        case = submitted(LICENCE, intake={"silence": "none"})
        monday.move_to("2026-03-20 09:00+08:00")
        assert timers.run() == 0
        assert asked(case).state == State.CORRECTING

    def test_only_the_applicant_hands_in_and_only_the_clerk_asks(self, monday):
        case = submitted(LICENCE)
        with pytest.raises(PermissionDenied):
            correction.ask_for_corrections(case, by=post(case, "decider"), remarks=MISSING)
        asked(case)
        with pytest.raises(PermissionDenied):
            correction.hand_in_corrections(case, by=post(case, "reviewer"))


class TestByItself:
    def test_silence_accepts_as_of_the_day_of_receipt(self, monday):
        case = submitted(LICENCE)
        for day, moved in (("2026-03-09 23:55", 0), ("2026-03-10 00:05", 1), ("2026-03-10 01:05", 0)):
            monday.move_to(f"{day}+08:00")
            assert timers.run() == moved
        case.refresh_from_db()
        assert (case.state, deadlines.on(case.accepted_at)) == (State.REVIEWING, date(2026, 3, 2))
        assert case.statutory_due == date(2026, 3, 30)
        row = Entry.objects.get(subject=case.number, event="case.deemed_accepted")
        assert row.actor == "system:clock" and row.data["paper"]["facts"]["deemed"] is True

    def test_who_does_not_mend_is_reminded_once_and_then_gets_the_papers_back(self, monday):
        case = asked(submitted(LICENCE))
        for day, moved in (
            ("2026-04-10", 0),
            ("2026-04-13", 1),
            ("2026-04-14", 0),
            ("2026-04-15", 1),
            ("2026-04-16", 0),
        ):
            monday.move_to(f"{day} 09:00+08:00")
            assert timers.run() == moved, day
        case.refresh_from_db()
        assert case.state == State.LAPSED and not case.is_overdue
        assert facts(case, "case.lapsed")["answer_by"] == "2026-04-14"
        assert rows(case)[-2:] == ["case.correction_reminded", "case.lapsed"]

    def test_one_case_that_cannot_move_stops_no_other(self, monday):
        first, second = submitted(LICENCE), submitted(LICENCE)
        monday.move_to("2026-03-12 09:00+08:00")
        intake.accept(first, by=post(first, "clerk"))
        assert timers.run() == 1
        second.refresh_from_db()
        assert second.state == State.REVIEWING

    def test_a_fault_in_one_case_is_left_for_the_next_run(self, monday, monkeypatch):
        broken, sound = submitted(LICENCE), submitted(LICENCE)
        monday.move_to("2026-03-12 09:00+08:00")
        paper = notices.paper

        def torn(case, *args, **facts):
            if case.number == broken.number:
                raise OSError("模板读不出来")
            return paper(case, *args, **facts)

        with monkeypatch.context() as patch:
            patch.setattr(notices, "paper", torn)
            assert timers.run() == 1
        sound.refresh_from_db()
        broken.refresh_from_db()
        assert (sound.state, broken.state) == (State.REVIEWING, State.SUBMITTED)
        assert timers.run() == 1

    def test_in_a_year_whose_holidays_nobody_has_entered_nothing_happens_on_a_guess(self, monday, settings):
        monday.move_to("2026-12-30 10:00+08:00")
        case = submitted(LICENCE)
        assert deadlines.intake(case).due.provisional
        monday.move_to("2027-01-11 10:00+08:00")
        settings.SANDBOX = False
        assert timers.run() == 0
        with pytest.raises(clock.NoCalendar, match="2027 年的放假安排还没有录入"):
            intake.accept(case, by=post(case, "clerk"))
        assert deadlines.all_of(case)[0].due.provisional, "a page may still show it"
        settings.SANDBOX = True
        assert timers.run() == 1

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_two_workers_accept_by_silence_exactly_once(self, time_machine):
        from django.conf import settings

        time_machine.move_to("2026-03-02 10:00+08:00")
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        number = submitted(LICENCE).number
        time_machine.move_to("2026-03-20 10:00+08:00")

        def work(_):
            try:
                return timers.run()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 1
        assert Entry.objects.filter(subject=number, event="case.deemed_accepted").count() == 1
        clock.forget()


class TestPauses:
    def paused(self, case, procedure="expert_review", days=7):
        return pause.pause(case, by=post(case, "reviewer"), procedure=procedure, days=days, reason="专家现场评审")

    def accepted(self, code=LICENCE, **changes):
        case = submitted(code, **changes)
        return intake.accept(case, by=post(case, "clerk"))

    def test_the_days_of_the_notice_do_not_count(self, monday):
        """domain vector: 10 working days, stopped 03-06 … 03-16 → 03-25 instead of 03-16."""
        case = self.accepted(statutory={"days": 10}, promised=None)
        assert case.statutory_due == date(2026, 3, 16)
        monday.move_to("2026-03-06 09:00+08:00")
        self.paused(case, days=6)
        assert (case.state, case.due_on, case.statutory_due) == (State.PAUSED, date(2026, 3, 16), date(2026, 3, 25))
        told = facts(case, "case.paused")
        assert (told["days"], told["until"], told["due_on"]) == (6, "2026-03-16", "2026-03-25")
        assert "第四十五条" in told["stop_basis"]

    def test_ending_sooner_gives_the_days_back(self, monday):
        case = self.accepted(statutory={"days": 10}, promised=None)
        monday.move_to("2026-03-06 09:00+08:00")
        self.paused(case, days=6)
        monday.move_to("2026-03-10 09:00+08:00")
        pause.resume(case, by=post(case, "reviewer"), result="评审通过")
        assert (case.state, case.statutory_due) == (State.REVIEWING, date(2026, 3, 19))

    def test_days_beyond_the_notice_count_and_are_seen(self, monday):
        case = self.accepted(statutory={"days": 10}, promised=None)
        monday.move_to("2026-03-06 09:00+08:00")
        self.paused(case, days=6)
        monday.move_to("2026-03-18 09:00+08:00")
        assert (timers.run(), timers.run()) == (1, 0)
        case.refresh_from_db()
        pause.resume(case, by=post(case, "reviewer"), result="评审通过")
        assert case.statutory_due == date(2026, 3, 25)
        assert "case.stop_overrun" in rows(case)

    def test_a_site_visit_stops_nothing_unless_the_item_cites_a_law(self, monday):
        with pytest.raises(ValueError, match="不能停止计时"):
            self.paused(self.accepted(), procedure="site_visit")

    def test_a_law_the_item_cites_stops_the_clock_too(self, monday):
        law = {"procedure": "site_visit", "cites": [{"law": "《某条例》", "article": "第九条"}]}
        case = self.paused(self.accepted(pauses=[law]), procedure="site_visit")
        assert facts(case, "case.paused")["stop_basis"] == "《某条例》第九条"

    def test_nobody_decides_while_it_is_paused(self, monday):
        case = self.paused(self.accepted())
        with pytest.raises(WrongState):
            review.give_opinion(case, by=post(case, "reviewer"), advice="agree", opinion="符合条件")

    def test_the_derivation_shows_the_days_that_do_not_count(self, monday):
        case = self.accepted(statutory={"days": 10}, promised=None)
        monday.move_to("2026-03-06 09:00+08:00")
        self.paused(case, days=6)
        (clock,) = [each for each in deadlines.all_of(case) if each.key == "statutory"]
        why = {day.date: day.why for day in clock.due.days}
        assert why[date(2026, 3, 6)] == why[date(2026, 3, 16)] == "暂停期间不计"

    def test_ended_late_while_no_timer_ran_it_is_still_known_to_supervision(self, monday):
        case = self.paused(intake.accept(case := submitted(LICENCE), by=post(case, "clerk")))
        due = case.statutory_due
        monday.move_to("2026-03-20 09:00+08:00")
        pause.resume(case, by=post(case, "reviewer"), result="评审迟了几天才开完")
        assert case.stops[-1]["overrun"] and case.statutory_due == due
        assert Entry.objects.get(subject=case.number, event="case.resumed").data["overrun"] is True


class TestExtensions:
    def late(self, case, days=10, by="head"):
        return extension.extend(case, by=post(case, by), days=days, reason="需要再次核实现场布局")

    def test_once_by_the_head_before_the_end_with_the_reason_told(self, monday):
        """domain vector: 2026-03-02, 20 + 10 working days → 04-14."""
        case = intake.accept(case := submitted(LICENCE), by=post(case, "clerk"))
        monday.move_to("2026-03-20 09:00+08:00")
        self.late(case)
        assert case.statutory_due == case.due_on == date(2026, 4, 14)
        told = facts(case, "case.extended")
        assert (told["before"], told["due_on"], told["days"]) == ("2026-03-30", "2026-04-14", 10)
        with pytest.raises(ValueError, match="已经延长过一次"):
            self.late(case)

    @pytest.mark.parametrize(
        ("day", "days", "by", "refusal"),
        [
            ("2026-03-20", 11, "head", "最多延长 10 个工作日"),
            ("2026-03-31", 5, "head", "法定时限已过"),
            ("2026-03-20", 5, "decider", None),
        ],
    )
    def test_not_longer_not_later_not_by_anybody(self, monday, day, days, by, refusal):
        case = intake.accept(case := submitted(LICENCE), by=post(case, "clerk"))
        monday.move_to(f"{day} 09:00+08:00")
        with pytest.raises(ValueError if refusal else PermissionDenied, match=refusal):
            self.late(case, days, by)
        assert case.extension == {}

    def test_joint_handling_has_fifteen_and_other_matters_none(self, monday):
        joint = intake.accept(case := submitted(LICENCE, joint=["区住建局"]), by=post(case, "clerk"))
        with pytest.raises(PermissionDenied):
            self.late(joint, 15)
        governor = cases.officer("区长", None, "governor")
        extension.extend(joint, by=governor, days=15, reason="几个部门还在会商")
        assert joint.extension["days"] == 15
        assert facts(joint, "case.extended")["by_government"].endswith("人民政府")
        assert Case.objects.open_to(governor).get() == joint
        other = intake.accept(case := submitted("XDP0032"), by=post(case, "clerk"))
        with pytest.raises(ValueError, match="没有规定可以延长"):
            self.late(other)


def test_terminated_is_the_end_and_says_why(monday):
    case = reviewed(submitted(LICENCE))
    pause.terminate(case, by=post(case, "decider"), reason="申请单位已经注销，主体不存在了")
    assert (case.state, case.due_on) == (State.TERMINATED, None)
    assert facts(case, "case.terminated")["reason"].startswith("申请单位已经注销")
    with pytest.raises(WrongState):
        outcome.grant(case, by=post(case, "decider"))


def test_a_case_that_is_paused_or_waits_for_corrections_can_be_withdrawn(monday):
    case = asked(submitted(LICENCE))
    assert intake.withdraw(case, by=cases.citizen()).state == State.WITHDRAWN
    assert Case.objects.get(pk=case.pk).due_on is None and whole()
