"""绑定: acting for a child, a parent, a firm: asked, proven, seen, ended."""

from __future__ import annotations

import re
import threading
from datetime import date, timedelta
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from PIL import Image

from onewindow.accounts import acting, actions
from onewindow.accounts import principal as principals
from onewindow.accounts.models import Mandate, Person, Post
from onewindow.cases import messages
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications import mandates as notices
from onewindow.notifications import tasks
from onewindow.notifications.models import Message
from tests.cast import member, officer
from tests.factories.accounts import MandateFactory, OrganisationFactory, PersonFactory, UserFactory, citizen_number
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

CHILD = {"name": "王小明", "number": citizen_number(3, "20150301"), "relation": "父亲"}


@pytest.fixture
def mother(db):
    """The elder, with an account of her own."""
    return member(UserFactory(name="李秀英", phone="13800000001"))


@pytest.fixture
def son(db):
    return member(UserFactory(name="王强", phone="13800000002"))


@pytest.fixture
def asked(son, mother) -> Mandate:
    page = ask(son, "kin", elder(mother))
    return Mandate.objects.get(reference=page.url.split("/")[-2])


def elder(mother, **changes):
    said = {"name": "李秀英", "number": mother.person.number, "phone": "13800000001", "relation": "儿子"}
    return said | {"ends": (clock.today() + timedelta(days=300)).isoformat()} | changes


def ask(who, ground: str, data: dict):
    return who.client.post(reverse("my-binding-new", args=[ground]), data)


def page(who, mandate: Mandate) -> str:
    return who.client.get(reverse("my-binding", args=[mandate.reference])).content.decode()


def in_force(mandate: Mandate) -> bool:
    return Mandate.objects.in_force().filter(pk=mandate.pk).exists()


def sent_code(mandate: Mandate) -> str:
    tasks.ask_consent(mandate.pk)
    text = Message.objects.filter(template="kin_consent").latest("pk").text
    return re.search(r"验证码 (\d{6})", text).group(1)


def tell_code(who, mandate: Mandate, code: str):
    return who.client.post(reverse("my-binding-consent", args=[mandate.reference]), {"code": code})


def told(template: str) -> list[str]:
    """Whom the notices of that kind reached, after the worker has read the ledger."""
    for entry in Entry.objects.order_by("pk"):
        notices.on_entry(entry)
    return list(Message.objects.filter(template=template).order_by("pk").values_list("to", flat=True))


def verify(clerk, mandate: Mandate, **changes):
    seen = {"name": CHILD["name"], "number": CHILD["number"], "paper": "户口簿", "card": "yes"} | changes
    return clerk.client.post(reverse("desk-binding-verification", args=[mandate.reference]), seen)


