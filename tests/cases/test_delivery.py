"""送达: from what day each way counts, who signed, the first opening, and until when one may object."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts.actions import revoke_mandate
from onewindow.cases import deliveries, timers
from onewindow.cases.actions import afterwards, drafts, intake, opening, outcome, serving
from onewindow.cases.actions.serving import Handing
from onewindow.cases.models import Case, Delivery, State
from onewindow.kernel.models import Entry
from tests.cases.conftest import denied, granted, post, rows, submitted, whole
from tests.factories import cases
from tests.factories.accounts import MandateFactory
from tests.factories.applications import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday(calendar, time_machine):
    """Monday 2 March 2026, ten in the morning."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def by_post(case):
    Case.objects.filter(pk=case.pk).update(service={"way": "post", "address": "新都街道桂湖中路18号"})
    case.refresh_from_db()
    return case


def decision_of(case):
    return deliveries.decision(deliveries.ensure(case))


def entry_of(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq")


def receipt(case):
    return Entry.objects.filter(subject=case.number, data__paper__kind="delivery").latest("seq").data["paper"]["facts"]


class TestTheDayThatCounts:
    @pytest.mark.parametrize(
        ("way", "facts", "counts"),
        [
            ("window", {"signed": date(2026, 3, 3)}, date(2026, 3, 3)),
            ("agent", {"signed": date(2026, 3, 3)}, date(2026, 3, 3)),
            ("left", {"signed": date(2026, 3, 3)}, date(2026, 3, 3)),
            ("post", {}, None),
            ("post", {"signed": date(2026, 3, 6)}, date(2026, 3, 6)),
            ("notice", {}, date(2026, 4, 1)),
            ("online", {}, date(2026, 3, 2)),
        ],
    )
    def test_by_the_rule_of_its_way(self, calendar, way, facts, counts):
        assert deliveries.effective(way, sent=date(2026, 3, 2), **facts) == counts

    def test_where_only_opening_counts(self, calendar, settings):
        settings.DELIVERY_COUNTS = "opening"
        assert deliveries.effective("online", sent=date(2026, 3, 2)) is None
        assert deliveries.effective("online", sent=date(2026, 3, 2), opened=date(2026, 3, 9)) == date(2026, 3, 9)

    def test_a_notice_that_ends_in_the_holiday_counts_after_it(self, calendar):
        assert deliveries.effective("notice", sent=date(2026, 9, 3)) == date(2026, 10, 8)


class TestTheDecision:
    def test_online_it_counts_from_the_day_it_reached_the_account(self, monday):
        case = denied(submitted())
        monday.move_to("2026-03-04 09:00+08:00")
        outcome.deliver(case, by=post(case, "clerk"), way="online")
        row = decision_of(case)
        assert (row.way, row.effective_on) == ("online", date(2026, 3, 4))
        assert receipt(case)["delivered_papers"] == [f"{row.title}（{row.number}）"]
        periods = deliveries.remedies(case, [row])
        assert [each.deadline.date for each in periods] == [date(2026, 5, 6), date(2026, 9, 4)]  # 5月3日 is a holiday
        assert periods[0].deadline.due.days[-1].why.startswith("遇放假顺延")

    def test_nobody_who_did_not_agree_is_served_online(self, monday):
        case = granted(by_post(submitted()))
        with pytest.raises(ValueError, match="没有同意电子送达"):
            outcome.deliver(case, by=post(case, "clerk"), way="online")

    def test_a_letter_counts_with_its_slip_and_the_clock_runs_till_then(self, monday):
        case = granted(by_post(submitted()))
        clerk, paper = post(case, "clerk"), decision_of(case).pk
        serving.send(case, by=clerk, papers=[paper], handing=Handing("post", tracking="EMS123456"))
        assert (case.state, case.due_on) == (State.DECIDED, date(2026, 3, 16))
        assert decision_of(case).effective_on is None
        monday.move_to("2026-03-09 09:00+08:00")
        with pytest.raises(ValueError, match="回执"):
            outcome.deliver(case, by=clerk, way="post", tracking="EMS123456")
        outcome.deliver(case, by=clerk, way="post", tracking="EMS123456", on=date(2026, 3, 6))
        assert (case.state, case.due_on) == (State.DELIVERED, None)
        assert decision_of(case).effective_on == date(2026, 3, 6)
        assert receipt(case)["received_on"] == "2026-03-06" and receipt(case)["tracking"] == "EMS123456"

    def test_a_public_notice_delivers_by_itself_once(self, monday):
        case = granted(by_post(submitted()))
        notice = Handing("notice", place="区政府网站 公告栏")
        serving.send(case, by=post(case, "clerk"), papers=[decision_of(case).pk], handing=notice)
        for day, moved in (("2026-03-31", 0), ("2026-04-01", 1), ("2026-04-02", 0)):
            monday.move_to(f"{day} 09:00+08:00")
            assert timers.run() == moved
        case.refresh_from_db()
        assert case.state == State.DELIVERED and rows(case)[-1] == "case.delivered"

    def test_the_receipt_lists_whatever_had_not_arrived_yet(self, monday):
        case = granted(by_post(submitted()))
        outcome.deliver(case, by=post(case, "clerk"), way="window")
        assert [line.partition("（")[0] for line in receipt(case)["delivered_papers"]][:2] == [
            "受理通知书", "准予决定书",
        ]  # fmt: skip
        assert not Delivery.objects.waiting().exists()

    @pytest.mark.parametrize(
        ("handing", "match"),
        [
            (Handing("left", refused="当事人拒绝签字"), "见证人"),
            (Handing("left", witnesses="社区干部王某"), "拒收"),
            (Handing("agent", receiver="李小明"), "关系"),
            (Handing("window", on=date(2026, 3, 3)), "晚于今天"),
            (Handing("notice"), "哪里发布"),
            (Handing("pigeon"), "请选择送达方式"),
        ],
    )
    def test_each_way_has_its_proof(self, monday, handing, match):
        case = granted(by_post(submitted()))
        with pytest.raises(ValueError, match=match):
            outcome.deliver(case, by=post(case, "clerk"), way=handing.way, handing=handing)
        assert case.state == State.DECIDED

    def test_left_in_place_says_who_saw_it(self, monday):
        case = granted(by_post(submitted()))
        left = Handing("left", refused="同住家人拒绝签收", witnesses="社区干部王某", other_server="周丽", place="家中")
        outcome.deliver(case, by=post(case, "clerk"), way="left", handing=left)
        said = receipt(case)
        assert (said["refused"], said["witnesses"], said["receiver"]) == ("同住家人拒绝签收", "社区干部王某", "")
        assert said["servers"].endswith("、周丽")


class TestOtherPapers:
    def test_who_agreed_has_them_at_once(self, monday):
        case = intake.accept(submitted(), by=post(submitted(), "clerk"))
        for entry in Entry.objects.filter(subject=case.number):
            deliveries.on_entry(entry)
            deliveries.on_entry(entry)  # a row of the ledger may be read again
        row = Delivery.objects.get(case=case, kind="acceptance")
        assert (row.way, row.effective_on, row.addressee) == ("online", date(2026, 3, 2), "李秀英")

    def test_a_refusal_by_post_starts_the_remedies_with_its_slip(self, monday):
        case = by_post(submitted())
        intake.refuse_to_accept(case, by=post(case, "clerk"), ground="not_required", reason="本事项不需要许可")
        paper = [row.pk for row in deliveries.ensure(case)]
        assert deliveries.remedies(case, deliveries.ensure(case)) == []
        monday.move_to("2026-03-10 09:00+08:00")
        slip = Handing("post", tracking="EMS123456", on=date(2026, 3, 5))
        serving.serve(case, by=post(case, "clerk"), papers=paper, handing=slip)
        assert deliveries.remedies(case, deliveries.ensure(case))[1].deadline.date == date(2026, 9, 7)
        with pytest.raises(PermissionDenied):
            serving.serve(case, by=cases.citizen(), papers=paper, handing=slip)


class TestOpening:
    def test_the_first_look_is_noted_and_no_other(self, monday):
        case = intake.accept(submitted(), by=post(submitted(), "clerk"))
        entry, citizen = entry_of(case, "case.accepted"), cases.citizen()
        opening.open_paper(case, entry, by=post(case, "clerk"))
        assert deliveries.ensure(case)[0].opened_at is None
        for _ in range(2):
            opening.open_paper(case, entry, by=citizen)
        assert deliveries.ensure(case)[0].opened_by == "李秀英"
        assert rows(case).count("case.paper_opened") == 1

    def test_where_only_opening_counts_it_delivers_the_decision(self, monday, settings):
        settings.DELIVERY_COUNTS = "opening"
        case = granted(submitted())
        with pytest.raises(ValueError, match="打开后自动记为送达"):
            outcome.deliver(case, by=post(case, "clerk"), way="online")
        monday.move_to("2026-03-06 09:00+08:00")
        opening.open_paper(case, entry_of(case, "case.granted"), by=cases.citizen())
        case.refresh_from_db()
        assert (case.state, decision_of(case).effective_on) == (State.DELIVERED, date(2026, 3, 6))

    def test_what_nobody_opened_for_days_is_due_on_paper(self, monday):
        case = intake.accept(submitted(), by=post(submitted(), "clerk"))
        deliveries.ensure(case)
        unnoticed = Delivery.objects.unnoticed
        for day, found in (("2026-03-05", 0), ("2026-03-06", 1)):
            monday.move_to(f"{day} 09:00+08:00")
            assert unnoticed(deliveries.unnoticed_before()).count() == found, day
        row = deliveries.ensure(case)[0]
        letter = Handing("post", tracking="EMS654321")
        serving.send(case, by=post(case, "clerk"), papers=[row.pk], handing=letter)
        assert not unnoticed(deliveries.unnoticed_before()).exists()
        row.refresh_from_db()
        assert (row.effective_on, row.tries[0]["way"]) == (date(2026, 3, 2), "online")  # what counted goes on counting


class TestTheChoice:
    def test_agreement_can_be_taken_back(self, monday):
        case = submitted()
        serving.choose_delivery(case, by=cases.citizen(), way="post", address="新都街道桂湖中路18号")
        assert entry_of(case, "case.delivery_chosen").data["revoked"] is True
        intake.accept(case, by=post(case, "clerk"))
        assert deliveries.ensure(case)[0].way == ""

    def test_a_letter_needs_an_address_and_a_stranger_chooses_nothing(self, monday):
        case = whole()
        with pytest.raises(ValueError, match="收件地址"):
            serving.choose_delivery(case, by=cases.citizen(), way="post")
        stranger = cases.citizen("chen", name="陈静", number="510125198506210014")
        with pytest.raises(PermissionDenied):
            serving.choose_delivery(case, by=stranger, way="window")


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_looks_at_once_are_one_opening(calendar):
    case = intake.accept(submitted(), by=post(submitted(), "clerk"))
    entry, citizen = entry_of(case, "case.accepted"), cases.citizen()

    def look(_):
        try:
            opening.open_paper(Case.objects.get(pk=case.pk), entry, by=citizen)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    assert rows(case).count("case.paper_opened") == 1
    assert Delivery.objects.count() == 1


class TestRemedies:
    def days(self, case):
        return [each.deadline.key for each in deliveries.remedies(case, deliveries.ensure(case))]

    def test_where_reconsideration_comes_first_no_day_to_sue_is_named(self, monday):
        first = {"remedies": {"reconsideration": "向新都区人民政府申请行政复议。", "first": True}}
        usual, special = denied(submitted("XDA0106")), denied(submitted("XDA0316", **first))
        for case in (usual, special):
            outcome.deliver(case, by=post(case, "clerk"), way="online")
        assert self.days(usual) == ["reconsideration", "suit"]
        assert self.days(special) == ["reconsideration"]

    def test_who_loses_a_licence_learns_until_when_to_object(self, monday):
        case = granted(submitted("XDA0106"))
        outcome.deliver(case, by=post(case, "clerk"), way="online")
        assert self.days(case) == []
        monday.move_to("2026-03-10 10:00+08:00")
        afterwards.cancel(case, by=post(case, "decider"), ground="given_back", reason="持证人交回了原件")
        found = deliveries.remedies(case, deliveries.ensure(case))
        assert [each.deadline.key for each in found] == ["reconsideration", "suit"]
        assert found[0].row.kind == "cancelled" and found[0].deadline.start == date(2026, 3, 10)


def test_when_the_agents_mandate_has_ended_nothing_lies_in_an_account_nobody_opens(monday):
    elder, agent = cases.person(), cases.citizen("wang", name="王强", number="510125198506210014", phone="")
    item = cases.flagship()
    mandate = MandateFactory(principal_person_id=elder.pk, agent_id=agent.person_id, scope=[item.code])
    case = drafts.open_case(item, by=agent, person=elder, mandate=mandate)
    case = granted(intake.submit(fill(case, agent), by=agent))
    assert deliveries.has_account(case)
    revoke_mandate(mandate, by=agent, reason="不再代办")
    assert not deliveries.has_account(case)
    with pytest.raises(ValueError, match="没有网上账户"):
        outcome.deliver(case, by=post(case, "clerk"), way="online")
    cases.citizen()  # the elder opens an account
    outcome.deliver(case, by=post(case, "clerk"), way="online")
