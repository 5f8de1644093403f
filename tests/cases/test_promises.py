"""告知承诺: decided on the spot, checked afterwards; mended, or revoked with its certificate and put on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts import credit
from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, readiness, timeline, timers
from onewindow.cases.actions import afterwards, drafts, intake, later_check, outcome, promise, review, second
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, rows
from tests.factories import applications, cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"  # route == 'promise': decided on the spot, checked within 60 days
PROMISED = Promised(licence=True)
RESULT = {"findings": "消毒间没有独立水池，其余与承诺一致"}


@pytest.fixture
def monday(calendar, time_machine):
    """Monday 2 March 2026."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def draft(route="promise", code=LICENCE, **changes):
    citizen = cases.citizen()
    case = cases.draft(flagship(code, **changes))
    if route:
        drafts.save_answers(case, {"route": route}, by=citizen)
    return applications.fill(case, citizen)


def submitted():
    return intake.submit(draft(), by=cases.citizen(), promised=PROMISED)


def granted():
    case = intake.accept(case := submitted(), by=post(case, "clerk"))
    return outcome.grant(case, by=post(case, "decider"))


def looked_at(case, result="faults", by="reviewer", partner="decider", **more):
    second = post(case, partner)
    return later_check.check(case, by=post(case, by), partner=second.user_id, result=result, **(RESULT | more))


def ordered(case=None, days=10):
    case = looked_at(case or granted())
    return later_check.order_correction(case, by=post(case, "reviewer"), what="消毒间加装独立水池并通水", days=days)


def proposed(case):
    return afterwards.propose_revocation(
        case, by=post(case, "decider"), ground="fraud", reason="承诺的条件经核查均不具备", heard="没有提出陈述、申辩"
    )


def revoked(case):
    return second.sign(proposed(case), by=post(case, "head"))


