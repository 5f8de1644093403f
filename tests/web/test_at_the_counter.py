"""Who else stands at the counter: those who apply together, and somebody with a mandate and no account."""

import datetime as dt
import re

import pytest

from onewindow.accounts.models import Mandate, Person, User
from onewindow.cases import parties
from onewindow.cases.actions import drafts, intake
from onewindow.cases.actions import parties as acts
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.cases.conftest import calendar, rows, submitted, whole  # noqa: F401
from tests.cast import officer
from tests.factories import cases
from tests.factories.catalogue import flagship
from tests.web.test_instant import FILLED, NUMBER, chief, take, towns  # noqa: F401

SALE = {"parties": [{"key": "seller", "label": "卖方", "count": 1}]}
OTHER = "510125198506211032"
REFRESH = {"go-on": "refresh"}
WANG = {"name": "王强", "number": OTHER, "phone": "13880009999"}


def row(**more):
    return {f"party.seller.0.{key}": value for key, value in (WANG | {"signed": "yes"} | more).items()}


def agent(**more):
    said = WANG | {
        "paper": "entrusted:授权委托书原件和双方身份证", "scope": "item", "relation": "儿子", "cards": "yes",
        "ends": (clock.today() + dt.timedelta(days=30)).isoformat(),
    }  # fmt: skip
    return {f"agent-{key}": value for key, value in (said | more).items()}


class TestTogetherInThePage:
    def test_both_with_card_and_signature(self, chief):  # noqa: F811
        flagship(**SALE)
        page = chief.client.get("/desk/new/XDP0096/").content.decode()
        assert "卖方（至少 1 人，带身份证当面签名）" in page
        assert "请共同申请人当面看过申请内容并签名" in take_sale(chief, row(signed="")).content.decode()
        assert not Case.objects.exists() and Person.find(OTHER) is None
        take_sale(chief, row())
        case, party = Case.objects.get(), Case.objects.get().parties.get()
        assert (case.state, party.confirmed_how, party.person) == (State.FINISHED, "window", Person.find(OTHER))
        assert rows(case).index("case.party_confirmed") < rows(case).index("case.submitted")
        assert not case.deliveries.filter(kind="granted", effective_on=None).exists()

    def test_nobody_beside_the_applicant_is_told(self, chief):  # noqa: F811
        flagship(**SALE)
        page = take_sale(chief, {}).content.decode()
        assert "还要请卖方一起确认（差 1 人）" in page and not Case.objects.exists()


def take_sale(member, more):
    return member.client.post("/desk/new/XDP0096/", {**FILLED, **more}, follow=True)


class TestBegunOnline:
    @pytest.fixture
    def party(self, calendar):  # noqa: F811
        case = whole(**SALE)
        case.parties.all().delete()
        return acts.invite(case, "seller", "王强", by=cases.citizen())

    def test_found_by_the_invitation_shown_and_signed(self, party, clerk):
        found = clerk.client.get("/desk/parties/", {"q": f"{party.number[:4]} {party.number[4:]}"}, follow=True)
        first = found.content.decode()
        assert "王强（卖方）签名" in first and party.case.form["phone"] not in first
        address = f"/desk/parties/{party.number}/"
        shown = clerk.client.post(address, WANG | {"go": "show"})
        assert party.case.form["phone"] in shown.content.decode()
        seen = re.search(r'name="seen" value="(\w+)"', shown.content.decode())[1]
        refused = clerk.client.post(address, WANG | {"go": "sign", "seen": seen})
        assert refused.status_code == 422 and "签名" in refused.content.decode()
        signed = clerk.client.post(address, WANG | {"go": "sign", "seen": seen, "signed": "yes"}, follow=True)
        assert "王强已签名确认" in signed.content.decode()
        party.refresh_from_db()
        assert (party.confirmed_how, party.person) == ("window", Person.find(OTHER))
        case = Case.objects.get()
        assert intake.submit(case, by=cases.citizen()).state == "submitted"

    def test_what_changed_meanwhile_is_read_again(self, party, clerk):
        address, seen = f"/desk/parties/{party.number}/", parties.mark(party.case)
        case = Case.objects.get()
        drafts.save_form(case, case.form | {"phone": "13880005555"}, by=cases.citizen())
        late = clerk.client.post(address, WANG | {"go": "sign", "seen": seen, "signed": "yes"})
        assert late.status_code == 409 and "13880005555" in late.content.decode()
        party.refresh_from_db()
        assert not party.is_confirmed and Person.find(OTHER) is None

    def test_another_name_sees_nothing(self, party, clerk):
        page = clerk.client.post(f"/desk/parties/{party.number}/", WANG | {"name": "陈静", "go": "show"})
        assert page.status_code == 422 and party.case.form["phone"] not in page.content.decode()

    def test_another_agency_has_no_such_invitation(self, party):
        other = officer("clerk", agency="MZJ")
        assert other.client.get(f"/desk/parties/{party.number}/").status_code == 404


