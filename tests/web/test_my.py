"""The applicant's own pages: what may still be changed, where one lives, who may act for whom."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from onewindow.accounts.models import Mandate
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from tests.factories.accounts import MandateFactory, OrganisationFactory, PersonFactory
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

LIVING = {"phone": "13880001234", "address.detail": "四川省德阳市旌阳区长江路1号"}
AGENT = {"name": "杜春梅", "document": "resident_id", "number": "510125195603128624"}


@pytest.fixture
def draft(citizen) -> Case:
    return drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)


@pytest.fixture
def company(citizen):
    """The citizen stands for it: legal representative by a mandate without limit."""
    company = OrganisationFactory(legal_representative=citizen.person.name)
    MandateFactory(principal_organisation=company, agent=citizen.person, ground="legal")
    return company


@pytest.mark.parametrize("step", ["questions", "form/1", "materials", "check"])
def test_who_comes_back_after_sending_sees_the_matter(citizen, draft, step):
    page = f"/my/cases/{draft.number}/{step}/"
    assert citizen.client.get(page).status_code == 200
    intake.submit(fill(draft, citizen.principal), by=citizen.principal)
    response = citizen.client.get(page, follow=True)
    assert response.redirect_chain == [(f"/my/cases/{draft.number}/", 302)]
    assert "内容不能再改" in response.content.decode()


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 56)).save(buffer, "PNG")
    return buffer.getvalue()


PNG = _png()


def test_an_address_may_lie_outside_the_district(citizen, draft):
    person = {"name": citizen.person.name, "number": citizen.person.number_masked}
    assert "新都区以外" in citizen.client.get(f"/my/cases/{draft.number}/form/1/").content.decode()
    citizen.client.post(f"/my/cases/{draft.number}/form/1/", LIVING | person | {"address.division": "0" * 12})
    page = citizen.client.get(f"/my/cases/{draft.number}/check/").content.decode()
    assert "<dd>四川省德阳市旌阳区长江路1号</dd>" in page


@pytest.mark.parametrize(
    ("chosen", "scope"), [({}, []), ({"whole": "all"}, []), ({"whole": "some", "items": ["XDP0096"]}, ["XDP0096"])]
)
def test_a_mandate_covers_all_or_what_was_ticked(citizen, chosen, scope):
    item = flagship()
    assert citizen.client.post("/my/mandates/new/", AGENT | chosen).status_code == 302
    assert Mandate.objects.get().scope == scope
    assert (str(item.name) in citizen.client.get("/my/account/").content.decode()) is bool(scope)


def test_some_items_means_at_least_one(citizen):
    flagship()
    response = citizen.client.post("/my/mandates/new/", AGENT | {"whole": "some"})
    assert (response.status_code, Mandate.objects.count()) == (422, 0)


def test_the_legal_representative_gives_and_takes_back_for_the_company(citizen, other_citizen, company):
    given = AGENT | {"giver": f"body-{company.pk}"}
    assert other_citizen.client.post("/my/mandates/new/", given).status_code == 422
    assert citizen.client.post("/my/mandates/new/", given).status_code == 302
    mandate = Mandate.objects.get(principal_organisation=company, agent__name="杜春梅")
    citizen.client.post(f"/my/mandates/{mandate.pk}/revocation/")
    assert not Mandate.objects.in_force().filter(pk=mandate.pk).exists()


def test_what_is_right_on_a_page_is_kept_beside_a_fault(citizen):
    case = drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)
    page = f"/my/cases/{case.number}/form/1/"
    typed = {"name": "李秀英", "number": citizen.person.number_masked, "phone": "1388", "address.detail": "香城大道1号"}
    response = citizen.client.post(page, typed)
    assert response.status_code == 422 and 'value="1388"' in response.content.decode()
    case.refresh_from_db()
    assert case.form["name"] == "李秀英" and case.form["number"]["masked"] == citizen.person.number_masked
    assert "phone" not in case.form


def test_the_same_file_sent_twice_is_kept_once(citizen):
    case = drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)
    for _ in range(2):
        picture = SimpleUploadedFile("照片.png", PNG, content_type="image/png")
        citizen.client.post(f"/my/cases/{case.number}/materials/photo/", {"file": picture})
    assert case.papers.count() == 1


def test_what_was_said_last_time_stands_in_the_form(citizen, other_citizen):
    item = flagship()
    case = drafts.open_case(item, by=citizen.principal, person=citizen.person)
    intake.submit(fill(case, citizen.principal), by=citizen.principal)
    said = case.form["address"]["detail"]
    for member, offered in ((citizen, True), (other_citizen, False)):
        again = drafts.open_case(item, by=member.principal, person=member.person)
        page = member.client.get(f"/my/cases/{again.number}/form/1/").content.decode()
        assert (f'value="{said}"' in page) is offered
        assert "cipher" not in page


def test_the_form_knows_who_acts_for_the_applicant(citizen):
    mother = PersonFactory(name="李秀英")
    MandateFactory(principal_person=mother, agent=citizen.person, ground="kin", proven_how="accepted")
    case = drafts.open_case(flagship(), by=citizen.principal, person=mother, mandate=Mandate.objects.get())
    page = citizen.client.get(f"/my/cases/{case.number}/form/2/").content.decode()
    assert re.search(rf'name="proxy_name"[^>]*value="{citizen.person.name}"', page)
