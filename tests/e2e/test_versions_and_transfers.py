"""A guide changed over running cases, and an item that goes to another agency: who is asked, told, and sees what."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases import changeover, transfers
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from tests.e2e.conftest import look, worker_catches_up
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
FONTS = True
PHONE, CARD = "13800000001", "XDP0096"


def begun(*, accepted: bool) -> Case:
    user = User.objects.get(phone=PHONE)
    by = from_user(user)
    case = drafts.open_case(Item.objects.get(pk=CARD), by=by, person=user.person)
    if accepted:
        intake.submit(fill(case, by), by=by)
        intake.accept(case, by=from_user(User.objects.get(username=f"{case.agency_id.lower()}-clerk")))
    return case


def look_at_both(page: Page, name: str) -> None:
    look(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    look(page, name)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_new_version_meets_running_cases(visit):
    draft, accepted = begun(accepted=False), begun(accepted=True)
    editor = visit()
    sign_in_as_staff(editor, "editor")
    editor.goto(f"/manage/catalogue/{CARD}/")
    editor.get_by_role("button", name="编辑").click()
    editor.get_by_role("link", name="材料").click()
    editor.get_by_role("button", name="加一行材料").click()
    last = editor.locator(".mg-row").last
    last.get_by_label("代号＊").fill("residence")
    last.get_by_label("材料名称＊").fill("居住证明")
    editor.get_by_role("button", name="保存，看全部改动").click()
    expect(editor.get_by_role("heading", name="会影响 2 件在办的件")).to_be_visible()
    editor.get_by_label("改了什么、为什么改").fill("要核实常住地")
    editor.get_by_role("button", name="送审").click()

    checker = visit()
    sign_in_as_staff(checker, "checker")
    checker.goto("/manage/?view=check")
    checker.get_by_role("link", name="申领《四川省老年人优待证》").click()
    look_at_both(checker, "manage-draft-touched")
    checker.get_by_role("link", name="逐件看").click()
    look_at_both(checker, "manage-touched")
    checker.go_back()
    checker.get_by_label(re.compile("已受理、未决定 1 件")).select_option("old")
    checker.get_by_role("button", name="审核通过").click()
    worker_catches_up()
    changeover.run()
    worker_catches_up()
    checker.goto(f"/manage/catalogue/{CARD}/")
    checker.get_by_text("换了 1 件，1 件按旧版").click()
    look_at_both(checker, "manage-item-changeover")

    citizen = visit(phone=True)
    sign_in_by_phone(citizen, PHONE)
    citizen.goto(f"/my/cases/{draft.number}/")
    expect(citizen.get_by_role("heading", name="办理规程换了新版")).to_be_visible()
    look(citizen, "my-version-moved")
    citizen.get_by_role("link", name="看看还要补什么").click()
    expect(citizen.get_by_text("居住证明").first).to_be_visible()
    citizen.goto("/my/notices/")
    expect(citizen.get_by_text("改按新版规程办理").first).to_be_visible()

    desk = visit()
    sign_in_as_staff(desk, f"{accepted.agency_id.lower()}-clerk")
    desk.goto(f"/desk/cases/{accepted.number}/")
    expect(desk.get_by_text("本件仍按第 1 版办")).to_be_visible()
    look_at_both(desk, "desk-version-kept")


def test_an_item_goes_to_the_approval_bureau(visit):
    case = begun(accepted=True)
    giver = case.agency_id
    editor, checker, citizen = visit(), visit(), visit(phone=True)
    sign_in_as_staff(editor, "editor")
    editor.goto("/manage/transfers/new/")
    editor.get_by_label("原实施主体", exact=True).select_option(case.agency_id)
    editor.get_by_label("承接的实施主体").select_option("XSPJ")
    editor.get_by_label("文号").fill("新府发〔2026〕9号")
    editor.locator("[name=effective_on]").fill(editor.locator("[name=effective_on]").get_attribute("min"))
    editor.get_by_label("依据").fill("《中华人民共和国行政许可法》第二十五条")
    editor.get_by_label("事项编号").fill(CARD)
    look_at_both(editor, "manage-transfer-edit")
    editor.get_by_role("button", name="保存，看影响").click()
    look_at_both(editor, "manage-transfer")
    editor.get_by_role("button", name="报批").click()
    expect(editor.get_by_text("要由另一位同事批准")).to_be_visible()

    sign_in_as_staff(checker, "checker")
    checker.goto("/manage/transfers/")
    look_at_both(checker, "manage-transfers")
    checker.get_by_role("link", name=re.compile("区行政审批局")).first.click()
    checker.get_by_role("button", name="批准").click()
    transfers.run()
    worker_catches_up()
    changeover.run()
    worker_catches_up()
    checker.reload()
    expect(checker.get_by_text("在办的件移送 1 件")).to_be_visible()
    look_at_both(checker, "manage-transfer-done")
    # A row is read once every transaction older than it has ended: the browser's may have been under way before.
    worker_catches_up()
    changeover.run()
    case.refresh_from_db()
    assert (case.version.number, case.agency_id) == (2, "XSPJ")

    sign_in_by_phone(citizen, PHONE)
    citizen.goto(f"/my/cases/{case.number}/")
    expect(citizen.get_by_role("heading", name="现在由成都市新都区行政审批局办理")).to_be_visible()
    look(citizen, "my-transferred")
    old, new = visit(), visit()
    sign_in_as_staff(old, f"{giver.lower()}-clerk")
    old.goto(f"/desk/cases/{case.number}/")
    expect(old.get_by_text("您可以查看办过的内容")).to_be_visible()
    look_at_both(old, "desk-transferred-old")
    sign_in_as_staff(new, "xspj-reviewer")
    new.goto(f"/desk/cases/{case.number}/")
    expect(new.locator("#act-opinion, .desk-act").first).to_be_visible()
