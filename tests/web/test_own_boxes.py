"""The program's own boxes stand on one page with a guide's, whose keys are a-z, 0-9 and _: ours carry a hyphen."""

from __future__ import annotations

import re

import pytest

from onewindow.accounts.models import Division
from onewindow.cases.actions import correction, drafts
from onewindow.catalogue.models import Item
from tests.cases.conftest import calendar, post, reviewed, submitted  # noqa: F401
from tests.cases.test_discretion import STANDARD
from tests.cast import officer
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
PARTY = {"parties": [{"key": "seller", "label": "卖方", "count": 1}]}


@pytest.fixture(autouse=True)
def towns():
    Division.objects.create(set="present", level="town", code="510114001000", name="大丰街道办事处")


def the_form(client, address):
    page = client.get(address).content.decode()
    return max(re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.S), key=len)


def at_the_window(citizen):
    flagship("XDP0096", **PARTY)
    return officer("clerk", agency="WJJ", name="刘敏").client, "/desk/new/XDP0096/", ("age", "who")


def at_home(citizen):
    draft = drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)
    return citizen.client, f"/my/cases/{draft.number}/form/1/", ("name",)


def in_correction(citizen):
    case = submitted("XDP0096")
    remarks = [{"on": "form:phone", "text": "请留能打通的手机号"}, {"on": "", "text": "装订好"}]
    correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=remarks)
    clerk = officer("clerk", agency="WJJ", name="刘敏")
    return clerk.client, f"/desk/cases/{case.number}/corrections/", ("phone",)


def in_discretion(citizen):
    case = reviewed(submitted("XDA0106", discretion=STANDARD))
    return officer("decider", agency="XSPJ").client, f"/desk/cases/{case.number}/", ("fire", "wide")


def of_guide():
    guide = Item.objects.get().guide
    factors = guide.discretion.factors if guide.discretion else ()
    return {each.key for each in (*guide.form.walk(), *guide.questions, *factors)}


@pytest.mark.parametrize("page", [at_the_window, at_home, in_correction, in_discretion])
def test_no_box_of_ours_can_be_taken_for_one_of_the_guides(citizen, page, calendar):  # noqa: F811
    client, address, asked = page(citizen)
    form = the_form(client, address)
    names = set(re.findall(r'\bname="([^"]+)"', form)) - {"csrfmiddlewaretoken"}
    assert set(asked) <= names
    assert {name for name in names if not re.search(r"[-.]", name)} <= of_guide()