class TestElder:
    def test_consents_by_a_code_to_the_own_phone(self, son, mother, asked):
        assert not in_force(asked) and "还没有核实" in page(son, asked)
        code = sent_code(asked)
        assert tell_code(son, asked, f"{(int(code) + 1) % 10**6:06d}").status_code == 422
        assert tell_code(son, asked, code).status_code == 302
        asked.refresh_from_db()
        assert in_force(asked) and asked.proven_how == "phone_code"
        assert told("mandate_proven") == [f"user:{mother.user.pk}", "13800000001"]
        events = Entry.objects.filter(kind="person", subject=str(mother.person.pk)).order_by("seq")
        assert [row.event for row in events] == ["mandate.asked", "mandate.proven"]

    def test_a_code_for_consent_never_signs_in_and_the_other_way_round(self, client, son, asked):
        client.post(reverse("sign-in"), {"phone": "13800000001"})
        for_sign_in = re.search(r"验证码 (\d{6})", Message.objects.get(template="sign_in_code").text).group(1)
        with time_machine.travel(clock.now() + timedelta(seconds=61)):
            for_consent = sent_code(asked)
            if for_consent != for_sign_in:
                assert client.post(reverse("sign-in-code"), {"code": for_consent}).status_code == 422
                assert tell_code(son, asked, for_sign_in).status_code == 422
            assert tell_code(son, asked, for_consent).status_code == 302

    @pytest.mark.parametrize(
        "changes", [{"name": "李秀兰"}, {"phone": "13800000002"}, {"number": citizen_number(8, "19500101")}]
    )
    def test_a_stranger_learns_nothing(self, son, mother, changes):
        right = ask(son, "kin", elder(mother))
        shown = page(son, Mandate.objects.get(reference=right.url.split("/")[-2]))
        other = member(UserFactory(name="陈静"))
        wrong = ask(other, "kin", elder(mother, **changes))
        mandate = Mandate.objects.get(reference=wrong.url.split("/")[-2])
        assert (wrong.status_code, wrong.url.split("/")[:3]) == (right.status_code, right.url.split("/")[:3])
        text = page(other, mandate)
        assert re.findall(r"<h2[^>]*>[^<]+", text) == re.findall(r"<h2[^>]*>[^<]+", shown)
        assert changes.get("name", "李秀英") in text
        tasks.ask_consent(mandate.pk)
        assert not Message.objects.filter(template="kin_consent").exists()
        assert mandate.pk not in {each.pk for each in Mandate.objects.for_acceptance(mother.person.pk)} or changes == {
            "phone": "13800000002"
        }

    def test_ten_tries_a_day(self, son, mother):
        answers = [ask(son, "kin", elder(mother, number=citizen_number(n, "19500101"))) for n in range(100, 111)]
        assert [answer.status_code for answer in answers] == [302] * 10 + [422]

    def test_agrees_or_not_in_the_own_account(self, son, mother, asked):
        assert "申请替您办事" in mother.client.get(reverse("my-account")).content.decode()
        mother.client.post(reverse("my-mandate-acceptance", args=[asked.pk]))
        asked.refresh_from_db()
        assert in_force(asked) and asked.proven_how == "accepted"
        mother.client.post(reverse("my-mandate-revocation", args=[asked.pk]))  # one click
        assert not in_force(asked)
        assert f"user:{son.user.pk}" in told("mandate_ended")

    def test_nobody_else_agrees(self, son, other_citizen, asked):
        for stranger in (son, other_citizen):
            stranger.client.post(reverse("my-mandate-acceptance", args=[asked.pk]))
        assert not in_force(asked)

    def test_files_for_her_with_both_names_and_she_is_told(self, son, mother, asked):
        acting.accept(asked, by=mother.principal)
        item = flagship()
        son.client.post(reverse("apply-start", args=[item.code]), {"applicant": f"mandate:{asked.pk}"})
        case = Case.objects.get()
        assert (case.applicant_name, case.mandate.agent.name) == ("李秀英", "王强")
        intake.submit(fill(case, son.principal), by=son.principal)
        messages.on_entry(Entry.objects.get(event="case.submitted"))
        assert f"user:{mother.user.pk}" in Message.objects.filter(template="filed_for_you").values_list("to", flat=True)
        assert "由 王强 代办（亲属代办）" in son.client.get(reverse("my-case", args=[case.number])).content.decode()
        actions.revoke_mandate(asked, by=mother.principal)
        assert son.client.get(reverse("my-case", args=[case.number])).status_code == 404
        assert mother.client.get(reverse("my-case", args=[case.number])).status_code == 200

    def test_what_she_files_alone_stays_hers(self, son, mother, asked):
        acting.accept(asked, by=mother.principal)
        case = drafts.open_case(flagship(), by=mother.principal, person=mother.person)
        assert son.client.get(reverse("my-case", args=[case.number])).status_code == 404

    @pytest.mark.parametrize("ends", [{"ends": "2020-01-01"}, {"ends": "2099-01-01"}, {"ends": ""}])
    def test_has_an_end_within_three_years(self, son, mother, ends):
        assert ask(son, "kin", elder(mother, **ends)).status_code == 422
        assert not Mandate.objects.exists()


