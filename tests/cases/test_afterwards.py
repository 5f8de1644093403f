"""What becomes of a licence afterwards: grounds, two signatures, the state on the same day (§8, §69, §70)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from onewindow.cases import messages
from onewindow.cases.actions import afterwards, outcome, second
from onewindow.cases.models import Case
from onewindow.cases.timeline import of as story
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from onewindow.web.desk import worklist
from tests.cases.conftest import granted, post, rows, submitted
from tests.factories import cases
from tests.factories.catalogue import agency

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"
PENALTY = {"penalty": "新卫罚〔2026〕12号"}
WHY = {"reason": "现场核查发现检测报告系伪造", "heard": "持证人书面承认，没有提出申辩"}


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def licensed(**changes):
    return granted(submitted(LICENCE, **changes))


def head(case, name="局长"):
    return cases.officer(name, case.agency_id, "head")


def certificate(case):
    return Certificate.objects.get(case_number=case.number)


def paper(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


def proposed(case, act=afterwards.propose_revocation, ground="fraud", **more):
    return act(case, by=post(case, "decider"), ground=ground, **(WHY | more))


def verdict(issued):
    """The public page, without its markup."""
    page = Client().get(f"/verify/{issued.number}/", {"c": issued.secret}).content.decode()
    return re.sub(r"<[^>]+>|\s+", " ", page)


class TestRevocation:
    def test_nothing_has_changed_until_the_second_person_signs(self, monday):
        case = proposed(licensed())
        assert certificate(case).is_valid and "核验通过" in verdict(certificate(case))
        monday.move_to("2026-03-05 09:00+08:00")
        second.sign(case, by=head(case))
        issued = certificate(case)
        assert (issued.state, issued.ended_at.astimezone(clock.SHANGHAI).date()) == ("revoked", date(2026, 3, 5))
        seen = verdict(issued)
        for words in ("现在不能用", "已撤销", "2026年3月5日", "以欺骗、贿赂等不正当手段取得"):
            assert words in seen

    def test_the_paper_names_facts_hearing_article_and_both_signers(self, monday):
        case = proposed(licensed())
        second.sign(case, by=head(case))
        told = paper(case, "case.certificate_revoked")
        assert told["title"] == "撤销行政许可决定书" and told["number"].endswith("号")
        assert told["article"].endswith("第六十九条第二款") and told["heard"] == WHY["heard"]
        assert (told["proposed_by"], told["signed_by"]) == ("XSPJ-decider", "局长")

    def test_fraud_bars_three_years_only_where_health_or_safety_is_concerned(self, monday):
        """行政许可法 §79."""
        vital, other = licensed(vital=True), None
        second.sign(proposed(vital), by=head(vital))
        assert paper(vital, "case.certificate_revoked")["barred_until"] == "2029-03-02"
        other = proposed(granted(submitted("XDA0101")))
        second.sign(other, by=head(other))
        assert paper(other, "case.certificate_revoked")["barred_until"] == ""

    def test_nobody_signs_the_own_proposal(self, monday):
        case = proposed(licensed())
        with pytest.raises(PermissionDenied):
            second.sign(case, by=post(case, "decider"))
        both = cases.officer(f"{case.agency_id}-decider", case.agency_id, "head")
        with pytest.raises(PermissionDenied):
            second.sign(case, by=both)

    def test_one_signature_is_never_enough(self, monday):
        case = licensed()
        with pytest.raises(WrongState, match="一人提请、另一人签字"):
            afterwards.revoke(case, by=post(case, "decider"), ground="fraud", **WHY)
        assert certificate(case).is_valid

    def test_sent_back_with_the_reason_it_can_be_proposed_again(self, monday):
        case = proposed(licensed())
        with pytest.raises(ValueError, match="为什么不签字"):
            second.send_back(case, by=head(case), reason="否")
        second.send_back(case, by=head(case), reason="证据不足，请补充核查")
        assert case.proposal == {} and certificate(case).is_valid
        assert proposed(case).proposal["act"] == "revoke"

    def test_what_was_not_said_is_asked_for(self, monday):
        case = licensed()
        for missing, words in (("heard", "陈述、申辩"), ("reason", "事实和理由"), ("ground", "选择理由")):
            with pytest.raises(ValueError, match=words):
                proposed(case, **{missing: "无"})
        assert case.proposal == {}

    def test_it_waits_on_the_second_persons_list_and_not_on_the_proposers(self, monday):
        case = proposed(licensed())
        other = cases.officer("另一位", case.agency_id, "decider")
        case = outcome.deliver(case, by=post(case, "clerk"), way="online")
        outcome.finish(case, by=post(case, "clerk"))
        lists = {by: Case.objects.filter(worklist.waiting_for(by)).exists() for by in (other, head(case))}
        assert all(lists.values())
        for by in (post(case, "decider"), post(case, "clerk")):
            assert not Case.objects.filter(worklist.waiting_for(by)).exists()

    def test_the_holder_sees_the_decision_but_not_the_proposal(self, monday):
        case = proposed(licensed())
        assert "case.proposed" not in {event.event for event in story(case)}
        second.sign(case, by=head(case))
        assert story(case)[-1].paper_title == "撤销行政许可决定书"
        messages.on_entry(Entry.objects.get(subject=case.number, event="case.certificate_revoked"))
        assert Message.objects.filter(subject=case.number, template="certificate_revoked").exists()

    def test_officers_of_other_agencies_and_clerks_cannot(self, monday):
        case = licensed()
        for by in (post(case, "clerk"), cases.officer("外局", agency("MZJ").code, "decider"), cases.citizen()):
            with pytest.raises(PermissionDenied):
                afterwards.propose_revocation(case, by=by, ground="fraud", **WHY)


@pytest.mark.parametrize(
    ("act", "ground", "more", "state", "title", "article"),
    [
        (afterwards.propose_recall, "law", {}, "recalled", "撤回行政许可决定书", "第八条"),
        (
            afterwards.propose_withdrawal,
            "lent",
            {"penalty": "新卫罚〔2026〕12号"},
            "withdrawn",
            "吊销决定书",
            "第八十条",
        ),
    ],
)
def test_recall_and_withdrawal_are_acts_of_their_own(monday, act, ground, more, state, title, article):
    case = proposed(licensed(), act, ground, **more)
    second.sign(case, by=head(case))
    assert certificate(case).state == state
    told = paper(case, rows(case)[-1])
    assert told["title"] == title and article in told["article"]
    assert told.get("penalty", "") == more.get("penalty", "")


class TestCancellation:
    def cancelled(self, case, ground="given_back", by="decider"):
        return afterwards.cancel(case, by=post(case, by), ground=ground, reason="持证人停业，交回许可证")

    def test_one_signature_ends_it_the_same_day(self, monday):
        case = self.cancelled(licensed())
        assert certificate(case).state == "cancelled" and "持证人自愿交回" in verdict(certificate(case))
        assert paper(case, "case.certificate_cancelled")["title"] == "注销行政许可决定书"
        with pytest.raises(PermissionDenied):
            self.cancelled(case)

    def test_expiry_is_a_ground_only_after_the_last_day(self, monday):
        case = licensed()
        with pytest.raises(ValueError, match="还在有效期内"):
            self.cancelled(case, "expired")
        monday.move_to("2030-03-03 09:00+08:00")
        assert "已过有效期" in verdict(certificate(case))
        self.cancelled(case, "expired")
        assert "已注销" in verdict(certificate(case))

    def test_not_while_a_revocation_waits_for_its_signature(self, monday):
        case = proposed(licensed())
        with pytest.raises(WrongState, match="请先签字或退回"):
            afterwards.cancel(case, by=head(case), ground="given_back", reason="持证人交回")

    def test_nothing_to_end_where_nothing_was_granted(self, monday):
        case = outcome.deny(granted_not(), by=post(granted_not(), "decider"), reason="不符合规定的卫生条件要求")
        with pytest.raises(PermissionDenied):
            self.cancelled(case)


def granted_not():
    from tests.cases.conftest import reviewed

    return reviewed(submitted(LICENCE))


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_who_sign_at_once_end_it_once(time_machine):
    """One wins; the other sees why."""
    from django.conf import settings

    time_machine.move_to("2026-03-02 10:00+08:00")
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    case = proposed(licensed())
    signers = [head(case, f"局长{i}") for i in range(2)]
    pages = [Case.objects.select_related("version", "item", "agency").get(pk=case.pk) for _ in signers]

    def sign(i):
        try:
            return second.sign(pages[i], by=signers[i], seen=pages[i].revision) and "signed"
        except Conflict as conflict:
            return conflict.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(sign, range(2)))
    assert said.count("signed") == 1 and any("有了新的进展" in words for words in said)
    assert Entry.objects.filter(subject=case.number, event="case.certificate_revoked").count() == 1
    assert certificate(case).state == "revoked"
    clock.forget()
