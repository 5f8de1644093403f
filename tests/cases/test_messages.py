"""What people are told of their case: once, and only those who may know."""

import pytest

from onewindow.accounts import actions as accounts
from onewindow.accounts.models import Person
from onewindow.cases import messages
from onewindow.cases.actions import drafts, intake, outcome
from onewindow.feedback.models import Rating
from onewindow.kernel import ledger, subscribers
from onewindow.kernel.models import Cursor, Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import granted, post, submitted
from tests.factories import cases
from tests.factories.applications import fill
from tests.kernel.test_flow import at_once

CHEN = {"name": "陈静", "number": "510125198506210020", "phone": "13900000020"}


def finished():
    case = outcome.deliver(granted(submitted()), by=cases.officer("窗口", "WJJ", "clerk"), way="online")
    return outcome.finish(case, by=post(case, "clerk"))


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestOnce:
    def test_many_workers_tell_each_act_once(self):
        case = finished()
        at_once(subscribers.run_once)
        subscribers.run_once()
        told = list(Message.objects.filter(channel="in_app", subject=case.number).values_list("template", flat=True))
        assert sorted(told) == ["accepted", "delivered", "granted", "rating_invitation"]
        assert Message.objects.filter(channel="sms").count() == 4
        assert Rating.objects.count() == 1

    def test_reading_the_whole_ledger_again_tells_nobody_twice(self):
        finished()
        subscribers.run_once()
        before, token = Message.objects.count(), Rating.objects.get().token
        Cursor.objects.all().delete()
        assert subscribers.run_once() > 0
        assert (Message.objects.count(), Rating.objects.get().token) == (before, token)


def told(case, event) -> set[tuple[str, str]]:
    """(channel, to) of the messages the act makes."""
    messages.on_entry(Entry.objects.get(subject=case.number, event=event))
    return set(Message.objects.filter(subject=case.number).values_list("channel", "to"))


@pytest.mark.django_db
class TestWhom:
    def test_a_person_at_the_window_by_phone_and_in_the_account_if_there_is_one(self):
        clerk = cases.officer("窗口", cases.flagship().agency_id, "clerk")
        by_hand = {"by": clerk, "person": cases.person(), "channel": "desk"}
        case = intake.submit_in_person(fill(drafts.open_case(cases.flagship(), **by_hand), clerk), by=clerk)
        assert told(case, "case.received") == {("sms", "13880001234")}
        granny = cases.citizen()
        case = intake.submit_in_person(fill(drafts.open_case(cases.flagship(), **by_hand), clerk), by=clerk)
        expected = {("sms", "13880001234"), ("in_app", f"user:{granny.user_id}")}
        assert told(case, "case.received") == expected

    @pytest.mark.parametrize("revoked", [False, True])
    def test_an_agent_only_while_the_mandate_is_in_force(self, revoked):
        granny, agent = cases.citizen(phone=""), cases.citizen("chen", **CHEN)
        Person.objects.filter(pk=granny.person_id).update(phone="")
        giver, held_by = (Person.objects.get(pk=who.person_id) for who in (granny, agent))
        mandate = accounts.give_mandate(giver, held_by, by=granny)
        case = drafts.open_case(cases.flagship(), by=agent, person=giver, mandate=mandate)
        intake.submit(fill(case, agent), by=agent)
        intake.receive(case, by=post(case, "clerk"))
        if revoked:
            accounts.revoke_mandate(mandate, by=granny)
        reached = {to for channel, to in told(case, "case.received") if channel == "in_app"}
        assert reached == {f"user:{(granny if revoked else agent).user_id}"}

    def test_the_day_told_is_the_one_on_the_page(self, eve):
        case = submitted("XDP0052")
        intake.accept(case, by=post(case, "clerk"))
        told(case, "case.accepted")
        day = f"{case.due_on:%-m月%-d日}"
        assert case.due_on == case.promised_due < case.statutory_due
        assert f"最迟 {day} 办结" in Message.objects.filter(channel="sms").latest("id").text

    def test_acts_that_concern_the_office_only_tell_nobody(self):
        case = submitted()
        entry = ledger.record(case, "case.file_opened", by=post(case, "clerk"))
        messages.on_entry(Entry.objects.get(pk=entry))
        assert not Message.objects.exists()