class TestChild:
    @pytest.fixture
    def asked(self, son) -> Mandate:
        assert ask(son, "guardian", CHILD).status_code == 302
        return Mandate.objects.get()

    def test_the_window_proves_it_by_the_original(self, son, clerk, asked):
        assert not in_force(asked)
        assert "王小明" in clerk.client.get(reverse("desk-binding", args=[asked.reference])).content.decode()
        assert verify(clerk, asked).status_code == 302
        asked.refresh_from_db()
        assert (asked.proven_how, asked.proven_paper, asked.proven_by) == (
            "window", "户口簿", clerk.principal.key,
        )  # fmt: skip
        assert in_force(asked) and Person.objects.get(name="王小明").verified_level == 4
        assert asked.ends == date(2033, 2, 28)

    @pytest.mark.parametrize(
        "changes", [{"number": citizen_number(4, "20150301")}, {"paper": ""}, {"paper": "营业执照"}, {"card": ""}]
    )
    def test_not_without_original_card_and_matching_number(self, clerk, asked, changes):
        response = verify(clerk, asked, **changes)
        assert response.status_code == 422 and CHILD["name"] in response.content.decode()
        assert not in_force(asked)

    def test_only_clerks_and_never_the_own(self, citizen, reviewer, son, asked):
        for nobody in (citizen, reviewer, son):
            assert verify(nobody, asked).status_code == 404
        own = officer(Post.Role.CLERK)
        own.user.person = son.person
        own.user.save()
        principals.forget_all()
        assert verify(own, asked).status_code == 422 and not in_force(asked)

    def test_the_window_says_why_not(self, son, clerk, asked):
        refusal = reverse("desk-binding-refusal", args=[asked.reference])
        clerk.client.post(refusal, {"reason": "否"})
        assert Mandate.objects.asked().exists()
        clerk.client.post(refusal, {"reason": "户口簿上不是父子关系"})
        assert not Mandate.objects.asked().exists() and "户口簿上不是父子关系" in page(son, asked)
        assert verify(clerk, asked).status_code == 422

    def test_ends_at_midnight_of_the_eighteenth_birthday(self, clerk, son, asked, time_machine):
        verify(clerk, asked)
        case = drafts.open_case(flagship(), by=son.principal, person=Person.objects.get(name="王小明"), mandate=asked)
        time_machine.move_to("2033-02-28T23:59:00+08:00", tick=False)
        assert Case.objects.of_applicant(son.principal).filter(pk=case.pk).exists()
        time_machine.move_to("2033-03-01T00:00:00+08:00", tick=False)
        assert not Case.objects.of_applicant(son.principal).filter(pk=case.pk).exists()

    @pytest.mark.parametrize(("born", "last"), [("20080229", date(2026, 2, 27)), ("20080301", date(2026, 2, 28))])
    def test_leap_days(self, born, last):
        assert acting.last_day_of_childhood(citizen_number(1, born)) == last

    def test_an_adult_is_no_child(self, son):
        response = ask(son, "guardian", CHILD | {"number": citizen_number(3, "19900301")})
        assert response.status_code == 422 and "已满 18 周岁" in response.content.decode()

    def test_guardians_see_what_the_other_guardian_files(self, clerk, son, mother, asked):
        verify(clerk, asked)
        ask(mother, "guardian", CHILD | {"relation": "母亲"})
        other = Mandate.objects.get(agent=mother.person)
        verify(clerk, other)
        child = Person.objects.get(name="王小明")
        case = drafts.open_case(flagship(), by=son.principal, person=child, mandate=asked)
        assert mother.client.get(reverse("my-case", args=[case.number])).status_code == 200

    def test_the_picture_is_for_the_asker_and_the_window_only(self, son, clerk, other_citizen, reviewer, asked):
        buffer = BytesIO()
        Image.new("RGB", (30, 40)).save(buffer, "PNG")
        buffer.seek(0)
        buffer.name = "户口簿.png"
        son.client.post(reverse("my-binding-proofs", args=[asked.reference]), {"file": buffer})
        proof = asked.proofs.get()
        mine, desk = (
            reverse(name, args=[asked.reference, proof.pk]) for name in ("my-binding-proof", "desk-binding-proof")
        )
        assert son.client.get(mine).status_code == clerk.client.get(desk).status_code == 200
        assert {c.client.get(mine).status_code for c in (other_citizen, clerk)} == {404}
        assert {c.client.get(desk).status_code for c in (son, reviewer)} == {404}
        assert Entry.objects.filter(event="mandate.proof_opened").count() == 1

    def test_forgotten_after_thirty_days_and_asked_anew(self, son, asked):
        by = son.principal
        with time_machine.travel(clock.now() + timedelta(days=31)):
            assert not Mandate.objects.asked().exists()
            acting.ask_for_child(son.person, CHILD["name"], CHILD["number"], relation="父亲", by=by)
            assert Mandate.objects.asked().get().pk != asked.pk


