"""Hearings, those who apply together, proposed changes and the certificate concerned, by a program."""

from datetime import timedelta

import pytest

from onewindow.accounts.models import User
from onewindow.cases.actions import amendment, hearings, intake
from onewindow.cases.models import Case, Proceeding
from onewindow.kernel.models import Entry
from tests.api.conftest import Program, faults, issue
from tests.cases.conftest import granted, post, submitted, whole
from tests.cases.test_concerning import variant
from tests.cases.test_parties import SALE
from tests.factories import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(db):
    """The token of whose cases the factories file."""
    return Program(issue(User.objects.get(pk=cases.citizen().user_id)))


class TestHearings:
    @pytest.fixture
    def hearing(self):
        case = submitted("XDA0106")
        intake.accept(case, by=post(case, "clerk"))
        hearings.tell(case, by=post(case, "reviewer"), matter="拟不予许可，关系到申请人的经营")
        return Proceeding.objects.get(case=case)

    def test_the_right_is_read_and_used_once(self, hearing, mine):
        number = hearing.case.number
        (told,) = mine.get(f"/cases/{number}/hearings").json()
        assert (told["state"], told["may_ask"], told["apply_by"]) == ("told", True, hearing.on.isoformat())
        path = f"/cases/{number}/hearings/{told['id']}/request"
        first, again = mine.post(path, key="one-key"), mine.post(path, key="one-key")
        assert (first.status_code, again["Idempotent-Replayed"]) == (200, "true")
        (asked,) = first.json()["hearings"]
        assert (asked["state"], asked["may_ask"], asked["apply_by"]) == ("asked", False, None) and asked["hold_by"]
        assert Entry.objects.filter(subject=number, event="case.hearing_asked").count() == 1
        assert mine.post(path).status_code == 409

    def test_given_up_the_decision_need_not_wait(self, hearing, mine):
        reply = mine.post(f"/cases/{hearing.case.number}/hearings/{hearing.pk}/waiver")
        assert reply.json()["hearings"][0]["state"] == "waived"

    def test_after_the_five_days_it_is_too_late_and_says_so(self, hearing, mine):
        Proceeding.objects.update(on=hearing.on - timedelta(days=30))
        reply = mine.post(f"/cases/{hearing.case.number}/hearings/{hearing.pk}/request")
        assert reply.status_code == 422 and "五日期限已过" in reply.json()["detail"]

    def test_of_another_case_it_is_not_there(self, hearing, mine):
        other = submitted("XDP0096")
        assert mine.post(f"/cases/{other.number}/hearings/{hearing.pk}/request").status_code == 404


class TestTogether:
    @pytest.fixture
    def case(self):
        found = whole(**SALE)
        found.parties.all().delete()
        return found

    @pytest.fixture
    def seller(self, db):
        by = cases.citizen("wang", name="王强", number="510125198506210014", phone="13880009999")
        return Program(issue(User.objects.get(pk=by.user_id)))

    def invite(self, mine, case, **more):
        return mine.post(f"/cases/{case.number}/parties", {"need": "seller", "name": "王强"} | more)

    def test_from_the_invitation_to_the_submission(self, case, mine, seller):
        said = mine.get(f"/cases/{case.number}").json()
        assert said["parties"]["needed"] == [{"need": "seller", "label": "卖方", "count": 1}]
        assert any(fault["place"] == "party:seller" for fault in said["missing"])
        invited = self.invite(mine, case).json()
        assert (invited["name"], invited["stands"]) == ("王*", "还没有打开邀请")
        path = f"/parties/{invited['number']}"
        before = seller.get(path).json()
        assert (before["case"], before["declared"]) == ("", None)
        declared = seller.post(f"{path}/joining").json()["declared"]
        assert "****" in str(declared["form"]) and declared["seen"]
        stale = seller.post(f"{path}/confirmation", {"seen": "something-else"})
        assert stale.status_code == 409
        done = seller.post(f"{path}/confirmation", {"seen": declared["seen"], "agreed": True}).json()
        assert done["stands"] == "已确认" and done["confirmed_at"]
        sent = mine.post(f"/cases/{case.number}/submission", {"declared": True})
        assert sent.status_code == 200, sent.json()
        assert seller.post(f"{path}/refusal", {"reason": "不卖了"}).status_code == 409

    def test_who_declines_says_why_and_the_applicant_reads_it(self, case, mine, seller):
        path = f"/parties/{self.invite(mine, case).json()['number']}"
        assert seller.post(f"{path}/refusal", {"reason": "价格不是这样谈的"}).status_code == 403  # not joined yet
        seller.post(f"{path}/joining")
        seller.post(f"{path}/refusal", {"reason": "价格不是这样谈的"})
        (party,) = mine.get(f"/cases/{case.number}").json()["parties"]["invited"]
        assert party["declined_why"] == "价格不是这样谈的"

    def test_whose_name_is_not_on_it_finds_nothing(self, case, mine, stranger):
        path = f"/parties/{self.invite(mine, case).json()['number']}"
        assert stranger.get(path).status_code == stranger.post(f"{path}/joining").status_code == 404
        assert stranger.get("/parties/nothing").status_code == 404

    def test_taken_back_it_is_gone(self, case, mine, seller):
        number = self.invite(mine, case).json()["number"]
        assert mine.delete(f"/cases/{case.number}/parties/{number}").status_code == 204
        assert seller.get(f"/parties/{number}").status_code == 404
        assert mine.get(f"/cases/{case.number}").json()["parties"]["invited"] == []

    def test_what_cannot_be_is_said_in_words(self, case, mine):
        reply = self.invite(mine, case, need="witness")
        assert reply.status_code == 422 and "没有这种共同申请人" in reply.json()["detail"]
        assert set(faults(self.invite(mine, case, phone="12"))) == {"phone"}

    def test_twenty_a_day(self, case, mine):
        replies = [self.invite(mine, case, name=f"王强{n}").status_code for n in range(21)]
        assert replies == [201] * 20 + [429]


