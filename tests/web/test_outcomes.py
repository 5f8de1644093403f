"""The desk decides by a standard on the page; certificates are found; the applicant picks the one it is about."""

import pytest

from onewindow.documents.models import Certificate
from tests.cases.conftest import granted, reviewed, submitted
from tests.cases.test_discretion import STANDARD
from tests.cast import officer, sign_in
from tests.factories import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def decider():
    return officer("decider", agency="XSPJ", name="赵勇")


def test_the_page_offers_what_the_standard_allows_and_the_server_holds_to_it(decider):
    case = reviewed(submitted("XDA0106", discretion=STANDARD))
    page, door = f"/desk/cases/{case.number}/", f"/desk/cases/{case.number}/discretion/"
    assert "按裁量基准决定" in decider.client.get(page).content.decode()
    live = decider.client.post(door, {"fire": "yes"}, headers={"HX-Request": "true"}).content.decode()
    assert "挡住消防通道的" in live and "<html" not in live
    wanted = {"go-on": "decide", "decision-outcome": "grant", "decision-amount": "6"}
    wrong = decider.client.post(door, wanted | {"fire": "yes"})
    assert wrong.status_code == 422 and "基准不允许" in wrong.content.decode()
    right = wanted | {"fire": "no", "wide": "yes", "decision-amount": "12"}
    assert decider.client.post(door, right).status_code == 302
    case.refresh_from_db()
    assert case.outcome == "granted"


def test_who_proposed_a_departure_may_take_it_back_but_it_is_not_the_likely_act(decider):
    case = reviewed(submitted("XDA0106", discretion=STANDARD))
    typed = {"fire": "no", "wide": "yes", "go-on": "decide", "decision-outcome": "conditional", "decision-amount": "6"}
    typed |= {"decision-departure": "周边道路改造，须限定条件", "decision-conditions": "夜间撤场"}
    decider.client.post(f"/desk/cases/{case.number}/discretion/", typed)
    page = decider.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "夜间撤场" in page and "为什么收回" in page and "为什么不签字" not in page
    assert 'data-key="a"' not in page.partition('id="act-proposal-return"')[2].partition("</form>")[0]


def test_certificates_are_found_by_holder_and_lead_to_their_case(decider):
    case = granted(submitted("XDA0106"))
    held = Certificate.objects.get(case_number=case.number)
    found = decider.client.get("/desk/certificates/", {"q": held.holder}).content.decode()
    assert held.number in found and f"/desk/cases/{case.number}/" in found
    assert held.number not in decider.client.get("/desk/certificates/", {"view": "ended"}).content.decode()
    assert "提请撤销" in decider.client.get(f"/desk/cases/{case.number}/").content.decode()


def test_the_holder_sees_the_certificate_and_its_state():
    case = granted(submitted("XDA0106"))
    page = sign_in(case.filed_by).get(f"/my/cases/{case.number}/").content.decode()
    assert "公共场所卫生许可证" in page and "有效" in page and cases.citizen()
