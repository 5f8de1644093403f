"""Identities, mandates, posts and the full number: who may, and what goes on record."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

from onewindow.accounts import actions
from onewindow.accounts.models import Mandate, Person, Post
from onewindow.kernel import clock
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from tests.cast import member
from tests.factories.accounts import (
    AgencyFactory,
    OrganisationFactory,
    PersonFactory,
    StaffFactory,
    UserFactory,
    citizen_number,
)

NUMBER = citizen_number(202, "19560312")


@pytest.fixture
def newcomer(db):
    """A citizen who has signed in by phone and said nothing yet."""
    return member(UserFactory(person=None, name="", phone="13800000009"))


def state(newcomer, name="李秀英", number=NUMBER, document="resident_id"):
    return newcomer.client.post(reverse("my-identity"), {"name": name, "number": number, "document": document})


def last(kind: str, subject: object) -> Entry:
    return Entry.objects.filter(kind=kind, subject=str(subject)).order_by("-seq").first()


class TestIdentity:
    def test_stated_once_sealed_and_masked(self, newcomer):
        assert state(newcomer, number=NUMBER.lower()).url == reverse("my-account")
        person = Person.find(NUMBER)
        assert (person.name, person.verified_by, person.verified_level) == ("李秀英", "自报", 2)
        assert NUMBER not in person.number_cipher
        page = newcomer.client.get(reverse("my-account")).content.decode()
        assert person.number_masked in page and NUMBER not in page
        assert newcomer.principal.person_id == person.pk
        row = last("user", newcomer.user.pk)
        assert row.event == "user.identity_stated" and NUMBER not in str(row.data)

    @pytest.mark.parametrize(
        "number",
        [
            NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"),
            NUMBER[:17],
            citizen_number(1, "19561331"),
            citizen_number(1, "20990101"),
            "",
        ],
    )
    def test_a_wrong_number_is_refused(self, newcomer, number):
        assert state(newcomer, number=number).status_code == 422
        assert not Person.objects.exists()

    def test_the_sample_of_the_standard_passes(self):
        assert actions.checked_number("1101 0519 4912 3100 2x", "resident_id") == "11010519491231002X"

    def test_other_documents_are_checked_for_form_only(self):
        assert actions.checked_number("e1234 5678", "passport") == "E12345678"
        for number in ("E1", "证123456"):
            with pytest.raises(ValidationError):
                actions.checked_number(number, "passport")

    def test_a_number_of_another_account_is_refused(self, newcomer):
        person = PersonFactory(name="李秀英", number=NUMBER)
        UserFactory(person=person)
        response = state(newcomer)
        assert response.status_code == 422 and actions.TAKEN in response.content.decode()
        assert newcomer.principal.person_id is None

    @pytest.mark.parametrize(
        "known, joined",
        [
            ({"name": "李秀英"}, True),
            ({"name": "王强"}, False),
            ({"name": "王强", "verified_by": "他人填报", "verified_level": 0}, True),
            ({"name": "李秀英", "phone": "13800000009", "verified_level": 5}, True),
            ({"name": "李秀英", "phone": "13711111111"}, False),
            ({"name": "李秀英", "verified_level": 5}, False),
        ],
    )
    def test_a_person_on_record_is_joined_only_when_it_fits(self, newcomer, known, joined):
        person = PersonFactory(number=NUMBER, **known)
        assert state(newcomer).status_code == (302 if joined else 422)
        newcomer.user.refresh_from_db()
        assert newcomer.user.person_id == (person.pk if joined else None)
        assert Person.objects.get().verified_level == max(2 if joined else 0, known.get("verified_level", 2))

    def test_once_is_once(self, newcomer, citizen):
        state(newcomer)
        assert state(newcomer, number=citizen_number(7)).status_code == 422
        assert Person.find(citizen_number(7)) is None
        with pytest.raises(PermissionDenied):
            actions.register_identity(citizen.user, "王强", NUMBER, "resident_id", by=newcomer.principal)

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_two_accounts_state_one_number_at_once(self):
        users, barrier, done = [UserFactory(person=None) for _ in range(3)], threading.Barrier(3), []
        principals = [member(user).principal for user in users]

        def run(user, principal) -> None:
            barrier.wait()
            try:
                actions.register_identity(user, "李秀英", NUMBER, "resident_id", by=principal)
                done.append(user)
            except ValidationError:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=pair) for pair in zip(users, principals, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 1
        assert list(Person.objects.get().users.all()) == done


FAULTS = [{"ends": "2020-01-01"}, {"ends": "明天"}, {"number": NUMBER[:-1]}, {"name": ""}]


class TestMandates:
    def give(self, citizen, number=NUMBER, **fields):
        data = {"name": "杜春梅", "number": number, "document": "resident_id"} | fields
        return citizen.client.post(reverse("my-mandate-new"), data)

    def test_given_and_taken_back_on_the_page(self, citizen):
        assert self.give(citizen).status_code == 302
        mandate = Mandate.objects.get(principal_person=citizen.person)
        assert not Mandate.objects.in_force().exists()  # the other has not accepted
        assert (mandate.agent.name, mandate.covers("XDP0096")) == ("杜春梅", True)
        page = reverse("my-mandate-revocation", args=[mandate.pk])
        assert page in citizen.client.get(reverse("my-account")).content.decode()
        assert "解除这份委托吗" in citizen.client.get(page).content.decode()
        citizen.client.post(page)
        assert not Mandate.objects.in_force().exists()
        events = Entry.objects.filter(kind="person", subject=str(citizen.person.pk)).order_by("seq")
        assert [row.event for row in events] == ["mandate.given", "mandate.revoked"]
        assert citizen.client.post(page).status_code == 404

    def test_a_strangers_mandate_does_not_exist(self, citizen, other_citizen):
        self.give(citizen)
        page = reverse("my-mandate-revocation", args=[Mandate.objects.get().pk])
        assert other_citizen.client.get(page).status_code == 404
        assert other_citizen.client.post(page).status_code == 404
        assert Mandate.objects.get().revoked_at is None

    def test_the_agent_may_lay_it_down(self, citizen, other_citizen):
        mandate = actions.give_mandate(citizen.person, other_citizen.person, by=citizen.principal)
        other_citizen.client.post(reverse("my-mandate-revocation", args=[mandate.pk]))
        assert not Mandate.objects.in_force().exists()

    @pytest.mark.parametrize("fields", FAULTS)
    def test_a_faulty_mandate_is_refused(self, citizen, fields):
        assert self.give(citizen, **fields).status_code == 422
        assert not Mandate.objects.exists()

    def test_it_ends_with_its_last_day(self, citizen, other_citizen):
        ends = clock.today() + timedelta(days=3)
        actions.give_mandate(citizen.person, other_citizen.person, by=citizen.principal, ends=ends)
        assert Mandate.objects.in_force(ends).exists()
        assert not Mandate.objects.in_force(ends + timedelta(days=1)).exists()

    def test_nobody_gives_anothers_mandate_but_the_clerk_with_the_paper(self, citizen, other_citizen, clerk, reviewer):
        for stranger in (other_citizen, reviewer):
            with pytest.raises(PermissionDenied):
                actions.give_mandate(citizen.person, other_citizen.person, by=stranger.principal)
        assert actions.give_mandate(citizen.person, other_citizen.person, by=clerk.principal)
        with pytest.raises(ValidationError):
            actions.give_mandate(citizen.person, citizen.person, by=citizen.principal)

    def test_for_a_body_only_its_legal_representative(self, citizen, other_citizen, clerk):
        company = OrganisationFactory(legal_representative=citizen.person.name)
        with pytest.raises(PermissionDenied):
            actions.give_mandate(company, other_citizen.person, by=citizen.principal)
        legal = Mandate.Ground.LEGAL
        with pytest.raises(PermissionDenied):
            actions.give_mandate(citizen.person, other_citizen.person, by=citizen.principal, ground=legal)
        actions.give_mandate(company, citizen.person, by=clerk.principal, ground=legal)
        mandate = actions.give_mandate(company, other_citizen.person, by=citizen.principal)
        assert mandate.principal == company
        with pytest.raises(PermissionDenied):  # an agent does not appoint agents (民法典 §169)
            actions.give_mandate(company, clerk_person(), by=other_citizen.principal)

    def test_without_an_identity_nobody_mandates(self, newcomer):
        assert self.give(newcomer).url == reverse("my-identity")


def clerk_person() -> Person:
    return PersonFactory(name="周丽")


class TestPosts:
    def test_given_taken_up_again_and_ended_at_once(self, operator):
        staff, agency = member(StaffFactory()), AgencyFactory(code="SWJ")
        post = actions.appoint(staff.user, Post.Role.CLERK, by=operator.principal, agency=agency)
        assert staff.principal.has_at("SWJ", "clerk")
        actions.end_post(post, by=operator.principal)
        assert not staff.principal.has("clerk")
        again = actions.appoint(staff.user, Post.Role.CLERK, by=operator.principal, agency=agency)
        assert again.pk == post.pk and staff.principal.has("clerk")
        rows = Entry.objects.filter(kind="user", subject=str(staff.user.pk), event__startswith="post.")
        assert [row.event for row in rows.order_by("seq")] == ["post.given", "post.ended", "post.given"]

    def test_only_the_operator_and_never_for_oneself(self, operator, clerk, decider):
        agency = clerk.agency
        with pytest.raises(PermissionDenied):
            actions.appoint(clerk.user, Post.Role.DECIDER, by=decider.principal, agency=agency)
        with pytest.raises(PermissionDenied):
            actions.appoint(operator.user, Post.Role.CLERK, by=operator.principal, agency=agency)
        with pytest.raises(PermissionDenied):
            actions.end_post(decider.user.posts.get(), by=clerk.principal)

    def test_a_window_post_needs_an_agency_and_a_member_of_staff(self, citizen):
        by = System("demo")
        with pytest.raises(ValidationError):
            actions.appoint(StaffFactory(), Post.Role.CLERK, by=by)
        with pytest.raises(ValidationError):
            actions.appoint(citizen.user, Post.Role.CLERK, by=by, agency=AgencyFactory())


class TestFullNumber:
    def test_a_window_post_sees_it_with_a_reason_on_record(self, citizen, clerk, reviewer, decider):
        person = PersonFactory(number=NUMBER)
        for officer in (clerk, reviewer, decider):
            shown = actions.view_number(
                person, by=officer.principal, reason=f"核对 {NUMBER} 户口簿", case_number="5101142600000018"
            )
            assert shown == NUMBER
            row = last("person", person.pk)
            assert (row.event, row.actor) == ("person.number_viewed", officer.principal.key)
            assert row.data == {"reason": f"核对 {person.number_masked} 户口簿", "case": "5101142600000018"}

    def test_nobody_else_and_not_without_a_reason(self, citizen, clerk, operator):
        person = PersonFactory(number=NUMBER)
        for stranger in (citizen, operator):
            with pytest.raises(PermissionDenied):
                actions.view_number(person, by=stranger.principal, reason="想看一看这个号码")
        with pytest.raises(ValidationError):
            actions.view_number(person, by=clerk.principal, reason="  看看 ")
        assert not Entry.objects.filter(event="person.number_viewed").exists()

    def test_not_after_the_post_has_ended(self, clerk, operator):
        person = PersonFactory()
        with time_machine.travel(clock.now()):
            actions.end_post(clerk.user.posts.get(), by=operator.principal)
        with pytest.raises(PermissionDenied):
            actions.view_number(person, by=clerk.principal, reason="核对户口簿")


class TestOwnPassword:
    def set(self, newcomer, new, current=""):
        return newcomer.client.post(reverse("my-password"), {"new": new, "current": current})

    def test_set_changed_and_used(self, newcomer, client):
        phone = newcomer.client.__class__()
        phone.cookies = newcomer.client.cookies.copy()
        assert self.set(newcomer, "osmanthus-2017").status_code == 302
        assert newcomer.client.get(reverse("my-account")).status_code == 200
        assert phone.get(reverse("my-account")).status_code == 302
        assert self.set(newcomer, "cinnabar-2018", current="wrong").status_code == 422
        assert self.set(newcomer, "cinnabar-2018", current="osmanthus-2017").status_code == 302
        credentials = {"identifier": newcomer.user.phone, "password": "cinnabar-2018"}
        assert client.post(reverse("sign-in") + "?method=password", credentials).status_code == 302

    @pytest.mark.parametrize("weak", ["short", "12345678", "password"])
    def test_a_weak_one_is_refused(self, newcomer, weak):
        assert self.set(newcomer, weak).status_code == 422
