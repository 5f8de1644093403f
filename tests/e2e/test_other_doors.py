"""The same program for a phone without scripts, for a keyboard, and for the window that does it all at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from onewindow.cases.models import Case
from onewindow.kernel import clock
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_first_matter import answer_questions, fill_form, photo, send, upload
from tests.factories.accounts import citizen_number

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_applying_on_a_phone_without_scripts(visit):
    page = visit(phone=True, js=False)
    page.goto("/items/XDP0096/?age=70&household=sichuan&who=self")
    expect(page.locator("main")).to_contain_text("代办人的居民身份证")
    page.goto("/apply/XDP0096/?age=70&household=sichuan&who=self")
    sign_in_by_phone(page, "13800000001")
    page.get_by_role("button", name="开始申请").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("老人的情况")
    page.get_by_role("button", name="保存并继续").click()
    expect(page.get_by_text("请填写联系电话").or_(page.get_by_text("请选择现在住在哪里")).first).to_be_visible()
    fill_form(page, "13800000001")
    upload(page, "photo", photo())
    page.get_by_role("link", name=re.compile("核对一遍")).click()
    send(page, "正式提交")
    expect(page.locator("main")).to_contain_text("已提交")
    assert Case.objects.get().state == "submitted"


def test_a_draft_goes_on_upon_another_device(visit):
    phone, desk = visit(phone=True), visit()
    phone.goto("/apply/XDP0096/")
    sign_in_by_phone(phone, "13800000002")
    phone.get_by_role("button", name="开始申请").click()
    answer_questions(phone)
    phone.get_by_role("button", name="继续").click()
    look(phone, "phone-form")
    sign_in_by_phone_later(desk)
    desk.goto("/apply/XDP0096/")
    desk.get_by_role("link", name=re.compile("接着填")).click()
    look(desk, "draft-check")
    desk.get_by_role("link", name=re.compile("联系电话")).first.click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("老人的情况")


def sign_in_by_phone_later(page) -> None:
    """One code a minute for a phone: the second device uses the password."""
    page.goto("/sign-in/?method=password")
    page.locator("[name=identifier]").fill("13800000002")
    page.locator("[name=password]").fill("xindu-demo-2017")
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/sign-in/"))


def test_done_on_the_spot_at_the_window(visit):
    page = visit()
    sign_in_as_staff(page, "chuangkou")
    page.goto("/desk/new/?q=老年证")
    look(page, "desk-choose")
    page.get_by_role("link", name=re.compile("老年人优待证")).click()
    for name, value in {
        "applicant-name": "赵桂兰",
        "applicant-number": "51012519491231002X",
        "applicant-phone": "13800005678",
    }.items():
        page.locator(f"[name={name}]").fill(value)
    answer_questions(page)
    page.get_by_role("button", name="更新材料清单").click()
    expect(page.locator("[name=applicant-name]")).to_have_value("赵桂兰")
    page.locator("[name='address.division']").select_option(index=2)
    page.locator("[name='address.detail']").fill("马超西路8号")
    for name, value in {
        "agent-name": "赵刚", "agent-number": citizen_number(8), "agent-phone": "13800008888", "agent-relation": "儿子",
        "agent-ends": f"{clock.today() + timedelta(days=30):%Y-%m-%d}",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=agent-paper]").select_option("entrusted:授权委托书原件和双方身份证")
    page.locator("[name=agent-cards]").check()
    page.locator("[name=pickup][value=window]").check()
    page.wait_for_load_state()
    for box in page.locator("[name=seen-paper]").all():
        box.check()
    look(page, "desk-instant")
    page.get_by_role("button", name="受理并当场办结").click()
    expect(page.locator("#messages")).to_contain_text("已当场办结")
    look(page, "desk-instant-done")
    case = Case.objects.get()
    assert (case.state, case.mandate.agent.name, case.form["proxy_name"]) == ("finished", "赵刚", "赵刚")


def test_the_keyboard_reaches_everything(visit):
    page = visit()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto("/items/XDP0096/")
    page.locator("[name=age]").focus()
    page.keyboard.type("70")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator(":focus").evaluate("e => e.type") == "submit":
            break
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("年满60周岁")
