"""容缺受理: what may come later, until when, what waits for it, and what follows when it does not come."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts import credit
from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, readiness, timers
from onewindow.cases.actions import correction, drafts, gap, intake, outcome, review
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, rows
from tests.factories import applications, cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"  # 卫生管理制度 may come within 15 working days; a broken promise is recorded for 12 months
LATER = Promised(gaps=True)


@pytest.fixture
def monday(calendar, time_machine):
    """Monday 2 March 2026: no holiday before Qingming on 6 April."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def lacking(code=LICENCE, **changes):
    return applications.fill(cases.draft(flagship(code, **changes)), cases.citizen(), lacking=True)


def accepted(**changes):
    case = intake.submit(lacking(**changes), by=cases.citizen(), promised=LATER)
    return intake.accept(case, by=post(case, "clerk"))


def reviewed(case):
    while case.state == State.REVIEWING:
        review.give_opinion(case, by=post(case, "reviewer"), advice="agree", opinion="符合条件")
    return case


def later(case, by=None):
    by = by or cases.citizen()
    return gap.hand_in(case, by=by, material="rules", file=applications.picture(by))


def paper(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


class TestThePromise:
    def test_without_a_promise_the_paper_is_missing_like_any_other(self, monday):
        case = lacking()
        assert readiness.check(case).is_ready
        with pytest.raises(readiness.NotReady, match="“公共场所卫生管理制度”还没有交。可以勾选容缺承诺"):
            intake.submit(case, by=cases.citizen())
        assert case.state == State.DRAFT

    def test_the_letter_says_what_is_lacking_until_when_and_what_follows(self, monday):
        case = intake.submit(lacking(), by=cases.citizen(), promised=LATER)
        told = paper(case, "case.submitted")
        assert (told["title"], told["gap_days"]) == ("容缺受理承诺书", 15)
        assert [each["name"] for each in told["gaps"]] == ["公共场所卫生管理制度"]
        assert "视为撤回" in told["gap_consequence"] and "12 个月" in told["gap_consequence"]
        assert "逾期不补，视为撤回申请" in told["sentences"][0]

    def test_a_main_paper_is_never_promised(self, monday):
        case = lacking()
        citizen = cases.citizen()
        drafts.remove_paper(case, case.papers.get(material="plans"), by=citizen)
        with pytest.raises(readiness.NotReady, match="平面图"):
            intake.submit(case, by=citizen, promised=LATER)

    def test_an_optional_paper_is_neither_asked_nor_promised(self, monday):
        materials = flagship(LICENCE).guide.model_dump(mode="json")["materials"]
        for each in materials:
            each["necessity"] = "optional" if each["key"] == "rules" else each["necessity"]
        case = lacking("XDA0212", materials=materials)
        assert intake.submit(case, by=cases.citizen()).gaps == {}

    def test_a_whole_file_promises_nothing(self, monday):
        case = applications.fill(cases.draft(flagship(LICENCE)), cases.citizen())
        intake.submit(case, by=cases.citizen(), promised=LATER)
        assert case.gaps == {} and "paper" not in Entry.objects.get(subject=case.number, event="case.submitted").data


class TestAcceptedWithGaps:
    def test_the_clock_runs_and_the_acceptance_lists_gap_day_and_consequence(self, monday):
        case = accepted()
        told = paper(case, "case.accepted")
        assert case.statutory_due == date(2026, 3, 30)
        assert deadlines.gap(case).date == date(2026, 3, 23)
        assert (told["title"], told["gap_until"]) == ("受理通知书（容缺受理）", "2026-03-23")
        assert told["gaps"][0]["name"] == "公共场所卫生管理制度" and "视为撤回" in told["gap_consequence"]

    @pytest.mark.parametrize("decide", ["grant", "deny"])
    def test_nothing_is_decided_while_a_paper_is_lacking(self, monday, decide):
        case = reviewed(accepted())
        more = {"reason": "卫生设施不符合标准的要求"} if decide == "deny" else {}
        with pytest.raises(WrongState, match="容缺的材料“公共场所卫生管理制度”没有补交"):
            getattr(outcome, decide)(case, by=post(case, "decider"), **more)
        assert case.state == State.DECIDING and not case.outcome

    def test_handed_in_later_it_closes_the_gap_and_has_a_receipt(self, monday):
        case = reviewed(accepted())
        monday.move_to("2026-03-20 16:00+08:00")
        later(case)
        assert case.open_gaps == [] and case.gap_on is None
        assert next(each for each in deadlines.all_of(case) if each.key == "gap").done == date(2026, 3, 20)
        assert paper(case, "case.gap_filled")["papers"] == [
            {"name": "公共场所卫生管理制度", "count": 1, "form": "电子"}
        ]
        assert outcome.grant(case, by=post(case, "decider")).outcome == "granted"

    def test_the_window_registers_the_paper_it_has_seen(self, monday):
        case = accepted()
        gap.hand_in(case, by=post(case, "clerk"), material="rules", paper_form="copy")
        kept = case.papers.get(material="rules")
        assert (kept.file, kept.paper_form) == (None, "copy")

    def test_neither_stranger_nor_reviewer_hands_it_in_and_an_applicant_needs_a_file(self, monday):
        case = accepted()
        with pytest.raises(PermissionDenied):
            later(case, by=cases.citizen("chen", name="陈静", number="510125199208093048"))
        with pytest.raises(PermissionDenied):
            gap.hand_in(case, by=post(case, "reviewer"), material="rules")
        with pytest.raises(ValueError, match="请选择"):
            gap.hand_in(case, by=cases.citizen(), material="rules")

    def test_twice_is_once(self, monday):
        case = accepted()
        same = Case.objects.get(pk=case.pk)
        later(case)
        with pytest.raises(Conflict):
            later(same)
        assert rows(case).count("case.gap_filled") == 1 and case.papers.filter(material="rules").count() == 1

    def test_what_came_with_the_correction_is_lacking_no_more(self, monday):
        case = intake.submit(lacking(), by=cases.citizen(), promised=LATER)
        correction.ask_for_corrections(
            case, by=post(case, "clerk"), remarks=[{"on": "material:plans", "text": "图上没有标面积，请标出"}]
        )
        for key in ("plans", "rules"):
            drafts.add_paper(case, key, applications.picture(cases.citizen()), by=cases.citizen())
        correction.hand_in_corrections(case, by=cases.citizen())
        intake.accept(case, by=post(case, "clerk"))
        assert case.open_gaps == [] and "gaps" not in paper(case, "case.accepted")

    def test_acceptance_by_silence_gives_the_days_from_the_day_it_is_told(self, monday):
        case = intake.submit(lacking(), by=cases.citizen(), promised=LATER)
        monday.move_to("2026-03-10 00:05+08:00")
        assert timers.run() == 1
        case.refresh_from_db()
        assert deadlines.on(case.accepted_at) == date(2026, 3, 2)
        assert deadlines.gap(case).date == date(2026, 3, 31)


class TestByItself:
    def test_two_reminders_then_it_counts_as_withdrawn(self, monday):
        """15 working days from Monday 2 March: half is the 12th, the day before the end the 20th, the end the 23rd."""
        case = reviewed(accepted())
        for day, moved in (
            ("2026-03-11 23:05", 0), ("2026-03-12 00:05", 1), ("2026-03-12 01:05", 0), ("2026-03-19 23:05", 0),
            ("2026-03-20 00:05", 1), ("2026-03-23 23:05", 0), ("2026-03-24 00:05", 1), ("2026-03-24 01:05", 0),
        ):  # fmt: skip
            monday.move_to(f"{day}+08:00")
            assert timers.run() == moved, day
        case.refresh_from_db()
        assert (case.state, case.due_on, case.gap_on) == (State.WITHDRAWN, None, None)
        assert rows(case)[-3:] == ["case.gap_reminded", "case.gap_reminded", "case.gap_lapsed"]
        told = paper(case, "case.gap_lapsed")
        assert told["title"] == "视为撤回通知书" and told["gap_until"] == "2026-03-23"
        assert "公共场所地址方位示意图、平面图和卫生设施平面布局图" in [each["name"] for each in told["papers"]]

    def test_a_worker_that_slept_over_the_first_reminder_sends_one_not_two(self, monday):
        case = accepted()
        monday.move_to("2026-03-21 09:00+08:00")
        assert (timers.run(), timers.run()) == (1, 0)
        assert rows(case).count("case.gap_reminded") == 1

    def test_after_the_day_nothing_can_be_handed_in(self, monday):
        case = accepted()
        monday.move_to("2026-03-24 00:01+08:00")
        with pytest.raises(WrongState, match="期限已过"):
            later(case)

    def test_who_handed_in_is_neither_reminded_nor_withdrawn(self, monday):
        case = accepted()
        later(case)
        monday.move_to("2026-04-30 09:00+08:00")
        assert timers.run() == 0 and Case.objects.get(pk=case.pk).state == State.REVIEWING

    def test_the_record_only_where_the_item_says_so(self, monday):
        silent, kept = accepted(gaps={"days": 15}), None
        monday.move_to("2026-03-24 00:05+08:00")
        timers.run()
        assert CreditRecord.objects.count() == 0
        monday.move_to("2026-03-25 10:00+08:00")
        again = lacking("XDA0212", gaps={"days": 5, "record_months": 12})
        case = intake.accept(intake.submit(again, by=cases.citizen(), promised=LATER), by=post(again, "clerk"))
        monday.move_to("2026-04-02 00:05+08:00")
        timers.run()
        kept = CreditRecord.objects.get()
        assert (kept.case_number, kept.ground, kept.until) == (case.number, "gap", date(2027, 4, 2))
        assert kept.person_id == case.person_id and silent.number != case.number


class TestCredit:
    def test_who_has_an_open_record_hands_everything_in(self, monday):
        case = lacking()
        credit.record(
            person=case.person, organisation=None, agency=case.agency, ground="gap", happened="容缺材料没补", months=12,
            by=post(case, "head"),
        )  # fmt: skip
        assert not readiness.check(case).is_ready
        with pytest.raises(readiness.NotReady, match=r"没有修复的失信记录.*信用修复"):
            intake.submit(case, by=cases.citizen(), promised=LATER)
        drafts.add_paper(case, "rules", applications.picture(cases.citizen()), by=cases.citizen())
        assert intake.submit(case, by=cases.citizen()).state == State.SUBMITTED

    def test_who_broke_a_word_before_acceptance_is_not_taken_at_another(self, monday):
        case = intake.submit(lacking(), by=cases.citizen(), promised=LATER)
        silent = intake.submit(lacking(), by=cases.citizen(), promised=LATER)
        credit.record(
            person=case.person, organisation=None, agency=case.agency, ground="gap", happened="别的办件容缺没补",
            months=12, by=post(case, "head"),
        )  # fmt: skip
        with pytest.raises(ValueError, match=r"失信记录.*请告知补正"):
            intake.accept(case, by=post(case, "clerk"))
        remarks = [{"on": "material:rules", "text": "有失信记录，不能容缺，请交齐"}]
        correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=remarks)
        drafts.add_paper(case, "rules", applications.picture(cases.citizen()), by=cases.citizen())
        correction.hand_in_corrections(case, by=cases.citizen())
        assert intake.accept(case, by=post(case, "clerk")).open_gaps == []
        monday.move_to("2026-03-10 10:00+08:00")
        timers.run()
        silent.refresh_from_db()
        assert silent.state == State.REVIEWING, "what silence brings about is not taken away"

    def test_repaired_or_over_it_bars_nobody(self, monday):
        case, head = lacking(), None
        head = post(case, "head")
        kept = credit.record(
            person=case.person, organisation=None, agency=case.agency, ground="gap", happened="容缺材料没补", months=1,
            by=head,
        )  # fmt: skip
        monday.move_to("2026-04-03 10:00+08:00")
        assert credit.barring(case.person_id, None) is None
        monday.move_to("2026-03-03 10:00+08:00")
        assert credit.barring(case.person_id, None) == kept
        credit.repair(kept, "材料已经补齐并作出书面说明", by=head)
        assert intake.submit(case, by=cases.citizen(), promised=LATER).state == State.SUBMITTED


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_remind_and_withdraw_once(monday):
    case = accepted()

    def work(_):
        try:
            return timers.run()
        finally:
            connection.close()

    for day, event in (("2026-03-12 00:05", "case.gap_reminded"), ("2026-03-24 00:05", "case.gap_lapsed")):
        monday.move_to(f"{day}+08:00")
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 1
        assert rows(case).count(event) == 1
    assert CreditRecord.objects.filter(case_number=case.number).count() == 1


def test_together_with_a_promise_of_the_whole_the_day_on_the_spot_comes_with_the_last_paper(monday):
    case = cases.draft(flagship(LICENCE))
    drafts.save_answers(case, {"route": "promise"}, by=cases.citizen())
    case = applications.fill(case, cases.citizen(), lacking=True)
    intake.submit(case, by=cases.citizen(), promised=Promised(gaps=True, licence=True))
    intake.accept(case, by=post(case, "clerk"))
    assert case.by_promise and case.promised_due is None and case.due_on == case.statutory_due
    monday.move_to("2026-03-05 10:00+08:00")
    later(case)
    assert case.promised_due == case.due_on == date(2026, 3, 5)
    assert not case.is_overdue
