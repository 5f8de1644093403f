"""共同申请: seller and buyer both confirm, a change asks them again, and nobody else looks in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.cases import deliveries, parties, party_messages, readiness
from onewindow.cases.actions import drafts, intake, outcome
from onewindow.cases.actions import parties as acts
from onewindow.cases.actions.serving import Handing
from onewindow.cases.models import Case, Party
from onewindow.kernel.flow import Conflict, Stale, WrongState
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import granted, post, rows, whole
from tests.factories import cases
from tests.factories.accounts import PersonFactory
from tests.factories.applications import picture

pytestmark = pytest.mark.django_db
SALE = {"parties": [{"key": "seller", "label": "卖方", "count": 1}]}


def seller(username="wang", name="王强", number="510125198506210014"):
    return cases.citizen(username, name=name, number=number, phone="13880009999")


def drafted() -> Case:
    """A sale that lacks nothing but the seller."""
    case = whole(**SALE)
    case.parties.all().delete()
    return case


def asked(case: Case, **more) -> Party:
    return acts.invite(case, "seller", "王强", by=cases.citizen(), **more)


def confirmed(case: Case, by=None) -> Party:
    party = acts.join(asked(case), by=by or seller())
    return acts.confirm(party, by=by or seller(), seen=parties.mark(case), agreed=True)


class TestBeforeTheSubmission:
    def test_nothing_is_submitted_before_everybody_has_confirmed(self, calendar):
        case = drafted()
        with pytest.raises(readiness.NotReady, match="还要请卖方一起确认"):
            intake.submit(case, by=cases.citizen())
        party = asked(case)
        with pytest.raises(readiness.NotReady, match="王强（卖方）：还没有打开邀请"):
            intake.submit(case, by=cases.citizen())
        acts.join(party, by=seller())
        case.refresh_from_db()
        with pytest.raises(readiness.NotReady, match="还没有确认"):
            intake.submit(case, by=cases.citizen())
        acts.confirm(party, by=seller(), seen=parties.mark(case))
        case.refresh_from_db()
        assert intake.submit(case, by=cases.citizen()).state == "submitted"
        assert rows(case)[-4:] == ["case.party_invited", "case.party_joined", "case.party_confirmed", "case.submitted"]

    def test_a_prereview_asks_nobody(self, calendar):
        assert intake.request_prereview(drafted(), by=cases.citizen()).state == "prereview"

    def test_who_declines_says_why(self, calendar):
        case = drafted()
        party = acts.join(asked(case), by=seller())
        acts.decline(party, by=seller(), reason="价格不是这样谈的")
        case.refresh_from_db()
        with pytest.raises(readiness.NotReady, match="价格不是这样谈的"):
            intake.submit(case, by=cases.citizen())
        party_messages.on_entry(Entry.objects.get(subject=case.number, event="case.party_declined"))
        assert Message.objects.filter(template="party_declined", channel="in_app").exists()

    def test_a_change_afterwards_voids_and_tells_why(self, calendar):
        case = drafted()
        party = confirmed(case)
        case.refresh_from_db()
        drafts.save_answers(case, case.answers, by=cases.citizen())  # nothing has changed
        party.refresh_from_db()
        assert party.is_confirmed
        drafts.save_form(case, case.form | {"phone": "13880005555"}, by=cases.citizen())
        party.refresh_from_db()
        assert not party.is_confirmed and party.voided_why == "李秀英改了申请表的内容"
        with pytest.raises(readiness.NotReady, match="要重新确认"):
            intake.submit(case, by=cases.citizen())
        party_messages.on_entry(Entry.objects.get(subject=case.number, event="case.confirmations_voided"))
        assert Message.objects.get(template="party_again", channel="in_app").link == f"/parties/{party.number}/"

    def test_the_same_paper_again_asks_nobody_again(self, calendar):
        case = drafted()
        party, kept = confirmed(case), case.papers.first()
        drafts.add_paper(case, kept.material, kept.file, by=cases.citizen())
        drafts.restore_paper(case, kept, by=cases.citizen())
        party.refresh_from_db()
        assert party.is_confirmed
        drafts.add_paper(case, kept.material, picture(cases.citizen()), by=cases.citizen())
        party.refresh_from_db()
        assert not party.is_confirmed and party.voided_why == "李秀英改了提交的材料"

    def test_one_confirms_only_what_one_has_read(self, calendar):
        case = drafted()
        party, seen = acts.join(asked(case), by=seller()), parties.mark(case)
        case.refresh_from_db()
        drafts.save_form(case, case.form | {"phone": "13880005555"}, by=cases.citizen())
        with pytest.raises(Stale):
            acts.confirm(party, by=seller(), seen=seen)


class TestWhoMay:
    def test_the_invitation_is_for_who_bears_the_name(self, calendar):
        case = drafted()
        with pytest.raises(ValueError, match="姓名不一致"):
            acts.join(asked(case), by=seller("chen", "陈静", "510125199001010019"))
        with pytest.raises(ValueError, match="您自己的申请"):
            acts.join(asked(case), by=cases.citizen())

    def test_a_party_sees_this_case_and_changes_nothing(self, calendar):
        case, other = drafted(), whole("XDP0032")
        confirmed(case)
        case.refresh_from_db()
        by = seller()
        assert list(Case.objects.followed_by(by)) == [case] and case in Case.objects.open_to(by)
        assert other not in Case.objects.open_to(by) and not Case.objects.of_applicant(by).exists()
        for act in (intake.submit, intake.withdraw):
            with pytest.raises(PermissionDenied):
                act(case, by=by)
        with pytest.raises(PermissionDenied):
            drafts.save_answers(case, {}, by=by)

    def test_nobody_confirms_for_another(self, calendar):
        party = acts.join(asked(drafted()), by=seller())
        with pytest.raises(PermissionDenied):
            acts.confirm(party, by=cases.citizen(), seen=parties.mark(party.case))

    def test_at_the_window_by_card_and_signature(self, calendar):
        clerk = cases.officer("窗口", "WJJ", "clerk")
        case, person = drafted(), PersonFactory(name="王强")
        asked(case)
        with pytest.raises(ValueError, match="签名"):
            acts.confirm_at_window(case, "seller", person, by=clerk, signed=False)
        party = acts.confirm_at_window(case, "seller", person, by=clerk, signed=True)
        assert party.confirmed_how == "window" and case.parties.count() == 1
        assert intake.submit(case, by=cases.citizen()).state == "submitted"

    def test_what_was_taken_back_is_no_invitation(self, calendar):
        party = asked(drafted())
        acts.remove(party, by=cases.citizen())
        with pytest.raises(WrongState):
            acts.join(party, by=seller())


class TestTheDecision:
    def test_each_gets_it_and_the_case_ends_when_all_have(self, calendar):
        case = drafted()
        party = confirmed(case)
        Case.objects.filter(pk=case.pk).update(service={"way": "window"})
        case.refresh_from_db()
        case = granted(intake.submit(case, by=cases.citizen()))
        clerk = post(case, "clerk")
        outcome.deliver(case, by=clerk, way="window")
        with pytest.raises(ValueError, match="还没有送达共同申请人王强"):
            outcome.finish(case, by=clerk)
        from onewindow.cases.actions import serving

        row = deliveries.decision(deliveries.ensure(case), party)
        serving.serve(case, by=clerk, papers=[row.pk], handing=Handing("window"))
        assert deliveries.mine(case, seller())[-1].is_effective
        assert outcome.finish(case, by=clerk).state == "finished"

    def test_online_to_both_who_agreed(self, calendar):
        case = drafted()
        confirmed(case)
        case.refresh_from_db()
        case = granted(intake.submit(case, by=cases.citizen()))
        outcome.deliver(case, by=post(case, "clerk"), way="online")
        assert deliveries.unserved(case) == []


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_two_with_one_link_one_wins(calendar):
    party = asked(drafted())
    both = [seller("wang1"), seller("wang2", number="510125199001010019")]

    def join(by):
        try:
            return acts.join(Party.objects.select_related("case__version").get(pk=party.pk), by=by).person_id
        except Conflict:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(join, both))
    party.refresh_from_db()
    assert sorted(map(bool, found)) == [False, True] and party.person_id in found
