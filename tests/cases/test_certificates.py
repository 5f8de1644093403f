"""What stands on the certificate, and in whose name."""

import pytest

from onewindow.documents import verification
from onewindow.documents.models import Certificate
from tests.cases.conftest import granted, submitted

pytestmark = pytest.mark.django_db


def certificate(code: str) -> Certificate:
    return Certificate.objects.get(case_number=granted(submitted(code)).number)


def test_the_lines_stand_in_the_order_of_the_guide():
    labels = [label for label, _ in certificate("XDA0421").facts["lines"]]
    assert labels[:3] == ["建设单位", "工程名称", "建设地址"]
    assert labels.index("合同开工日期") < labels.index("合同竣工日期")


def test_a_company_holds_the_licence_that_founds_it():
    """The founder applies; who asks for the licence knows the company's name, which is public."""
    licence = certificate("XDA0101")
    company = licence.facts["holder"]
    assert company != licence.person.name and licence.facts["body"]
    found = verification.by_number_and_name(licence.number, company).certificate
    assert found == licence
    assert verification.shown(found).holder == company
    assert verification.by_number_and_name(licence.number, licence.person.name).state == "unknown"


def test_a_card_is_in_the_name_of_whom_it_is_for():
    card = certificate("XDP0292")
    assert (card.holder, card.facts["body"]) == ("示例", False)  # the parent who applied has another name
    assert verification.shown(card).holder == "示*"