def paper(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


class TestTheWay:
    def test_decided_on_the_spot_without_a_review(self, monday):
        case = intake.accept(case := submitted(), by=post(case, "clerk"))
        assert (case.state, case.due_on) == (State.DECIDING, date(2026, 3, 2))
        outcome.grant(case, by=post(case, "decider"))
        assert timeline.certificate(case).is_valid
        # The sixtieth day falls on Labour Day.
        assert (case.check_on, later_check.state(case)) == (date(2026, 5, 6), "due")
        assert paper(case, "case.granted")["check_until"] == "2026-05-06"

    def test_the_letter_holds_what_the_organ_told_and_what_was_promised(self, monday):
        told = paper(submitted(), "case.submitted")
        assert told["title"] == "告知承诺书"
        assert "健康合格证明" in "".join(told["terms"]) and "撤销卫生许可" in told["consequences"]
        assert "愿意接受核查" in told["sentences"][0] and told["check_days"] == 60

    def test_chosen_in_the_answers_it_must_be_ticked(self, monday):
        case = draft()
        with pytest.raises(readiness.NotReady, match="勾选承诺"):
            intake.submit(case, by=cases.citizen())

    def test_the_ordinary_way_promises_nothing_whatever_is_ticked(self, monday):
        case = intake.submit(draft("ordinary"), by=cases.citizen(), promised=PROMISED)
        intake.accept(case, by=post(case, "clerk"))
        assert (case.promise, case.state, case.due_on) == ({}, State.REVIEWING, date(2026, 3, 9))

    def test_an_item_without_a_condition_leaves_the_choice_to_the_applicant(self, monday):
        guide = flagship(LICENCE).guide
        rule = guide.promise.model_dump(mode="json") | {"when": ""}
        case = draft("ordinary", "XDA0212", promise=rule)
        assert readiness.check(case).offer.licence == "offered"
        assert intake.submit(case, by=cases.citizen(), promised=PROMISED).by_promise

    def test_an_item_that_does_not_allow_it(self, monday):
        case = intake.submit(draft(None, "XDA0212"), by=cases.citizen(), promised=PROMISED)
        assert case.promise == {}

    def test_who_has_an_open_record_takes_the_ordinary_way(self, monday):
        case = draft()
        credit.record(
            person=case.person, organisation=None, agency=case.agency, ground="false", happened="承诺虚假", months=12,
            by=post(case, "head"),
        )  # fmt: skip
        with pytest.raises(readiness.NotReady, match="失信记录（虚假承诺，2026 年 3 月 2 日记入"):
            intake.submit(case, by=cases.citizen(), promised=PROMISED)
        drafts.save_answers(case, case.answers | {"route": "ordinary"}, by=cases.citizen())
        drafts.save_form(case, case.form | {"route": "ordinary", "ready_on": "2026-03-05"}, by=cases.citizen())
        assert intake.submit(case, by=cases.citizen()).state == State.SUBMITTED


class TestTakenBack:
    def test_before_the_decision_the_matter_goes_the_ordinary_way(self, monday):
        case = intake.accept(case := submitted(), by=post(case, "clerk"))
        promise.withdraw_promise(case, by=cases.citizen())
        assert (case.state, case.due_on) == (State.REVIEWING, date(2026, 3, 9))
        while case.state == State.REVIEWING:
            review.give_opinion(case, by=post(case, "reviewer"), advice="agree", opinion="符合条件")
        outcome.grant(case, by=post(case, "decider"))
        assert (case.later_check, case.check_on) == ({}, None)

    def test_not_after_it_and_not_by_an_officer(self, monday):
        case = submitted()
        with pytest.raises(PermissionDenied):
            promise.withdraw_promise(case, by=post(case, "clerk"))
        with pytest.raises(WrongState):
            promise.withdraw_promise(granted(), by=cases.citizen())


class TestProofs:
    def proved(self):
        materials = flagship(LICENCE).guide.model_dump(mode="json")["materials"]
        for each in materials:
            each["by_promise"] = each["key"] == "plans"
        item = flagship("XDA0212", materials=materials)
        return applications.fill(cases.draft(item), cases.citizen(), lacking=True)

    def test_a_promise_stands_for_the_certificate_and_is_in_the_file(self, monday):
        case = self.proved()
        with pytest.raises(readiness.NotReady, match="可以勾选书面承诺代替"):
            intake.submit(case, by=cases.citizen(), promised=Promised(gaps=True))
        intake.submit(case, by=cases.citizen(), promised=Promised(gaps=True, proofs=frozenset({"plans"})))
        told = paper(case, "case.submitted")
        assert [each["name"] for each in told["proofs"]] == ["公共场所地址方位示意图、平面图和卫生设施平面布局图"]
        intake.accept(case, by=post(case, "clerk"))
        assert case.state == State.REVIEWING and not case.by_promise


class TestLaterCheck:
    def test_what_conforms_is_done(self, monday):
        case = looked_at(granted(), "conforms", findings="现场与承诺的条件全部一致")
        assert (later_check.state(case), case.check_on) == ("passed", None)
        record = paper(case, "case.later_checked")
        assert len(record["officers"]) == 2 and record["result"] == "与承诺一致"

    def test_two_officers_neither_of_them_the_same_nor_a_clerk_nor_a_stranger(self, monday):
        case = granted()
        own = post(case, "reviewer")
        for partner in (own.user_id, post(case, "clerk").user_id, cases.citizen().user_id, 10**9):
            with pytest.raises(ValueError, match="两名以上"):
                later_check.check(case, by=own, partner=partner, result="conforms", **RESULT)
        with pytest.raises(PermissionDenied):
            looked_at(case, by="clerk")

    def test_to_be_mended_by_a_day_reported_and_looked_at_again(self, monday):
        monday.move_to("2026-03-02 10:00+08:00")
        case = ordered()
        assert (later_check.state(case), case.check_on) == ("correcting", date(2026, 3, 12))
        assert paper(case, "case.correction_ordered")["correct_by"] == "2026-03-12"
        monday.move_to("2026-03-09 10:00+08:00")
        later_check.report_correction(case, by=cases.citizen(), answer="水池已经装好，照片见附件")
        assert (later_check.state(case), case.check_on) == ("mended", date(2026, 3, 23))
        with pytest.raises(ValueError, match="已经责令改正过一次"):
            looked_at(case)
        looked_at(case, "conforms")
        assert later_check.state(case) == "passed" and timeline.certificate(case).is_valid

    def test_not_longer_than_the_guide_says(self, monday):
        with pytest.raises(ValueError, match="最多 30 天"):
            ordered(days=31)

    def test_no_report_in_time_is_noted_once_and_the_officers_have_it_again(self, monday):
        case = ordered()
        for day, moved in (("2026-03-12 23:05", 0), ("2026-03-13 00:05", 1), ("2026-03-13 01:05", 0)):
            monday.move_to(f"{day}+08:00")
            assert timers.run() == moved, day
        case.refresh_from_db()
        assert (later_check.state(case), case.check_on) == ("overdue", date(2026, 3, 12))
        looked_at(case, "false")
        assert later_check.state(case) == "void"

    def test_revoked_with_its_certificate_and_on_record_the_same_day(self, monday):
        case = revoked(looked_at(granted(), "false", findings="没有取得营业执照，场所未做检测"))
        assert (later_check.state(case), case.check_on) == ("revoked", None)
        certificate = timeline.certificate(case)
        assert (certificate.state, certificate.is_valid) == ("revoked", False)
        kept = CreditRecord.objects.get()
        assert (kept.ground, kept.case_number, kept.until) == ("false", case.number, date(2027, 3, 2))
        assert paper(case, "case.certificate_revoked")["credit"] == kept.number
        assert credit.barring(case.person_id, None) == kept

    def test_what_was_not_mended_is_recorded_as_that(self, monday):
        case = ordered()
        monday.move_to("2026-03-13 10:00+08:00")
        revoked(looked_at(case, "false"))
        assert CreditRecord.objects.get().ground == "unmended"

    def test_an_ordinary_grant_has_no_later_check(self, monday):
        case = cases.decided(flagship(LICENCE))
        assert (case.later_check, case.check_on) == ({}, None)
        with pytest.raises(WrongState):
            looked_at(case)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_several_who_sign_the_revocation_at_once_one_does(monday):
    case = proposed(looked_at(granted(), "false"))

    def press(name):
        try:
            second.sign(Case.objects.get(pk=case.pk), by=cases.officer(name, case.agency_id, "decider"))
            return True
        except Conflict:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, ["甲", "乙", "丙", "丁"])) == 1
    assert rows(case).count("case.certificate_revoked") == 1
    assert CreditRecord.objects.count() == 1
    assert deadlines.later_check(Case.objects.get(pk=case.pk)) is None