class TestChanges:
    @pytest.fixture
    def change(self):
        case = submitted()
        said = {"field": "phone", "new": "13880006666", "reason": "电话少写一位，来电核实过"}
        return amendment.propose_change(case, by=post(case, "clerk"), **said)

    @pytest.mark.parametrize(("answer", "kept"), [("consent", "consented"), ("refusal", "refused")])
    def test_nothing_changes_but_by_consent(self, change, mine, answer, kept):
        (told,) = mine.get(f"/cases/{change.number}").json()["changes"]
        assert (told["becomes"], told["answer"], told["reason"]) == ("13880006666", "", "电话少写一位，来电核实过")
        path = f"/cases/{change.number}/changes/{told['id']}/{answer}"
        assert mine.post(path).json()["changes"][0]["answer"] == kept
        assert mine.post(path).status_code == 409
        phone = Case.objects.get(pk=change.pk).form["phone"]
        assert phone == (told["becomes"] if kept == "consented" else told["was"])

    def test_another_one_is_not_there(self, change, mine):
        assert mine.post(f"/cases/{change.number}/changes/ffffffff/consent").status_code == 404


class TestConcerns:
    @pytest.fixture
    def renewal(self):
        granted(submitted("XDA0106"))
        return cases.draft(variant("renew"), cases.citizen())

    def test_the_own_ones_are_offered_with_the_last_day_and_one_is_chosen(self, renewal, mine):
        path = f"/cases/{renewal.number}"
        said = mine.get(f"{path}/certificates").json()
        (held,) = said["held"]
        assert (said["act"], said["chosen"], held["fault"]) == ("延续", "", "") and held["apply_by"]
        chosen = mine.put(f"{path}/concerns", {"number": held["number"]}).json()
        assert chosen["concerns"]["number"] == held["number"] and chosen["concerns"]["state"] == "valid"
        assert mine.get(f"{path}/certificates").json()["chosen"] == held["number"]

    def test_a_wrong_number_finds_nothing_and_is_counted(self, renewal, mine):
        wrong = {"number": "XDA20260000099K", "holder": "别人"}
        replies = [mine.put(f"/cases/{renewal.number}/concerns", wrong) for _ in range(16)]
        assert replies[0].status_code == 422 and "没有查到相符的证照" in replies[0].json()["detail"]
        assert replies[15].status_code == 429

    def test_an_item_without_has_none(self, mine):
        case = submitted()
        assert mine.get(f"/cases/{case.number}/certificates").json() == {"act": "", "chosen": "", "held": []}
        assert mine.put(f"/cases/{case.number}/concerns", {"number": "X"}).status_code == 409


def test_a_full_number_in_a_reason_is_refused_in_words(mine):
    case = submitted()
    reply = mine.post(f"/cases/{case.number}/withdrawal", {"reason": "我是510125195603128624"})
    assert reply.status_code == 422 and "身份证号码" in reply.json()["detail"]
