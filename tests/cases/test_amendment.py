"""更正: nothing changes before the applicant has consented; the principal stops an agent at once."""

import json

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases.actions import agents, amendment, drafts, intake
from onewindow.cases.messages import on_entry
from onewindow.cases.models import Case
from onewindow.kernel import secrecy
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import post, submitted
from tests.factories import cases
from tests.factories.accounts import MandateFactory
from tests.factories.applications import fill

pytestmark = pytest.mark.django_db


def proposed(case, **said):
    words = {"field": "phone", "new": "13880006666", "reason": "电话少写一位，来电核实过"} | said
    return amendment.propose_change(case, by=post(case, "clerk"), **words).amendments[-1]["id"]


class TestAmendment:
    def test_only_with_consent_and_both_in_the_ledger(self, calendar):
        case = submitted()
        before = case.form["phone"]
        change = proposed(case)
        case.refresh_from_db()
        assert case.form["phone"] == before
        with pytest.raises(PermissionDenied):
            amendment.consent(case, by=post(case, "clerk"), change=change)
        amendment.consent(case, by=cases.citizen(), change=change)
        case.refresh_from_db()
        assert case.form["phone"] == "13880006666"
        rows = Entry.objects.filter(subject=case.number, event__startswith="case.change_").order_by("seq")
        assert [row.event for row in rows] == ["case.change_proposed", "case.change_consented"]
        assert all(f"{before} → 13880006666" in row.data["told"] for row in rows)
        with pytest.raises(WrongState):
            amendment.consent(case, by=cases.citizen(), change=change)

    def test_refused_it_stays(self, calendar):
        case = submitted()
        before, change = case.form["phone"], proposed(case)
        amendment.refuse(case, by=cases.citizen(), change=change)
        case.refresh_from_db()
        assert case.form["phone"] == before and case.amendments[0]["answer"] == "refused"

    def test_at_the_window_the_signed_paper_is_named(self, calendar):
        case = submitted()
        change = proposed(case)
        with pytest.raises(ValueError, match="签名"):
            amendment.consent_at_window(case, by=post(case, "clerk"), change=change, note="")
        amendment.consent_at_window(case, by=post(case, "clerk"), change=change, note="更正确认书，3月2日签名")
        assert case.form["phone"] == "13880006666" and case.amendments[0]["note"].startswith("更正确认书")

    @pytest.mark.parametrize(
        ("said", "match"),
        [({"new": "123"}, "联系电话"), ({"field": "nothing"}, "选择"), ({"reason": "错"}, "为什么")],
    )
    def test_what_makes_no_sense_is_not_proposed(self, calendar, said, match):
        with pytest.raises(ValueError, match=match):
            proposed(submitted(), **said)

    def test_a_personal_number_is_never_written_out(self, calendar):
        case, number = submitted("XDA0106"), "510125198506211032"
        amendment.consent(case, by=cases.citizen(), change=proposed(case, field="head_number", new=number))
        case.refresh_from_db()
        assert number not in json.dumps([case.form, case.amendments])
        said = [row.data["told"] for row in Entry.objects.filter(subject=case.number, event__startswith="case.change_")]
        assert len(said) == 2 and all(words.endswith(secrecy.mask_number(number)) for words in said)
        assert not any(number in json.dumps(row.data) for row in Entry.objects.filter(subject=case.number))


class TestAgent:
    @pytest.fixture
    def filed(self, calendar):
        father, agent = cases.citizen(), cases.citizen("wang", name="王强", number="510125198506210014", phone="")
        item = cases.flagship()
        mandate = MandateFactory(principal_person_id=father.person_id, agent_id=agent.person_id, scope=[item.code])
        case = drafts.open_case(item, by=agent, person=cases.person(), mandate=mandate)
        return intake.submit(fill(case, agent), by=agent), father, agent

    def test_stopped_for_this_case_the_agent_is_out_at_once_and_the_case_stays(self, filed):
        case, father, agent = filed
        assert case in Case.objects.open_to(agent)
        with pytest.raises(PermissionDenied):
            agents.stop_agent(case, by=agent)
        agents.stop_agent(case, by=father)
        assert case not in Case.objects.open_to(agent) and case in Case.objects.open_to(father)
        with pytest.raises(PermissionDenied):
            intake.withdraw(case, by=agent)
        case.mandate.refresh_from_db()
        assert (case.state, case.mandate.revoked_at) == ("submitted", None)
        on_entry(Entry.objects.get(subject=case.number, event="case.agent_stopped"))
        assert Message.objects.filter(template="agent_stopped", user_id=agent.user_id).exists()

    def test_or_altogether(self, filed):
        case, father, agent = filed
        agents.stop_agent(case, by=father, altogether=True)
        case.mandate.refresh_from_db()
        assert case.mandate.revoked_at is not None and case not in Case.objects.open_to(agent)

    def test_what_the_agent_does_the_principal_is_told(self, filed):
        case, father, agent = filed
        intake.withdraw(case, by=agent, reason="父亲改主意了")
        on_entry(Entry.objects.get(subject=case.number, event="case.withdrawn"))
        assert Message.objects.filter(template="acted_for_you", user_id=father.user_id).exists()
