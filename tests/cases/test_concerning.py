"""Change, renewal, reissue, cancellation: which one, what becomes of it, renewal by silence (许可法 §49, §50)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from onewindow.accounts.models import Person
from onewindow.cases import readiness, timers
from onewindow.cases.actions import concerning, correction, drafts, intake, outcome, review, second
from onewindow.cases.actions.afterwards import propose_revocation
from onewindow.cases.models import Case
from onewindow.catalogue.guide import Guide
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import granted, post, reviewed, rows, submitted
from tests.cast import sign_in
from tests.factories import cases
from tests.factories.applications import fill
from tests.factories.catalogue import published, whole

NAME = "公共场所卫生许可证"
pytestmark = pytest.mark.django_db


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def variant(act, **more):
    """The flagship licence's own guide, as the item that changes, renews … what it grants."""
    code = {"renew": "XDA0107", "change": "XDA0108", "cancel": "XDA0109", "reissue": "XDA0110"}[act]
    concerns = {"act": act, "certificates": [NAME], "fills": {"projects": "projects"}, "late": "请办新办。"}
    changes = {"code": code, "name": f"公共场所卫生许可{act}", "concerns": concerns}
    if act == "cancel":
        changes["result"] = {"name": "注销", "kind": "none"}
    return published(Guide.model_validate(whole("XDA0106").model_dump(mode="json") | changes | more))


def licence():
    return Certificate.objects.get(case_number=granted(submitted("XDA0106")).number)


def asked(old, act="renew", **more):
    """Applied for about the licence, by its holder."""
    by = cases.citizen()
    case = cases.draft(variant(act, **more), by)
    concerning.choose(case, old, by=by)
    return intake.submit(fill(case, by), by=by)


def now(certificate):
    certificate.refresh_from_db()
    return certificate


def new(case):
    return Certificate.objects.get(case_number=case.number)


def verdict(issued):
    page = Client().get(f"/verify/{issued.number}/", {"c": issued.secret}).content.decode()
    return re.sub(r"<[^>]+>|\s+", " ", page)


class TestGrants:
    def test_a_renewal_goes_on_where_the_old_one_ends_and_replaces_it_that_day(self, monday):
        old = licence()
        assert old.valid_until == date(2030, 3, 2)
        monday.move_to("2030-01-07 10:00+08:00")
        case = asked(old)
        outcome.grant(reviewed(case), by=post(case, "decider"))
        assert (new(case).valid_from, new(case).valid_until) == (date(2030, 1, 7), date(2034, 3, 2))
        assert (now(old).state, old.successor) == ("superseded", new(case))
        assert "已被新证替代" in verdict(old) and new(case).number in verdict(old)
        assert "核验通过" in verdict(new(case))
        told = Entry.objects.get(subject=case.number, event="case.granted").data["paper"]["facts"]
        assert (told["title"], told["old_certificate"]) == ("准予延续行政许可决定书", old.number)

    @pytest.mark.parametrize("act", ["change", "reissue"])
    def test_a_change_or_a_reissue_keeps_the_end(self, monday, act):
        old = licence()
        monday.move_to("2027-03-01 10:00+08:00")
        case = asked(old, act)
        outcome.grant(reviewed(case), by=post(case, "decider"))
        assert new(case).valid_until == old.valid_until and now(old).state == "superseded"

    def test_a_cancellation_leaves_none(self, monday):
        old = licence()
        case = asked(old, "cancel")
        outcome.grant(reviewed(case), by=post(case, "decider"))
        assert now(old).state == "cancelled" and not Certificate.objects.filter(case_number=case.number).exists()
        assert "持证人申请注销" in verdict(old)
        # The paper that says so belongs to the cancellation, not to the case the certificate came from.
        page = sign_in(case.filed_by).get(f"/my/cases/{old.case_number}/").content.decode()
        assert "持证人申请注销" in page and "写在下面“办理经过”的决定书里" not in page

    def test_a_refusal_leaves_the_old_one_as_it_was(self, monday):
        old = licence()
        case = asked(old, "change")
        outcome.deny(reviewed(case), by=post(case, "decider"), reason="新的负责人不符合规定的条件")
        assert now(old).is_valid

    def test_what_was_revoked_meanwhile_cannot_be_renewed(self, monday):
        old = licence()
        case = reviewed(asked(old, "change"))
        source = Case.objects.select_related("version", "item", "agency").get(number=old.case_number)
        why = {"ground": "fraud", "reason": "检测报告系伪造，已核实", "heard": "没有提出申辩"}
        propose_revocation(source, by=post(source, "decider"), **why)
        second.sign(source, by=cases.officer("局长", source.agency_id, "head"))
        with pytest.raises(WrongState, match="已撤销"):
            outcome.grant(case, by=post(case, "decider"))