class TestFirm:
    @pytest.fixture
    def company(self, citizen):
        body = OrganisationFactory(legal_representative=citizen.person.name)
        MandateFactory(principal_organisation=body, agent=citizen.person, ground="legal")
        return body

    def name_operator(self, citizen, company, operator, **changes):
        form = {"giver": f"body-{company.pk}", "name": operator.user.name, "number": operator.person.number}
        citizen.client.post(reverse("my-mandate-new"), form | {"document": "resident_id"} | changes)
        return Mandate.objects.get(agent=operator.person, principal_organisation=company)

    def test_the_licence_makes_the_legal_representative(self, citizen, clerk):
        body = OrganisationFactory(name="旧名", credit_code="91510114MA6DEMN00Q", legal_representative="前任")
        former = MandateFactory(principal_organisation=body, agent=PersonFactory(name="前任"), ground="legal")
        mandate = MandateFactory(
            principal_organisation=body, agent=citizen.person, ground="legal", proven_at=None, stated_name="新名"
        )
        seen = {"name": "新名", "number": body.credit_code, "paper": "营业执照正本或副本", "card": "yes"}
        verify(clerk, mandate, **seen)
        body.refresh_from_db()
        assert in_force(mandate) and not in_force(former)
        assert (body.name, body.legal_representative) == ("新名", citizen.person.name)

    def test_a_wrong_credit_code_is_told(self, citizen):
        assert ask(citizen, "legal", {"name": "示例公司", "number": "91510114MA6DEMN00X"}).status_code == 422

    def test_an_operator_accepts_sees_the_firms_cases_in_scope_and_loses_sight_at_once(self, citizen, son, company):
        flagship("XDP0096")
        operator = self.name_operator(citizen, company, son, whole="some", items=["XDP0096"])
        assert not in_force(operator)
        assert company.name in son.client.get(reverse("my-account")).content.decode()
        son.client.post(reverse("my-mandate-acceptance", args=[operator.pk]))
        legal = Mandate.objects.get(ground="legal")
        inside, outside = (
            drafts.open_case(flagship(code), by=citizen.principal, organisation=company, mandate=legal)
            for code in ("XDP0096", "XDA0106")
        )
        seen = [son.client.get(reverse("my-case", args=[case.number])).status_code for case in (inside, outside)]
        assert seen == [200, 404]
        citizen.client.post(reverse("my-mandate-revocation", args=[operator.pk]))
        assert son.client.get(reverse("my-case", args=[inside.number])).status_code == 404
        assert inside.number not in son.client.get(reverse("my-cases")).content.decode()

    def test_a_colleague_goes_on_where_one_left(self, citizen, son, mother, company):
        both = [self.name_operator(citizen, company, each) for each in (son, mother)]
        for mandate, who in zip(both, (son, mother), strict=True):
            acting.accept(mandate, by=who.principal)
        case = drafts.open_case(flagship("XDA0106"), by=son.principal, organisation=company, mandate=both[0])
        actions.revoke_mandate(both[0], by=citizen.principal)
        drafts.save_answers(case, {}, by=mother.principal)
        with pytest.raises(actions.PermissionDenied):
            drafts.save_answers(case, {}, by=son.principal)

    def test_naming_somebody_tells_nothing_about_the_record(self, citizen, son, company):
        """Another name with the number looks the same to the giver, and opens nothing."""
        wrong = self.name_operator(citizen, company, son, name="王刚")
        shown = citizen.client.get(reverse("my-account")).content.decode()
        assert "王刚" in shown and "王强" not in shown
        assert son.client.post(reverse("my-mandate-acceptance", args=[wrong.pk])).status_code == 404
        assert not in_force(wrong)

    def test_the_switch_shows_whom_one_stands_for(self, citizen, company):
        own = drafts.open_case(flagship("XDP0096"), by=citizen.principal, person=citizen.person)
        legal = Mandate.objects.get(ground="legal")
        firms = drafts.open_case(flagship("XDA0106"), by=citizen.principal, organisation=company, mandate=legal)

        def listed():
            text = citizen.client.get(reverse("my-cases")).content.decode()
            return [case for case in (own, firms) if case.number[:4] in text and f"/my/cases/{case.number}/" in text]

        assert listed() == [own]
        citizen.client.post(reverse("my-acting"), {"as": f"organisation-{company.pk}"})
        assert listed() == [firms]
        start = citizen.client.get(reverse("apply-start", args=["XDA0106"])).content.decode()
        assert f"现在代表：<b>{company.name}" in start
        Mandate.objects.update(revoked_at=clock.now())
        assert listed() == [own]

    def test_nobody_stands_for_whom_they_have_no_mandate(self, citizen, son, company):
        son.client.post(reverse("my-acting"), {"as": f"organisation-{company.pk}"})
        assert son.client.session["acting_for"] == "self"


def at_once(*acts):
    barrier, done = threading.Barrier(len(acts)), []

    def run(act) -> None:
        try:
            barrier.wait()
            act()
            done.append(True)
        except Exception as refusal:
            done.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(map(str, done))


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_binding_twice_is_one(self):
        son = member(UserFactory(name="王强"))
        by, person = son.principal, son.person

        def bind():
            acting.ask_for_child(person, CHILD["name"], CHILD["number"], relation="父亲", by=by)

        assert at_once(*[bind] * 4) == ["True"] * 4
        assert Mandate.objects.count() == 1 and Entry.objects.filter(event="mandate.asked").count() == 1

    def test_two_operators_accept_each_their_own_and_one_twice_is_one(self):
        company = OrganisationFactory()
        people = [member(UserFactory(name=name)) for name in ("王强", "陈静")]
        offers = [
            MandateFactory(
                principal_organisation=company, agent=each.person, ground="operator", proven_at=None,
                stated_name=each.person.name,
            )
            for each in people
        ]  # fmt: skip
        principals = [each.principal for each in people]
        said = at_once(
            lambda: acting.accept(offers[0], by=principals[0]),
            lambda: acting.accept(offers[0], by=principals[0]),
            lambda: acting.accept(offers[1], by=principals[1]),
        )
        assert said == ["True", "True", "ValidationError"]
        assert Mandate.objects.in_force().count() == Entry.objects.filter(event="mandate.proven").count() == 2
