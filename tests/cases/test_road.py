"""The whole road of a case and its dates, on the eve of the National Day holiday."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases import deadlines, timeline
from onewindow.cases.actions import instant, intake, outcome, review
from onewindow.cases.models import State
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.models import Entry
from tests.cases.conftest import denied, granted, post, reviewed, rows, submitted, whole
from tests.factories import cases

pytestmark = pytest.mark.django_db


def dates(case):
    return {deadline.key: deadline.date for deadline in deadlines.all_of(case)}


class TestDates:
    def test_every_clock_of_the_flagship(self, eve):
        case = granted(submitted())
        assert dates(case) == {
            "intake": date(2026, 10, 13),  # five working days: 8, 9, Saturday the 10th, 12, 13
            "statutory": date(2026, 10, 13),
            "promised": date(2026, 9, 30),  # on the spot
            "delivery": date(2026, 10, 20),
        }

    def test_what_is_done_says_when_and_is_waited_for_no_more(self, eve):
        case = granted(submitted())
        done = {deadline.key: deadline.done for deadline in deadlines.all_of(case)}
        today = date(2026, 9, 30)
        assert done == {"intake": today, "statutory": today, "promised": today, "delivery": None}

    def test_the_list_waits_for_the_next_of_them(self, eve):
        case = submitted()
        assert case.due_on == date(2026, 10, 13)
        intake.accept(case, by=post(case, "clerk"))
        assert case.due_on == case.promised_due == date(2026, 9, 30)
        granted_case = granted(submitted())
        assert granted_case.due_on == date(2026, 10, 20)
        outcome.deliver(granted_case, by=post(case, "clerk"), way="online")
        assert granted_case.due_on is None and not granted_case.is_overdue

    @pytest.mark.parametrize(
        ("code", "statutory", "promised"),
        [
            ("XDP0032", date(2026, 10, 15), date(2026, 10, 8)),  # 15 and 7 natural days; the 7th is a holiday
            ("XDA0421", date(2026, 10, 8), date(2026, 10, 8)),  # 7 and 3 natural days, both end in the holiday
            ("XDA0106", date(2026, 11, 3), date(2026, 10, 13)),  # 20 and 5 working days
        ],
    )
    def test_natural_days_end_after_the_holiday_working_days_skip_it(self, eve, code, statutory, promised):
        case = submitted(code)
        intake.accept(case, by=post(case, "clerk"))
        assert (case.statutory_due, case.promised_due, case.due_on) == (statutory, promised, min(statutory, promised))

    def test_a_prereview_is_promised_within_a_working_day(self, eve):
        case = intake.request_prereview(whole(), by=cases.citizen())
        assert (case.due_on, dates(case)) == (date(2026, 10, 8), {"prereview": date(2026, 10, 8)})

    def test_an_application_after_midnight_is_of_the_new_day(self, eve):
        eve.move_to("2026-10-08 00:30+08:00")
        assert dates(submitted())["intake"] == date(2026, 10, 14)

    def test_silence_is_acceptance_since_the_day_of_receipt(self, eve):
        """行政许可法 §32(4)."""
        eve.move_to("2026-09-21 10:00+08:00")
        case = submitted()
        assert case.due_on == date(2026, 9, 29)  # Mid-autumn lies between
        eve.move_to("2026-09-30 10:00+08:00")
        intake.accept(case, by=post(case, "clerk"))
        assert deadlines.on(case.accepted_at) == date(2026, 9, 21)
        assert case.statutory_due == date(2026, 9, 29) and case.is_overdue
        entry = Entry.objects.get(subject=case.number, event="case.accepted")
        assert entry.data["deemed"] is True
        assert entry.data["paper"]["facts"]["accepted_on"] == "2026-09-21"

    def test_the_last_day_is_not_silence_and_after_it_nobody_refuses(self, eve):
        case = submitted()
        eve.move_to("2026-10-13 23:50+08:00")
        assert not deadlines.is_silent(case)
        eve.move_to("2026-10-14 00:10+08:00")
        with pytest.raises(ValueError, match="视为受理"):
            intake.refuse_to_accept(case, by=post(case, "clerk"), ground="false_papers", reason="材料是假的")
        assert case.state == State.SUBMITTED


class TestRoad:
    def test_from_prereview_to_the_end_every_act_is_one_row(self, eve):
        citizen, case = cases.citizen(), whole()
        intake.request_prereview(case, by=citizen)
        clerk = post(case, "clerk")
        intake.pass_prereview(case, by=clerk)
        intake.submit(case, by=citizen)
        intake.receive(case, by=clerk)
        granted(case)
        outcome.deliver(case, by=clerk, way="post", tracking="EMS123456", on=clock.today())
        outcome.finish(case, by=clerk)
        assert rows(case) == [
            "case.opened", "case.prereview_requested", "case.prereview_passed", "case.submitted", "case.received",
            "case.accepted", "case.reviewed", "case.granted", "case.delivered", "case.finished",
        ]  # fmt: skip
        assert (case.state, case.outcome, case.delivery) == (State.FINISHED, "granted", "post")
        assert list(ledger.verify(flow.flowing_models())) == []

    def test_two_steps_two_opinions_then_the_decision(self, eve):
        case = submitted("XDA0106")
        intake.accept(case, by=post(case, "clerk"))
        reviewer = post(case, "reviewer")
        review.give_opinion(case, by=reviewer, advice="agree", opinion="材料符合要求")
        assert (case.state, case.step) == (State.REVIEWING, 1)
        with pytest.raises(flow.WrongState):
            outcome.grant(case, by=post(case, "decider"))
        review.give_opinion(case, by=reviewer, advice="disagree", opinion="现场缺少消毒间")
        assert case.state == State.DECIDING
        said = [event.words for event in timeline.of(case, inner=True) if event.event == "case.reviewed"]
        names = [step.name for step in case.review_steps]
        assert said == [f"{names[0]} · 建议准予 · 材料符合要求", f"{names[1]} · 建议不予 · 现场缺少消毒间"]

    def test_a_denial_tells_the_reason_and_both_remedies(self, eve):
        case = denied(submitted())
        facts = Entry.objects.get(subject=case.number, event="case.denied").data["paper"]["facts"]
        assert "年龄未达到" in facts["reason"]
        assert "60日" in facts["remedies"]["reconsideration"] and "6个月" in facts["remedies"]["suit"]
        assert facts["accepted_on"] == "2026-09-30"
        assert case.outcome == "denied" and timeline.certificate(case) is None

    @pytest.mark.parametrize("reason", ["", " 不行 ", "不符合条件。"])
    def test_a_denial_without_facts_and_reasons_is_refused(self, reason):
        case = reviewed(submitted())
        with pytest.raises(ValueError, match="事实和理由"):
            outcome.deny(case, by=post(case, "decider"), reason=reason)
        assert cases.Case.objects.get(pk=case.pk).state == State.DECIDING

    @pytest.mark.parametrize(
        ("said", "match"),
        [
            ({"ground": "nonsense", "reason": "不需要办理"}, "请选择"),
            ({"ground": "other_organ", "reason": "不归本局管"}, "哪个机关"),
            ({"ground": "not_required", "reason": "无"}, "具体原因"),
        ],
    )
    def test_a_refusal_needs_its_ground_reason_and_right_organ(self, said, match):
        case = submitted()
        with pytest.raises(ValueError, match=match):
            intake.refuse_to_accept(case, by=post(case, "clerk"), **said)
        assert rows(case)[-1] == "case.submitted"

    @pytest.mark.parametrize(
        ("how", "match"),
        [({"way": "pigeon"}, "方式"), ({"way": "post"}, "邮寄单号"), ({"way": "post", "tracking": " "}, "邮寄单号")],
    )
    def test_a_delivery_needs_a_way_and_its_proof(self, how, match):
        case = granted(submitted())
        with pytest.raises(ValueError, match=match):
            outcome.deliver(case, by=post(case, "clerk"), **how)

    def test_nobody_is_served_online_without_an_account(self):
        person = cases.person(name="王桂英", number="510125194001011224", phone="")
        clerk = cases.officer("窗口", "WJJ", "clerk", "reviewer", "decider")
        case = cases.drafts.open_case(cases.flagship(), by=clerk, person=person, channel="desk")
        from tests.factories.applications import fill

        intake.submit_in_person(fill(case, clerk), by=clerk)
        with pytest.raises(ValueError, match="没有网上账户"):
            outcome.deliver(granted(case), by=clerk, way="online")
        outcome.deliver(case, by=clerk, way="window")

    def test_full_personal_numbers_never_enter_the_ledger(self):
        case = reviewed(submitted())
        with pytest.raises(ValueError, match="完整的身份证号码"):
            outcome.deny(case, by=post(case, "decider"), reason="身份证510125195603128624与照片不符，不予办理")
        granted_case = granted(submitted())
        text = str(list(Entry.objects.values_list("data", flat=True)))
        assert "510125195603128624" not in text
        phones = [e.event for e in Entry.objects.filter(subject=granted_case.number) if "13880001234" in str(e.data)]
        assert phones == ["case.accepted"]  # the acceptance must name it, nothing else does


class TestImmediate:
    @pytest.fixture
    def chief(self):
        cases.flagship()
        return cases.officer("首席代表", "WJJ", "clerk", "reviewer", "decider")

    @pytest.fixture
    def brought(self, chief):
        """Papers and form of somebody at the window."""
        from tests.factories.applications import fill

        case = cases.drafts.open_case(cases.flagship(), by=chief, person=cases.person(), channel="desk")
        return fill(case, chief)

    def test_a_visit_is_enough(self, eve, chief, brought):
        case = instant.complete(brought, by=chief)
        assert (case.state, deadlines.on(case.finished_at)) == (State.FINISHED, date(2026, 9, 30))

    @pytest.mark.parametrize("before", ["draft", "submitted", "received"])
    def test_wherever_it_stands_before_acceptance(self, chief, brought, before):
        if before == "submitted":
            intake.submit(brought, by=chief)
        elif before == "received":
            intake.submit_in_person(brought, by=chief)
        assert instant.complete(brought, by=chief, seen=brought.revision).state == State.FINISHED

    def test_a_stale_page_does_nothing_at_all(self, chief, brought):
        with pytest.raises(flow.Stale):
            instant.complete(brought, by=chief, seen=brought.revision - 1)
        assert rows(brought) == ["case.opened"]

    def test_where_a_paper_lacks_nothing_happens(self, chief, brought):
        brought.papers.all().delete()
        with pytest.raises(flow.Conflict, match="近期1寸免冠照片"):
            instant.complete(brought, by=chief)
        assert rows(brought) == ["case.opened"]

    def test_another_agencys_clerk_may_not(self, brought):
        from tests.factories.catalogue import agency

        with pytest.raises(PermissionDenied):
            instant.complete(brought, by=cases.officer("别局", agency("MZJ").pk, "clerk", "reviewer", "decider"))

    def test_an_item_with_a_period_goes_its_steps(self, chief):
        with pytest.raises(ValueError, match="不是即办件"):
            instant.complete(whole("XDP0032"), by=chief)
