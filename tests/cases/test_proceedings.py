"""现场核查、听证、专家评审、征求意见、利害关系人、集体讨论 (行政许可法 §34, §36, §45–48)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.cases import timeline
from onewindow.cases.actions import counsel, hearings, outcome, pause, review, visits
from onewindow.cases.models import Case, Proceeding, State
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, rows
from tests.cases.test_steps import ROAD, accepted, say, step
from tests.factories import cases
from tests.factories.applications import picture

pytestmark = pytest.mark.django_db
SHORT = [ROAD[0], step("审查"), ROAD[-1]]
POINTS = [{"key": "disinfection", "text": "消毒间独立设置"}, {"key": "tools", "text": "用具一客一换"}]
GOOD = {"disinfection": ("ok", ""), "tools": ("ok", "")}


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def under(**scrutiny: object) -> Case:
    return accepted(SHORT, scrutiny=scrutiny)


def officer(case: Case, name: str):
    return cases.officer(name, case.agency_id, "reviewer")


def paper(case: Case, event: str) -> dict:
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


class TestSiteVisits:
    def arranged(self, case: Case, day: str = "2026-03-04", *names: str) -> Proceeding:
        sent = [officer(case, name).user_id for name in names or ("安娜", "伯特")]
        visits.arrange(
            case,
            by=post(case, "reviewer", "decider"),
            on=date.fromisoformat(day),
            time="09:30",
            place="桂湖中路18号",
            officers=sent,
        )
        return Proceeding.objects.get(case=case)

    def recorded(self, case: Case, found: Proceeding, **changes: object) -> Case:
        said = {
            "present": found.officers, "findings": GOOD, "conclusion": "符合卫生要求", "signed": "signed",
            "party": "王强", "witness": "",
        } | changes  # fmt: skip
        return visits.record(case, by=officer(case, "安娜"), proceeding=found.pk, **said)

    def test_one_officer_alone_is_refused(self, monday):
        case = under()
        with pytest.raises(ValueError, match="两名以上"):
            self.arranged(case, "2026-03-04", "安娜")
        found = self.arranged(case)
        monday.move_to("2026-03-04 11:00+08:00")
        with pytest.raises(ValueError, match="少于两名"):
            self.recorded(case, found, present=found.officers[:1])
        assert Proceeding.objects.get().state == "planned"

    def test_the_applicant_is_told_the_day_and_the_clock_runs_on(self, monday):
        case = under()
        before = case.statutory_due
        self.arranged(case)
        told = paper(case, "case.visit_arranged")
        assert ["核查人员", "伯特、安娜"] in told["rows"] or ["核查人员", "安娜、伯特"] in told["rows"]
        assert (told["title"], told["answer_by"]) == ("现场核查通知书", "2026-03-04")
        assert (case.state, case.statutory_due) == (State.REVIEWING, before)

    def test_the_record_says_point_by_point_what_was_seen_and_who_signed(self, monday):
        case = under(check_points=POINTS)
        found = self.arranged(case)
        visits.add_photo(case, found, "tools", picture(officer(case, "安娜")), by=officer(case, "安娜"))
        monday.move_to("2026-03-04 11:00+08:00")
        with pytest.raises(ValueError, match="用具一客一换"):
            self.recorded(case, found, findings={"disinfection": ("ok", "")})
        with pytest.raises(ValueError, match="现场看到的情况"):
            self.recorded(case, found, findings=GOOD | {"tools": ("fault", "")})
        with pytest.raises(ValueError, match="见证人"):
            self.recorded(case, found, signed="refused")
        self.recorded(
            case, found, findings=GOOD | {"tools": ("fault", "毛巾混放")}, signed="refused", witness="社区干部刘洋"
        )
        said = dict(paper(case, "case.visit_recorded")["rows"])
        assert said["1. 消毒间独立设置"] == "符合" and said["2. 用具一客一换"] == "不符合：毛巾混放"
        assert said["当事人"] == "王强（拒绝签字，见证人：社区干部刘洋）"
        assert said["照片 1"].startswith("用具一客一换（SHA-256 ")
        assert Proceeding.objects.get().conclusion == "1 项不符合"

    def test_only_who_was_sent_records_and_photographs_and_only_once(self, monday):
        case = under()
        found = self.arranged(case, "2026-03-02")
        stranger = officer(case, "外人")
        with pytest.raises(PermissionDenied):
            visits.add_photo(case, found, "", picture(stranger), by=stranger)
        self.recorded(case, found, findings={"whole": ("ok", "")})
        found.refresh_from_db()
        with pytest.raises(WrongState):
            visits.add_photo(case, found, "", picture(stranger), by=officer(case, "安娜"))
        with pytest.raises(WrongState, match="已完成"):
            self.recorded(case, found, findings={"whole": ("ok", "")})

    def test_a_pdf_is_no_photograph(self, monday):
        case = under()
        found = self.arranged(case)
        file = picture(officer(case, "安娜"))
        File.objects.filter(pk=file.pk).update(mime="application/pdf")
        file.refresh_from_db()
        with pytest.raises(FileRefused, match="只能上传照片"):
            visits.add_photo(case, found, "", file, by=officer(case, "安娜"))

    def test_where_the_guide_demands_it_no_grant_without_the_record(self, monday):
        case = under(visit_when="route == 'ordinary'")
        say(case, post(case, "reviewer"))
        with pytest.raises(ValueError, match="还没有核查笔录"):
            outcome.grant(case, by=post(case, "decider"))
        self.recorded(case, self.arranged(case, "2026-03-02"), findings={"whole": ("ok", "")})
        assert outcome.grant(case, by=post(case, "decider")).state == State.DECIDED

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_two_officers_who_hand_in_the_record_at_once_make_one(self, time_machine, settings):
        time_machine.move_to("2026-03-02 10:00+08:00")
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        case = under()
        found, barrier = self.arranged(case, "2026-03-02"), Barrier(2)
        names = {"安娜": officer(case, "安娜"), "伯特": officer(case, "伯特")}

        def hand_in(name: str) -> bool:
            try:
                own = Case.objects.select_related("version", "item", "agency", "site", "mandate__agent").get(pk=case.pk)
                barrier.wait()
                visits.record(
                    own, by=names[name], proceeding=found.pk, present=found.officers, conclusion="符合要求",
                    findings={"whole": ("ok", "")}, signed="signed", party="王强",
                )  # fmt: skip
                return True
            except Conflict:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(hand_in, names)) == 1
        assert rows(case).count("case.visit_recorded") == 1
        clock.forget()


class TestHearings:
    def told(self, case: Case) -> Proceeding:
        hearings.tell(case, by=post(case, "reviewer"), matter="拟不予许可，关系到申请人的经营")
        return Proceeding.objects.get(case=case)

    def plan(self, case: Case, found: Proceeding | None, day: str, chair: str = "赵主持") -> Case:
        leader = cases.officer(chair, case.agency_id, "manager")
        return hearings.schedule(
            case, by=post(case, "reviewer", "decider"), proceeding=found and found.pk, on=date.fromisoformat(day),
            time="10:00", place="政务中心三楼听证室", chair=leader.user_id, clerk="钱记录",
        )  # fmt: skip

    def held(self, case: Case, found: Proceeding, by: str = "赵主持") -> Case:
        return hearings.hold(
            case, by=cases.officer(by, case.agency_id), proceeding=found.pk, attended="李秀英、审查人员杨帆",
            minutes="申请人陈述已整改，提交照片两张；审查人员无异议。", conclusion="整改属实，建议准予", 
            signed="全部签字",
        )  # fmt: skip

    def test_from_the_right_told_to_the_decision_that_follows_the_minutes(self, monday):
        """03-02 told; apply by 03-09; asked 03-04, held by 04-01; notice 03-05 for 03-16 at the earliest."""
        case = under(hearing="offered")
        found = self.told(case)
        assert found.on == date(2026, 3, 9)
        assert paper(case, "case.hearing_told")["answer_by"] == "2026-03-09"
        monday.move_to("2026-03-04 10:00+08:00")
        hearings.ask(case, by=cases.citizen(), proceeding=found.pk)
        found.refresh_from_db()
        assert (found.state, found.on) == ("asked", date(2026, 4, 1))
        monday.move_to("2026-03-05 10:00+08:00")
        with pytest.raises(ValueError, match="最早 2026年3月16日"):
            self.plan(case, found, "2026-03-13")
        with pytest.raises(ValueError, match="最迟 2026年4月1日"):
            self.plan(case, found, "2026-04-02")
        due = case.statutory_due
        self.plan(case, found, "2026-03-16")
        assert (case.state, case.stops[-1]["until"], case.statutory_due) == (
            State.PAUSED,
            "2026-03-16",
            date(2026, 4, 10),
        )
        assert due == date(2026, 3, 30)
        assert rows(case)[-2:] == ["case.hearing_scheduled", "case.paused"]
        monday.move_to("2026-03-16 15:00+08:00")
        found.refresh_from_db()
        self.held(case, found)
        assert (case.state, rows(case)[-2:]) == (State.REVIEWING, ["case.hearing_held", "case.resumed"])
        assert "应当根据听证笔录" in paper(case, "case.hearing_held")["body"][0]
        say(case, post(case, "reviewer"))
        assert outcome.grant(case, by=post(case, "decider")).state == State.DECIDED

    def test_the_chair_is_none_of_the_reviewers_and_does_not_review_later(self, monday):
        case = under()
        say(case, cases.officer("赵主持", case.agency_id, "reviewer"))
        found = self._asked(case)
        with pytest.raises(ValueError, match="不能主持听证"):
            self.plan(case, found, "2026-03-12")
        self.plan(case, found, "2026-03-12", "孙主持")
        chair = cases.officer("孙主持", case.agency_id, "decider")
        monday.move_to("2026-03-12 15:00+08:00")
        found.refresh_from_db()
        with pytest.raises(PermissionDenied):
            pause.terminate(case, by=chair, reason="主持人不能再参加审查和决定")
        assert self.held(case, found, "孙主持").state == State.DECIDING

    def _asked(self, case: Case) -> Proceeding:
        hearings.tell(case, by=post(case, "decider"), matter="拟不予许可，关系到申请人的经营")
        found = Proceeding.objects.get(case=case)
        hearings.ask(case, by=cases.citizen(), proceeding=found.pk)
        found.refresh_from_db()
        return found

    def test_nothing_is_decided_while_the_right_runs_or_the_hearing_is_due(self, monday):
        case = under(hearing="offered")
        say(case, post(case, "reviewer"))
        decide = {"by": post(case, "decider"), "reason": "经营场所不具备独立的消毒间。"}
        with pytest.raises(ValueError, match="告知听证的权利，还没有办"):
            outcome.deny(case, **decide)
        hearings.tell(case, by=post(case, "decider"), matter="拟不予许可，关系到申请人的经营")
        monday.move_to("2026-03-09 10:00+08:00")
        with pytest.raises(ValueError, match="听证还没有结束"):
            outcome.deny(case, **decide)
        monday.move_to("2026-03-10 10:00+08:00")
        with pytest.raises(ValueError, match="期限已过"):
            hearings.ask(case, by=cases.citizen(), proceeding=Proceeding.objects.get().pk)
        assert outcome.deny(case, **decide).state == State.DECIDED

    def test_who_waives_the_hearing_need_not_wait(self, monday):
        case = under(hearing="offered")
        found = self.told(case)
        with pytest.raises(PermissionDenied):
            hearings.waive(case, by=post(case, "reviewer"), proceeding=found.pk)
        hearings.waive(case, by=cases.citizen(), proceeding=found.pk)
        say(case, post(case, "reviewer"))
        assert outcome.grant(case, by=post(case, "decider")).state == State.DECIDED

    def test_where_the_law_demands_it_a_hearing_is_held_without_being_asked_for(self, monday):
        case = under(hearing="required")
        self.plan(case, None, "2026-03-11")
        assert Proceeding.objects.get().state == "planned"

    def test_elsewhere_somebody_has_to_ask_for_it(self, monday):
        with pytest.raises(ValueError, match="还没有人申请"):
            self.plan(under(), None, "2026-03-11")

    def test_minutes_only_by_the_chair_and_not_before_the_day(self, monday):
        case = under()
        found = self._asked_in_review(case)
        self.plan(case, found, "2026-03-11")
        found.refresh_from_db()
        with pytest.raises(ValueError, match="还没有到"):
            self.held(case, found)
        monday.move_to("2026-03-11 15:00+08:00")
        with pytest.raises(ValueError, match="主持人提交"):
            self.held(case, found, cases.officer("别人", case.agency_id, "reviewer").name)

    def _asked_in_review(self, case: Case) -> Proceeding:
        found = self.told(case)
        hearings.ask(case, by=cases.citizen(), proceeding=found.pk)
        found.refresh_from_db()
        return found


class TestWordsOfOthers:
    def test_another_organ_answers_and_the_clock_runs_on(self, monday):
        case = under()
        before = case.statutory_due
        fire, health = cases.officer("消防", "ZJJ", "reviewer"), cases.officer("卫生", "WJJ", "reviewer")
        assert not Case.objects.open_to(fire).exists()
        counsel.consult(case, by=post(case, "reviewer"), agency="ZJJ", question="该址是否符合消防要求", days=5)
        found = Proceeding.objects.get()
        assert (found.on, case.statutory_due) == (date(2026, 3, 9), before)
        assert Case.objects.open_to(fire).get() == case
        assert list(Proceeding.objects.coming_up(fire)) == [found]
        with pytest.raises(PermissionDenied):
            counsel.answer(case, by=health, proceeding=found.pk, advice="agree", opinion="同意该项申请")
        counsel.answer(case, by=fire, proceeding=found.pk, advice="disagree", opinion="疏散通道宽度不足")
        found.refresh_from_db()
        assert (found.state, found.conclusion) == ("done", "不同意")
        shown = [event.event for event in timeline.of(case)]
        assert "case.consulted" not in shown and "case.consultation_answered" not in shown

    def test_an_answer_that_does_not_come_holds_nothing_up_after_its_day(self, monday):
        case = under()
        counsel.consult(case, by=post(case, "reviewer"), agency="ZJJ", question="该址是否符合消防要求", days=2)
        say(case, post(case, "reviewer"))
        with pytest.raises(ValueError, match="征求意见还没有结束"):
            outcome.grant(case, by=post(case, "decider"))
        monday.move_to("2026-03-05 10:00+08:00")
        assert outcome.grant(case, by=post(case, "decider")).state == State.DECIDED

    def test_third_parties_are_told_and_heard(self, monday):
        case = under()
        counsel.tell_third_party(
            case,
            by=post(case, "reviewer"),
            name="桂湖小区业主委员会",
            contact="",
            interest="油烟直接影响相邻住户的居住",
            days=5,
        )
        told = paper(case, "case.third_party_told")
        assert told["to"] == "桂湖小区业主委员会" and "第三十六条" in told["body"][0]
        found = Proceeding.objects.get()
        counsel.hear_third_party(
            case, by=post(case, "reviewer"), proceeding=found.pk, statement="担心夜间噪声", answer="采纳，要求夜间停业"
        )
        found.refresh_from_db()
        assert found.state == "done"

    def test_an_expert_review_stops_the_clock_until_its_record(self, monday):
        case = under()
        counsel.convene_experts(
            case,
            by=post(case, "reviewer"),
            on=date(2026, 3, 6),
            place="",
            matter="通风系统方案",
            experts="李工，暖通，设计院",
        )
        assert (case.state, case.statutory_due) == (State.PAUSED, date(2026, 4, 3))
        monday.move_to("2026-03-04 10:00+08:00")
        found = Proceeding.objects.get()
        counsel.record_experts(
            case, by=post(case, "reviewer"), proceeding=found.pk, advice="agree", opinion="方案可行，建议加装新风"
        )
        assert (case.state, case.statutory_due) == (State.REVIEWING, date(2026, 4, 1))
        assert paper(case, "case.experts_heard")["title"] == "专家评审意见书"


class TestDiscussion:
    def discussed(
        self, case: Case, decision: str = "grant", opinions: str = "李明：同意\n王芳：同意\n赵刚：保留意见"
    ) -> Case:
        return counsel.discuss(
            case, by=post(case, "decider"), on=clock.today(), place="", chair="李明", opinions=opinions,
            decision=decision, reasons="多数意见认为符合条件",
        )  # fmt: skip

    def test_where_the_guide_demands_it_nothing_is_decided_before(self, monday):
        case = under(collective=True)
        say(case, post(case, "reviewer"))
        decider = post(case, "decider")
        with pytest.raises(ValueError, match="应当集体讨论"):
            outcome.grant(case, by=decider)
        with pytest.raises(ValueError, match="至少 3 人"):
            self.discussed(case, opinions="李明：同意\n王芳：同意")
        self.discussed(case)
        with pytest.raises(ValueError, match="结论是“准予”"):
            outcome.deny(case, by=decider, reason="经营场所不具备独立的消毒间。")
        assert outcome.grant(case, by=decider).state == State.DECIDED
        assert "case.discussed" not in [event.event for event in timeline.of(case)]

    def test_to_decide_otherwise_they_discuss_again(self, monday):
        case = under()
        say(case, post(case, "reviewer"))
        self.discussed(case, "deny")
        with pytest.raises(ValueError, match="结论是“不予”"):
            outcome.grant(case, by=post(case, "decider"))
        self.discussed(case, "grant")
        assert outcome.grant(case, by=post(case, "decider")).state == State.DECIDED


def test_nothing_is_begun_before_acceptance_or_by_a_stranger(monday):
    case = under()
    with pytest.raises(PermissionDenied):
        counsel.consult(case, by=cases.officer("外", "MZJ", "reviewer"), agency="ZJJ", question="是否符合消防", days=5)
    with pytest.raises(PermissionDenied):
        review.give_opinion(case, by=cases.citizen(), advice="agree", opinion="同意")
