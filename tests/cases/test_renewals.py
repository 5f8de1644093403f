"""到期提醒: once, before the last day to apply for renewal, to the holder, with the way to apply (行政许可法 §50)."""

from datetime import date

import pytest

from onewindow.cases import renewals
from onewindow.documents.models import Certificate
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import granted, submitted
from tests.cases.test_concerning import asked, variant
from tests.factories import cases
from tests.factories.accounts import MandateFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


@pytest.fixture
def held():
    """Valid until the 1st of September: renewal is to be applied for by the 2nd of August."""
    issued = Certificate.objects.get(case_number=granted(submitted("XDA0106")).number)
    issued.valid_until = date(2026, 9, 1)
    issued.save(update_fields=["valid_until"])
    return issued


def told():
    for entry in Entry.objects.filter(event="certificate.renewal_reminded"):
        renewals.on_entry(entry)
        renewals.on_entry(entry)
    return list(Message.objects.filter(template="renewal_reminded").order_by("channel"))


def test_once_thirty_days_before_the_last_day_to_apply(held, monday):
    item = variant("renew")
    monday.move_to("2026-07-02 09:10+08:00")
    assert renewals.run() == 0
    monday.move_to("2026-07-03 09:10+08:00")
    assert (renewals.run(), renewals.run()) == (1, 0)
    app, sms = told()
    assert (app.user.person_id, app.link) == (held.person_id, f"/apply/{item.code}/")
    assert "2026年9月1日到期" in sms.text and "2026年8月2日以前申请延续" in sms.text and held.number in sms.text
    monday.move_to("2026-07-20 09:10+08:00")
    assert renewals.run() == 0


def test_a_missed_morning_is_made_up_for_while_there_is_still_time(held, monday):
    variant("renew")
    monday.move_to("2026-08-02 09:10+08:00")
    assert renewals.run() == 1


def test_when_the_last_day_has_passed_nobody_is_told_to_apply(held, monday):
    variant("renew")
    monday.move_to("2026-08-03 09:10+08:00")
    assert renewals.run() == 0


@pytest.mark.parametrize("days", [0, 10])
def test_the_item_says_how_long_before(held, monday, days):
    concerns = {"act": "renew", "certificates": [held.type_name], "before_days": 60, "remind_days": days}
    variant("renew", concerns=concerns)
    monday.move_to("2026-06-23 09:10+08:00")
    assert renewals.run() == (days > 0)
    assert Entry.objects.filter(event="certificate.renewal_reminded").count() == (days > 0)


def test_whoever_has_applied_or_holds_none_that_counts_is_left_alone(held, monday):
    monday.move_to("2026-07-03 08:00+08:00")
    asked(held)
    assert renewals.run() == 0
    ended = Certificate.objects.get(case_number=granted(submitted("XDA0106")).number)
    ended.valid_until, ended.state = date(2026, 9, 1), Certificate.State.CANCELLED
    ended.save(update_fields=["valid_until", "state"])
    assert renewals.run() == 0 and told() == []


def test_of_a_body_the_one_who_stands_for_it_is_told(held, monday):
    variant("renew")
    held.organisation, held.person = OrganisationFactory(), None
    held.save(update_fields=["organisation", "person"])
    boss = cases.citizen("chen", name="陈静", number="510125198907142128", phone="13880005678")
    MandateFactory(principal_organisation=held.organisation, agent_id=boss.person_id, ground="legal")
    monday.move_to("2026-07-03 09:10+08:00")
    renewals.run()
    assert [message.user_id for message in told() if message.channel == "in_app"] == [boss.user_id]