class TestKeptBefore:
    @pytest.fixture
    def earlier(self, calendar):  # noqa: F811
        """Handed in online once by the person now at the counter."""
        case = submitted()
        return case, case.papers.get(material="photo")

    def test_offered_to_whose_card_it_is_and_taken_over(self, earlier, chief):  # noqa: F811
        before, paper = earlier
        Person.objects.filter(pk=before.person_id).update(name="李秀英")
        who = {"applicant-name": "李秀英", "applicant-number": before.person.number}
        page = take(chief, **REFRESH, **who).content.decode()
        offer = f"photo paper:{paper.pk}"
        assert f'value="{offer}"' in page
        assert offer not in take(chief, **REFRESH, **who | {"applicant-name": "陈静"}).content.decode()
        assert offer not in take(chief, **REFRESH, **who, **{"agent-number": OTHER}).content.decode()
        take(chief, **who | {"seen-paper": ["id_card"], "take-kept": [offer]})
        case = Case.objects.exclude(pk=before.pk).get()
        kept = case.papers.get(material="photo")
        assert (kept.file, kept.taken_from) == (paper.file, f"paper:{paper.pk}")
        assert case.state == State.FINISHED and case.reuse["vault"] == 1

    def test_not_another_persons_and_not_for_an_agent(self, earlier, chief):  # noqa: F811
        before, paper = earlier
        offer = f"photo paper:{paper.pk}"
        for more in (agent(), {}):
            number = before.person.number if more else OTHER
            said = more | {"applicant-number": number, "applicant-name": before.person.name}
            page = take(chief, **said | {"take-kept": [offer], "send-once": f"page-{number}"}).content.decode()
            assert "不能取用" in page and Case.objects.count() == 1


class TestAgentWithoutAccount:
    def test_the_mandate_is_on_record_and_in_the_acceptance_paper(self, chief):  # noqa: F811
        take(chief, **agent())
        case, mandate = Case.objects.get(), Mandate.objects.get()
        assert case.mandate == mandate and mandate.agent == Person.find(OTHER)
        assert (mandate.principal_person, mandate.scope) == (Person.find(NUMBER), ["XDP0096"])
        assert (mandate.proven_how, mandate.proven_paper, mandate.relation) == (
            "window", "授权委托书原件和双方身份证", "儿子",
        )  # fmt: skip
        accepted = Entry.objects.get(subject=case.number, event="case.accepted")
        assert accepted.data["paper"]["facts"]["agent"] == "王强"
        assert Entry.objects.filter(event="mandate.given", data__paper="授权委托书原件和双方身份证").exists()
        assert not User.objects.filter(person=mandate.agent).exists()

    def test_the_form_has_the_agent_from_the_card_and_none_without_one(self, chief):  # noqa: F811
        """XDP0096 asks for the agent's name and phone when somebody else comes: typed once, with the paper seen."""
        page = take(chief, who="proxy").content.decode()
        assert "proxy_name" not in page and 'href="#f-agent-name"' in page and not Case.objects.exists()
        take(chief, who="proxy", **agent())
        case = Case.objects.get()
        assert (case.form["proxy_name"], case.form["proxy_phone"]) == ("王强", "13880009999")

    def test_the_page_sent_twice_and_the_paper_shown_again_is_one_mandate(self, chief):  # noqa: F811
        take(chief, **agent())
        take(chief, **agent())
        take(chief, **agent(), **{"send-once": "page-2"})
        assert (Case.objects.count(), Mandate.objects.count()) == (2, 1)

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"cards": ""}, "双方的身份证件"),
            ({"ends": ""}, "委托书写明的截止日期"),
            ({"ends": "2020-01-01"}, "不在有效期内"),
            ({"ends": "2099-01-01"}, "最长三年"),
            ({"paper": ""}, "凭什么来办"),
            ({"paper": "entrusted:口头"}, "对得上"),
            ({"number": ""}, "都要填"),
            ({"number": NUMBER, "name": "李秀英"}, "同一个人"),
            ({"paper": "guardian:户口簿"}, "已满 18 周岁"),
        ],
    )
    def test_what_the_paper_must_say(self, chief, said, told):  # noqa: F811
        page = take(chief, **agent(**said)).content.decode()
        assert told in page and 'value="儿子"' in page
        assert not Case.objects.exists() and not Mandate.objects.exists()

    def test_a_blank_to_print(self, client, chief):  # noqa: F811
        flagship()
        assert "/items/XDP0096/mandate.pdf" in chief.client.get("/desk/new/XDP0096/").content.decode()
        assert client.get("/items/XDP0096/mandate.pdf").content.startswith(b"%PDF")
        assert client.get("/items/XDX9999/mandate.pdf").status_code == 404
        assert flagship("XDF0062").guide.takes_mandate and not flagship("XDF0079").guide.takes_mandate
        assert "/items/XDF0062/mandate.pdf" in client.get("/items/XDF0062/").content.decode()
