"""A licence renewed on a phone: the one held is picked, the form filled from it; once granted the old one is over."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import drafts, intake, outcome, review
from onewindow.cases.models import Case
from onewindow.cases.promises import Promised
from onewindow.catalogue.models import Item
from onewindow.documents.models import Certificate
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "13800000001"


def staff(role: str):
    return from_user(User.objects.get(username=f"xspj-{role}"))


def deciding(case: Case) -> Case:
    intake.accept(case, by=staff("clerk"))
    while case.state == "reviewing":
        review.give_opinion(case, by=staff("reviewer"), advice="agree", opinion="符合条件")
    return case


def licence() -> Certificate:
    """Got on a promise, so that no visit has to be walked here."""
    user = User.objects.get(phone=PHONE)
    by = from_user(user)
    case = drafts.open_case(Item.objects.get(pk="XDA0106"), by=by, person=user.person, answers={"route": "promise"})
    intake.submit(fill(case, by), by=by, promised=Promised(licence=True))
    outcome.grant(deciding(case), by=staff("decider"))
    return Certificate.objects.get(case_number=case.number)


def test_renewal(visit):
    old, phone = licence(), visit(phone=True)
    sign_in_by_phone(phone, PHONE)
    phone.goto(f"/my/cases/{old.case_number}/")
    phone.get_by_role("link", name="延续").click()
    phone.get_by_role("button", name="开始申请").click()
    expect(phone.get_by_role("heading", name="延续哪一张证照？")).to_be_visible()
    expect(phone.locator(f"[value='{old.number}']")).to_be_checked()
    look(phone, "my-held")
    phone.get_by_role("button", name="保存并继续").click()
    case = Case.objects.get(concerns=old)
    phone.goto(f"/my/cases/{case.number}/form/2/")
    expect(phone.get_by_label("卫生许可证编号")).to_have_value(old.number)
    by = from_user(User.objects.get(phone=PHONE))
    fill(case, by)
    phone.goto(f"/my/cases/{case.number}/check/")
    phone.locator("[name=declared]").check()
    phone.get_by_role("button", name="正式提交").click()
    expect(phone.locator("#messages")).to_contain_text("已正式提交")

    case.refresh_from_db()
    decider = visit()
    sign_in_as_staff(decider, "xspj-decider")
    decider.goto(f"/desk/cases/{deciding(case).number}/")
    look(decider, "desk-renewal")
    decider.locator("#act-grant").get_by_role("button").click()
    expect(decider.locator("#messages")).to_contain_text("已办：准予")

    new = Certificate.objects.get(case_number=case.number)
    phone.goto(f"/my/cases/{old.case_number}/")
    expect(phone.locator(".my-case-head")).to_contain_text("已被新证替代")
    look(phone, "my-superseded")
    phone.get_by_role("link", name="核验").first.click()
    expect(phone.get_by_role("heading", name="证是真的，但现在不能用")).to_be_visible()
    expect(phone.locator("main")).to_contain_text(new.number)
    look(phone, "verify-superseded")
    assert new.holder == old.holder and new.valid_until.year == old.valid_until.year + 4
