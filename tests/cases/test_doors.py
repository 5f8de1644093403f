"""Who may see a case, and who may file one: the applicant, an agent under a mandate 委托, the window, the agency."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.accounts import actions as accounts
from onewindow.accounts.models import Mandate, Person, Post
from onewindow.accounts.principal import from_user
from onewindow.cases import applicants, timeline
from onewindow.cases.actions import drafts, guards, intake, review
from onewindow.cases.models import Case
from onewindow.kernel import clock
from tests.cases.conftest import submitted
from tests.factories import cases
from tests.factories.accounts import MandateFactory, OrganisationFactory, PersonFactory
from tests.factories.applications import fill
from tests.factories.catalogue import agency, flagship

pytestmark = pytest.mark.django_db
CHEN = {"name": "陈静", "number": "510125198506210020", "phone": "13900000020"}


@pytest.fixture
def agent():
    return cases.citizen("chen", **CHEN)


@pytest.fixture
def mandate(agent):
    """李秀英 lets 陈静 apply for her card, until the end of the year."""
    granny = cases.citizen()
    giver, held_by = (Person.objects.get(pk=who.person_id) for who in (granny, agent))
    return accounts.give_mandate(giver, held_by, by=granny, scope=["XDP0096"], ends=clock.today() + timedelta(days=30))


def under(mandate, agent, code="XDP0096", **changes):
    parties = {"person": mandate.principal_person, "organisation": mandate.principal_organisation}
    return drafts.open_case(flagship(code), by=agent, mandate=mandate, **parties | changes)


def sees(principal, case):
    found = Case.objects.open_to(principal).filter(pk=case.pk)
    mine = found.of_applicant(principal)
    return found.exists(), mine.exists()


class TestMandate:
    def test_its_life(self, agent, mandate, time_machine):
        case = fill(under(mandate, agent), agent)
        assert (case.applicant_name, case.person_id) == ("李秀英", mandate.principal_person_id)
        assert sees(agent, case) == sees(cases.citizen(), case) == (True, True)
        intake.submit(case, by=agent)
        accounts.revoke_mandate(mandate, by=cases.citizen())
        assert sees(agent, case) == (False, False)
        with pytest.raises(PermissionDenied):
            intake.withdraw(case, by=agent)
        intake.withdraw(case, by=cases.citizen())

    def test_its_last_day_counts_and_the_next_does_not(self, agent, mandate, time_machine):
        case = fill(under(mandate, agent), agent)
        time_machine.move_to(clock.now() + timedelta(days=30))
        assert sees(agent, case) == (True, True) and guards.applicant(case, agent)
        time_machine.move_to(clock.now() + timedelta(days=1))
        assert sees(agent, case) == (False, False)
        for act in (lambda: drafts.save_answers(case, {}, by=agent), lambda: intake.submit(case, by=agent)):
            with pytest.raises(PermissionDenied):
                act()
        with pytest.raises(PermissionDenied, match="委托已经失效"):
            under(mandate, agent)

    def test_only_what_it_covers(self, agent, mandate):
        with pytest.raises(PermissionDenied, match="范围不包括"):
            under(mandate, agent, "XDP0032")
        assert [choice.key for choice in applicants.choices(agent, flagship("XDP0032"))] == ["self"]
        assert [choice.key for choice in applicants.choices(agent, flagship())] == ["self", f"mandate:{mandate.pk}"]

    def test_not_for_anybody_else_and_by_nobody_else(self, agent, mandate):
        third = PersonFactory(name="王强")
        with pytest.raises(PermissionDenied):
            under(mandate, agent, person=third)
        with pytest.raises(PermissionDenied):
            under(mandate, cases.citizen("wang", name="王强", number="510125198506210039"))
        revoked = Mandate.objects.get(pk=mandate.pk)
        accounts.revoke_mandate(revoked, by=cases.citizen())
        with pytest.raises(PermissionDenied):
            under(mandate, agent)  # the page still holds the mandate as it was

    def test_for_a_body(self, agent):
        body = OrganisationFactory()
        held = MandateFactory(principal_organisation=body, agent_id=agent.person_id, ground="operator")
        case = under(held, agent, "XDA0106")
        assert (case.applicant_name, case.applicant_masked) == (body.name, body.name)
        assert sees(cases.citizen(), case) == (False, False)


class TestFiling:
    @pytest.mark.parametrize("channel", ["online", "api", "agent", "desk"])
    def test_nobody_files_for_another_without_a_mandate(self, channel, agent):
        with pytest.raises(PermissionDenied):
            drafts.open_case(flagship(), by=agent, person=cases.person(), channel=channel)

    def test_no_body_without_a_mandate(self, agent):
        with pytest.raises(PermissionDenied):
            drafts.open_case(
                flagship(), by=agent, organisation=OrganisationFactory(), person=Person.objects.get(pk=agent.person_id)
            )

    def test_the_window_files_only_for_its_own_agency(self):
        item = flagship()
        with pytest.raises(PermissionDenied):
            drafts.open_case(
                item, by=cases.officer("别局", agency("MZJ").pk, "clerk"), person=cases.person(), channel="desk"
            )

    def test_a_clerks_phone_is_not_the_applicants(self):
        clerk = cases.officer("窗口", flagship().agency_id, "clerk")
        clerk = type(clerk)(**{**clerk.__dict__, "phone": "13700000000"})
        person = PersonFactory(name="王桂英")
        assert drafts.open_case(flagship(), by=clerk, person=person, channel="desk").applicant_phone == ""


class TestSeeing:
    def test_a_draft_is_nobodys_business_but_the_applicants(self):
        case = cases.draft()
        for role in ("clerk", "reviewer", "decider", "manager", "supervisor"):
            assert sees(cases.officer(f"官{role}", "WJJ", role), case) == (False, False)
        assert sees(cases.citizen(), case) == (True, True)

    @pytest.mark.parametrize(
        ("role", "where", "seen"),
        [
            ("clerk", "WJJ", True), ("reviewer", "WJJ", True), ("decider", "WJJ", True), ("manager", "WJJ", True),
            ("clerk", "MZJ", False), ("manager", "MZJ", False), ("editor", "WJJ", False), ("operator", "WJJ", False),
            ("agent", "WJJ", False), ("supervisor", "WJJ", True), ("supervisor", "MZJ", False),
            ("supervisor", None, True), ("operator", None, False), ("clerk", None, False),
        ],
    )  # fmt: skip
    def test_a_submitted_case_by_post(self, role, where, seen):
        case = submitted()
        if where:
            agency(where)
        assert sees(cases.officer("职员", where, role), case) == (seen, False)

    def test_a_post_that_has_ended_opens_nothing(self):
        case = submitted()
        officer = cases.officer("离任", "WJJ", "clerk")
        post = Post.objects.get(user_id=officer.user_id)
        post.starts, post.ends = date(2020, 1, 1), clock.today() - timedelta(days=1)
        post.save()
        assert sees(from_user(post.user), case) == (False, False)

    def test_what_a_clerk_took_in_stays_with_the_agency(self):
        clerk = cases.officer("调走的", flagship().agency_id, "clerk")
        case = drafts.open_case(flagship(), by=clerk, person=cases.person(), channel="desk")
        assert sees(clerk, case) == (True, False)  # at the desk, not under "my matters"
        intake.submit_in_person(fill(case, clerk), by=clerk)
        agency("MZJ")
        Post.objects.filter(user_id=clerk.user_id).update(agency="MZJ")
        moved = cases.officer("调走的", "MZJ", "clerk")
        assert sees(moved, case) == (False, False)
        assert not guards.filer(case, moved)
        assert sees(cases.citizen(), case) == (True, True)  # the person it is about

    def test_a_stranger_and_nobody(self, agent):
        case = submitted()
        assert sees(agent, case) == (False, False)
        assert not Case.objects.open_to(None).exists()


def test_the_applicant_reads_that_it_was_reviewed_and_not_what_officers_wrote_each_other(db):
    case = cases.accepted()
    staff = cases.officer("审查员", "WJJ", "reviewer")
    review.give_opinion(case, by=staff, advice="agree", opinion="电话核实过年龄")
    assert "电话核实过年龄" in timeline.of(case, inner=True)[-1].words
    assert "电话核实过年龄" not in timeline.of(case)[-1].words
