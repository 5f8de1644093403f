"""A correction asked, seen, mended and handed in; a pause whose days the applicant can see not counting."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases import deadlines
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_first_matter import photo, upload
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "13800000001"


def sent(code: str) -> Case:
    user = User.objects.get(phone=PHONE)
    by = from_user(user)
    case = drafts.open_case(Item.objects.get(pk=code), by=by, person=user.person)
    return intake.submit(fill(case, by), by=by)


def test_correction_and_pause(visit):
    desk, phone, case = visit(), visit(phone=True), sent("XDP0032")
    material = next(row for row in case.guide.materials if row.key == "photo")
    sign_in_as_staff(desk, "gaj-clerk")
    desk.goto(f"/desk/cases/{case.number}/")
    row = desk.locator("li", has=desk.get_by_text(material.name, exact=True))
    row.get_by_text("写意见").click()
    row.get_by_role("textbox").fill("照片有反光，请重拍")
    desk.get_by_text("告知补正", exact=True).first.click()
    desk.locator("#act-correction").get_by_role("button", name="告知补正").click()
    expect(desk.locator("#messages")).to_contain_text("已办：告知补正")
    look(desk, "desk-correcting")

    sign_in_by_phone(phone, PHONE)
    phone.goto(f"/my/cases/{case.number}/")
    expect(phone.get_by_role("heading", name=re.compile("请补正，最迟"))).to_be_visible()
    look(phone, "my-correcting")
    phone.get_by_role("link", name="去补正").click()
    expect(phone.get_by_role("button", name="提交补正")).to_be_disabled()
    phone.goto(f"/my/cases/{case.number}/materials/")
    upload(phone, "photo", photo("navy"), 2)
    phone.goto(f"/my/cases/{case.number}/check/")
    phone.locator("[name=declared]").check()
    phone.get_by_role("button", name="提交补正").click()
    expect(phone.locator("#messages")).to_contain_text("补正已提交")

    desk.goto(f"/desk/cases/{case.number}/")
    desk.locator("#act-acceptance").get_by_role("button").click()
    expect(desk.locator("#messages")).to_contain_text("已办：受理")
    case.refresh_from_db()
    assert deadlines.on(case.accepted_at) == deadlines.on(case.complete_at)
    before = case.promised_due

    reviewer = visit()
    sign_in_as_staff(reviewer, "gaj-reviewer")
    reviewer.goto(f"/desk/cases/{case.number}/")
    reviewer.get_by_text("进入特别程序", exact=True).first.click()
    form = reviewer.locator("#act-pause")
    form.locator("[name=procedure]").select_option("appraisal")
    form.locator("[name=days]").fill("3")
    form.locator("[name=reason]").fill("对租房合同的签名进行鉴定")
    form.get_by_role("button", name="进入特别程序").click()
    expect(reviewer.locator("#messages")).to_contain_text("已办：进入特别程序")
    look(reviewer, "desk-paused")
    case.refresh_from_db()
    assert case.state == "paused" and case.promised_due > before
    phone.goto(f"/my/cases/{case.number}/clock/promised/")
    expect(phone.locator("main")).to_contain_text("暂停期间不计")
    look(phone, "my-derivation")