class TestWhichOne:
    def test_the_form_takes_over_what_is_known_and_no_personal_number(self, monday):
        old = licence()
        case = cases.draft(variant("change"))
        concerning.choose(case, old, by=cases.citizen())
        assert case.form["projects"] == "示例" and case.form["premises"] and "head_number" not in case.form

    def test_what_was_typed_already_stays(self, monday):
        old, by = licence(), cases.citizen()
        case = cases.draft(variant("change"))
        drafts.save_form(case, {"projects": "足浴"}, by=by)
        concerning.choose(case, old, by=by)
        assert case.form["projects"] == "足浴"

    def test_it_is_not_whole_before_one_was_chosen(self, monday):
        assert "certificate" in readiness.check(cases.draft(variant("renew"))).problems

    def test_a_stranger_finds_nobody_elses_by_number_and_name(self, monday):
        old = licence()
        stranger = cases.citizen("chen", name="陈静", number="510114199001011234")
        case = drafts.open_case(variant("change"), by=stranger, person=Person.objects.get(pk=stranger.person_id))
        with pytest.raises(ValueError, match="没有查到"):
            concerning.find(case, old.number, old.holder, by=stranger)
        assert concerning.find(cases.draft(variant("change")), old.number, old.holder, by=cases.citizen()) == old

    def test_only_the_kind_the_item_is_about(self, monday):
        old = Certificate.objects.get(case_number=granted(submitted("XDP0096")).number)
        with pytest.raises(ValueError, match="只办“公共场所卫生许可证”"):
            concerning.choose(cases.draft(variant("change")), old, by=cases.citizen())

    def test_an_expired_one_says_what_to_do(self, monday):
        old = licence()
        monday.move_to("2030-03-04 10:00+08:00")
        with pytest.raises(ValueError, match=r"已过有效期.*请办新办"):
            concerning.choose(cases.draft(variant("renew")), old, by=cases.citizen())


class TestSilence:
    """视为准予延续 (§50)."""

    def waiting(self, monday, day="2030-01-31"):
        old = licence()
        monday.move_to(f"{day} 10:00+08:00")
        case = asked(old)
        intake.accept(case, by=post(case, "clerk"))
        return old, case

    def test_the_organ_answers_by_the_last_day_of_the_old_one(self, monday):
        _, case = self.waiting(monday)
        assert case.due_on <= date(2030, 3, 2)

    def test_no_answer_before_expiry_renews_exactly_once(self, monday):
        old, case = self.waiting(monday)
        for day, moved in (("2030-03-02 23:55", 0), ("2030-03-03 00:05", 1), ("2030-03-03 01:05", 0)):
            monday.move_to(f"{day}+08:00")
            assert timers.run() == moved
        case.refresh_from_db()
        assert (case.state, case.outcome) == ("decided", "granted")
        assert (now(old).state, new(case).valid_until) == ("superseded", date(2034, 3, 2))
        row = Entry.objects.get(subject=case.number, event="case.deemed_renewed")
        assert (row.actor, row.data["expired"]) == ("system:clock", "2030-03-02")
        assert row.data["paper"]["facts"]["deemed"] is True

    def test_after_expiry_it_can_no_longer_be_refused(self, monday):
        _, case = self.waiting(monday)
        monday.move_to("2030-03-03 00:01+08:00")
        while case.state == "reviewing":
            review.give_opinion(case, by=post(case, "reviewer"), advice="disagree", opinion="不符合条件")
        with pytest.raises(ValueError, match="视为准予延续"):
            outcome.deny(case, by=post(case, "decider"), reason="卫生条件不符合国家标准")

    def test_who_applied_too_late_is_not_renewed_by_silence(self, monday):
        old, _ = self.waiting(monday, "2030-02-01")
        monday.move_to("2030-03-03 00:05+08:00")
        assert timers.run() == 0 and now(old).state == "valid"

    def test_who_still_has_to_mend_is_not_renewed_by_silence(self, monday):
        old = licence()
        monday.move_to("2030-01-31 10:00+08:00")
        case = asked(old)
        key = case.guide.materials[0].key
        remarks = [{"on": f"material:{key}", "text": "章盖得不清楚"}]
        correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=remarks)
        monday.move_to("2030-03-03 00:05+08:00")
        assert timers.run() == 0 and "case.deemed_renewed" not in rows(case)

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_four_workers_renew_once(self, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00")
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        _, case = self.waiting(time_machine)
        time_machine.move_to("2030-03-03 10:00+08:00")

        def work(_):
            try:
                return timers.run()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 1
        assert Entry.objects.filter(subject=case.number, event="case.deemed_renewed").count() == 1
        assert Certificate.objects.filter(case_number=case.number).count() == 1
        clock.forget()
