"""Steps that run at once, other agencies' steps, and which officer of the post has the case (岗)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from onewindow.accounts import standing_in
from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import from_user
from onewindow.cases import deadlines, steps
from onewindow.cases.actions import extension, holding, intake, outcome, review
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.models import Entry
from onewindow.web.desk.worklist import waiting_for
from tests.cases.conftest import post, rows, submitted
from tests.factories import cases
from tests.factories.catalogue import agency

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"


def step(name: str, **more: object) -> dict[str, object]:
    return {"key": "review", "name": name, "post": "reviewer", "days": 2} | more


ROAD = [
    {"key": "accept", "name": "受理", "post": "clerk"},
    step("材料审查"),
    step("消防审查", group="会审", agency="ZJJ", days=3),
    step("卫生审查", group="会审", agency="WJJ"),
    step("窗口复核", post="clerk", days=0.5),
    {"key": "decide", "name": "决定", "post": "decider"},
]


def accepted(road: list[dict[str, object]] = ROAD, **changes: object) -> Case:
    for code in ("ZJJ", "WJJ", "MZJ"):
        agency(code)
    case = submitted(LICENCE, steps=road, **changes)
    return intake.accept(case, by=post(case, "clerk"))


def say(case: Case, by, **more: str) -> Case:
    return review.give_opinion(case, by=by, advice="agree", opinion="符合条件", **more)


def open_names(case: Case) -> list[str]:
    return [each["name"] for each in case.open_steps]


def waits(by) -> list[str]:
    return list(Case.objects.filter(waiting_for(by)).values_list("number", flat=True))


class TestAtOnce:
    def test_the_case_goes_on_when_all_of_the_group_have_said_so(self, calendar):
        case = accepted()
        fire, health = cases.officer("消防", "ZJJ", "reviewer"), cases.officer("卫生", "WJJ", "reviewer")
        assert open_names(case) == ["材料审查"] and waits(fire) == []
        say(case, post(case, "reviewer"))
        assert open_names(case) == ["消防审查", "卫生审查"]
        assert waits(fire) == waits(health) == [case.number]
        say(case, health)
        assert (open_names(case), case.state, waits(health)) == (["消防审查"], State.REVIEWING, [])
        say(case, fire)
        assert open_names(case) == ["窗口复核"]
        say(case, post(case, "clerk"))
        assert (case.state, open_names(case)) == (State.DECIDING, ["决定"])
        outcome.grant(case, by=post(case, "decider"))
        said = [each.data["step"] for each in Entry.objects.filter(subject=case.number, event="case.reviewed")]
        assert sorted(said) == ["卫生审查", "材料审查", "消防审查", "窗口复核"]

    def test_each_step_has_its_own_clock(self, calendar, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00")
        case = accepted()
        time_machine.move_to("2026-03-04 10:00+08:00")
        say(case, post(case, "reviewer"))
        clocks = {each.title: each.date for each in deadlines.all_of(case) if each.key.startswith("review-")}
        assert clocks == {"环节：消防审查": date(2026, 3, 9), "环节：卫生审查": date(2026, 3, 6)}

    def test_the_other_agency_sees_the_case_and_its_own_step_only_may_be_signed(self, calendar):
        case = accepted()
        fire = cases.officer("消防", "ZJJ", "reviewer")
        assert Case.objects.open_to(fire).filter(pk=case.pk).exists()
        assert not Case.objects.open_to(cases.officer("别局", "MZJ", "reviewer")).exists()
        with pytest.raises(PermissionDenied):
            say(case, fire)  # the first step is not theirs
        say(case, post(case, "reviewer"))
        with pytest.raises(Conflict, match="已经签过了，或者由别人办理"):
            say(case, fire, step="review-2")
        with pytest.raises(PermissionDenied):
            extension.extend(case, by=fire, days=1, reason="现场需要再次核实")

    def test_of_two_steps_at_one_post_the_officer_names_which(self, calendar):
        case = accepted([ROAD[0], step("图纸", group="a"), step("检测", group="a"), ROAD[-1]])
        say(case, post(case, "reviewer"), step="review-1")
        assert open_names(case) == ["图纸"]

    def test_steps_of_two_groups_do_not_mix(self, calendar):
        case = accepted([ROAD[0], step("一", group="a"), step("二", group="b"), step("三"), step("四"), ROAD[-1]])
        for name in ("一", "二", "三", "四"):
            assert open_names(case) == [name]
            say(case, post(case, "reviewer"))
        assert case.state == State.DECIDING

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_of_two_officers_who_sign_one_step_at_once_one_signs(self, time_machine, settings):
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        case = accepted([ROAD[0], step("图纸", group="a"), step("检测", group="a"), ROAD[-1]])
        officers = [cases.officer(f"审查{n}", case.agency_id, "reviewer") for n in range(4)]
        barrier = Barrier(4)

        def sign(by) -> bool:
            try:
                own = Case.objects.select_related("version", "item", "agency", "site", "mandate__agent").get(pk=case.pk)
                barrier.wait()
                say(own, by, step="review-0")
                return True
            except Conflict:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(sign, officers)) == 1
        case.refresh_from_db()
        assert (open_names(case), rows(case).count("case.reviewed")) == (["检测"], 1)
        clock.forget()


class TestHands:
    @pytest.fixture
    def case(self, calendar, time_machine) -> Case:
        time_machine.move_to("2026-03-02 10:00+08:00")
        return accepted()

    @pytest.fixture
    def anna(self, case):
        return cases.officer("安娜", case.agency_id, "reviewer")

    @pytest.fixture
    def bert(self, case):
        return cases.officer("伯特", case.agency_id, "reviewer")

    def test_what_one_has_taken_on_the_others_do_not_sign(self, case, anna, bert):
        holding.claim(case, by=anna)
        assert waits(anna) == [case.number] and waits(bert) == []
        with pytest.raises(PermissionDenied):
            say(case, bert)
        holding.release(case, by=anna)
        assert waits(bert) == [case.number]
        say(case, bert)
        assert rows(case)[-3:] == ["case.claimed", "case.released", "case.reviewed"]

    def test_handed_over_with_a_reason_it_stands_on_the_others_list(self, case, anna, bert):
        holding.claim(case, by=anna)
        with pytest.raises(ValueError, match="原因"):
            holding.hand_over(case, by=anna, to=f"review-0:{bert.user_id}", reason="忙")
        with pytest.raises(ValueError, match="只能交给这个岗位"):
            holding.hand_over(case, by=anna, to=f"review-0:{post(case, 'decider').user_id}", reason="明天出差")
        holding.hand_over(case, by=anna, to=f"review-0:{bert.user_id}", reason="明天出差")
        assert waits(anna) == [] and waits(bert) == [case.number]
        assert case.open_steps[0]["note"] == "安娜移交：明天出差"
        row = Entry.objects.get(subject=case.number, event="case.handed_over")
        assert (row.data["who"], row.data["reason"]) == ("交给伯特", "明天出差")

    def test_the_head_may_move_what_a_sick_colleague_holds(self, case, anna, bert):
        holding.claim(case, by=anna)
        holding.hand_over(case, by=post(case, "head"), to=f"review-0:{bert.user_id}", reason="安娜生病住院")
        assert case.open_steps[0]["user"] == bert.user_id

    def test_b_signs_what_a_holds_only_while_a_is_away(self, case, anna, bert, time_machine):
        holding.claim(case, by=anna)
        user, backup = User.objects.get(pk=anna.user_id), User.objects.get(pk=bert.user_id)
        standing_in.name_backup(user.posts.get(), backup, by=post(case, "head"))
        assert waits(from_user(backup)) == []
        standing_in.be_away(user, date(2026, 3, 3), date(2026, 3, 4), by=anna, reason="培训")
        assert waits(from_user(backup)) == []
        time_machine.move_to("2026-03-04 10:00+08:00")
        bert = from_user(backup)
        assert waits(bert) == [case.number]
        time_machine.move_to("2026-03-05 10:00+08:00")
        assert waits(from_user(backup)) == []
        time_machine.move_to("2026-03-04 10:00+08:00")
        assert say(case, bert).state == State.REVIEWING

    def test_a_b_without_a_post_of_the_kind_works_at_as_post_meanwhile(self, case, anna):
        clerk = post(case, "clerk")
        user, backup = User.objects.get(pk=anna.user_id), User.objects.get(pk=clerk.user_id)
        standing_in.name_backup(user.posts.get(), backup, by=post(case, "manager"))
        away = standing_in.be_away(user, date(2026, 3, 2), date(2026, 3, 6), by=anna)
        assert from_user(backup).has_at(case.agency_id, "reviewer")
        standing_in.be_back(away, by=anna)
        assert not from_user(backup).has_at(case.agency_id, "reviewer")

    def test_only_oneself_or_who_directs_writes_down_an_absence(self, case, anna, bert):
        user = User.objects.get(pk=anna.user_id)
        today = clock.today()
        with pytest.raises(PermissionDenied):
            standing_in.be_away(user, today, today, by=bert)
        with pytest.raises(PermissionDenied):
            standing_in.name_backup(user.posts.get(), None, by=bert)
        with pytest.raises(ValidationError, match="同一部门"):
            stranger = User.objects.get(pk=cases.officer("外人", "MZJ", "reviewer").user_id)
            standing_in.name_backup(user.posts.get(), stranger, by=post(case, "head"))
        standing_in.be_away(user, today, today, by=post(case, "manager"))
        with pytest.raises(ValidationError, match="已经登记过"):
            standing_in.be_away(user, today, today, by=anna)

    def test_who_declares_an_interest_lets_go_and_acts_no_more(self, case, anna, bert):
        holding.claim(case, by=anna)
        holding.recuse(case, by=anna, reason="申请人是我的表姐")
        assert waits(anna) == [] and waits(bert) == [case.number]
        for act in (say, lambda case, by: holding.claim(case, by=by)):
            with pytest.raises(PermissionDenied):
                act(case, anna)
        with pytest.raises(ValueError, match="只能交给"):
            holding.hand_over(case, by=bert, to=f"review-0:{anna.user_id}", reason="请您来办")
        assert Case.objects.open_to(anna).exists()

    def test_a_clerks_claim_lasts_over_the_correction(self, calendar):
        from tests.cases.test_law import asked, mended

        case = submitted(LICENCE)
        clerk, other = post(case, "clerk"), cases.officer("同窗", case.agency_id, "clerk")
        holding.claim(case, by=clerk)
        asked(case)
        assert waits(clerk) == []
        mended(case)
        assert waits(clerk) == [case.number] and waits(other) == []
        with pytest.raises(PermissionDenied):
            intake.accept(case, by=other)

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_of_four_who_claim_at_once_one_has_it(self, settings):
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        case = accepted()
        officers = [cases.officer(f"审查{n}", case.agency_id, "reviewer") for n in range(4)]
        barrier = Barrier(4)

        def claim(by) -> bool:
            try:
                own = Case.objects.get(pk=case.pk)
                barrier.wait()
                holding.claim(own, by=by)
                return True
            except Conflict:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(claim, officers)) == 1
        assert rows(case).count("case.claimed") == 1
        clock.forget()


def test_the_road_as_an_officer_sees_it(calendar):
    case = accepted()
    assert [stage.status for stage in steps.road(case)] == ["open", "later", "later", "later"]
    say(case, post(case, "reviewer"))
    say(case, cases.officer("卫生", "WJJ", "reviewer"))
    assert [stage.status for stage in steps.road(case)] == ["done", "open", "done", "later"]


def test_a_post_moved_to_another_agency_takes_the_waiting_cases_along(calendar):
    """What waits at the case's own agency is not written into the step."""
    case = accepted()
    case.agency = agency("MZJ")
    deadlines.refresh(case)
    assert case.awaits == ["MZJ/reviewer", "MZJ/reviewer@"]
    assert Post.objects.filter(agency="MZJ").count() == 0
