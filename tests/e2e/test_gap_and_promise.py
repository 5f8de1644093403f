"""A paper promised for later and a licence promised: ticked on a phone, waited for, brought, granted, checked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import drafts
from onewindow.catalogue.models import Item
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_first_matter import photo
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "13800000001"
PAPER = "公共场所卫生管理制度"


def test_gap_and_promise(visit):
    by = from_user(User.objects.get(phone=PHONE))
    person = User.objects.get(phone=PHONE).person
    case = drafts.open_case(Item.objects.get(pk="XDA0106"), by=by, person=person, answers={"route": "promise"})
    fill(case, by, lacking=True)

    phone = visit(phone=True)
    sign_in_by_phone(phone, PHONE)
    phone.goto("/items/XDA0106/#promises")
    expect(phone.locator("main")).to_contain_text("可以先不交，书面承诺在受理后 15 个工作日内补齐")
    look(phone, "guide-promises")
    phone.goto(f"/my/cases/{case.number}/check/")
    phone.locator("[name=promise-licence]").check()
    phone.locator("[name=declared]").check()
    phone.get_by_role("button", name="正式提交").click()
    expect(phone.get_by_role("heading", name="还没有提交，请看一下这里")).to_be_visible()
    expect(phone.locator("[name=promise-licence]")).to_be_checked()
    look(phone, "check-promises")
    phone.locator("[name=promise-gaps]").check()
    phone.locator("[name=declared]").check()
    phone.get_by_role("button", name="正式提交").click()
    expect(phone.locator("#messages")).to_contain_text("已正式提交")

    desk = visit()
    sign_in_as_staff(desk, "xspj-clerk")
    desk.goto(f"/desk/cases/{case.number}/")
    desk.locator("#act-acceptance").get_by_role("button").click()
    expect(desk.locator("#messages")).to_contain_text("已办：受理")
    look(desk, "desk-gap")

    decider = visit()
    sign_in_as_staff(decider, "xspj-decider")
    decider.goto(f"/desk/cases/{case.number}/")
    decider.locator("#act-grant").get_by_role("button").click()
    expect(decider.locator("main")).to_contain_text(f"容缺的材料“{PAPER}”没有补交")
    look(decider, "desk-grant-blocked")

    phone.goto(f"/my/cases/{case.number}/")
    look(phone, "my-gap")
    phone.locator("input[type=file]").set_input_files(photo("navy"))
    phone.get_by_role("button", name="补交").click()
    expect(phone.locator("#messages")).to_contain_text("容缺的材料都齐了")

    decider.goto(f"/desk/cases/{case.number}/")
    decider.locator("#act-grant").get_by_role("button").click()
    expect(decider.locator("#messages")).to_contain_text("已办：准予")
    phone.goto(f"/my/cases/{case.number}/")
    expect(phone.get_by_role("heading", name="事后核查", exact=True)).to_be_visible()
    look(phone, "my-later-check")
    checked_by_two(visit, case)

    head = visit(phone=True)
    sign_in_as_staff(head, "head")
    head.goto("/desk/credit/")
    head.get_by_text("别的机关或法院认定的").click()
    look(head, "desk-credit")
    phone.goto("/my/credit/")
    look(phone, "my-credit")


def checked_by_two(visit, case):
    reviewer = visit()
    sign_in_as_staff(reviewer, "xspj-reviewer")
    reviewer.goto("/desk/?view=checks")
    look(reviewer, "desk-checks")
    reviewer.locator(f"a[href='/desk/cases/{case.number}/']").click()
    form = reviewer.locator("#act-later-check")
    form.locator("[name=findings]").fill("现场与承诺的条件一致，消毒间独立设置")
    form.get_by_label("与承诺一致").check()
    look(reviewer, "desk-later-check")
    form.get_by_role("button", name="记录事后核查").click()
    expect(reviewer.locator("#messages")).to_contain_text("已办：记录事后核查")
    look(reviewer, "desk-checked")
    case.refresh_from_db()
    assert case.later_check["state"] == "passed" and len(case.later_check["rounds"][0]["officers"]) == 2
