"""A changed calendar from the operator's workbook to the applicant's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases import calendar_work
from onewindow.cases.actions import correction
from onewindow.catalogue.sheets import plain_workbook
from onewindow.kernel import clock
from onewindow.kernel.clock import sheets
from onewindow.web.ui import words
from tests.e2e.conftest import look, worker_catches_up
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_the_law import PHONE, sent

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_upload_preview_apply_and_what_the_applicant_sees(visit):
    case = sent("XDP0032")
    clerk = from_user(User.objects.get(username="gaj-clerk"))
    correction.ask_for_corrections(case, by=clerk, remarks=[{"on": "material:photo", "text": "照片有反光，请重拍"}])
    before = case.due_on
    closed = clock.calendar().next_working(clock.today() + timedelta(days=1))
    rows = sheets.rows_of(clock.calendar(), [closed.year])
    book = plain_workbook("日历", [*rows, [closed, "放假", "停电检修", ""]])

    keeper, phone = visit(), visit(phone=True)
    sign_in_as_staff(keeper, "operator")
    keeper.goto("/manage/calendar/")
    look(keeper, "calendar")
    keeper.locator("#c-list").set_input_files({"name": "日历.xlsx", "mimeType": "application/xlsx", "buffer": book})
    keeper.locator("#c-source").fill("区政府公告第3号")
    keeper.locator("form", has=keeper.locator("#c-list")).get_by_role("button", name="预览").click()
    expect(keeper.locator("main")).to_contain_text("已经交给后台")
    look(keeper, "calendar-counting")
    assert calendar_work.run() == 1  # the page asks by itself and shows what came of it
    expect(keeper.locator("main")).to_contain_text("预览，还没有启用")
    expect(keeper.locator("main")).to_contain_text("停电检修放假")
    expect(keeper.locator("main")).to_contain_text(case.number)
    look(keeper, "calendar-preview")
    case.refresh_from_db()
    assert case.due_on == before
    keeper.get_by_text("启用这份日历").click()
    keeper.get_by_role("button", name="确定启用").click()
    expect(keeper.locator("main")).to_contain_text("正在启用这份日历")
    plain = visit(js=False)
    sign_in_as_staff(plain, "operator")
    plain.goto(keeper.url)
    expect(plain.locator("main")).to_contain_text("正在启用这份日历")
    assert calendar_work.run() == 1
    plain.get_by_role("link", name="刷新").click()
    expect(plain.locator("main")).to_contain_text("已启用，第 2 版")
    expect(keeper.locator("main")).to_contain_text("已启用，第 2 版")
    with keeper.expect_download() as report:
        keeper.get_by_role("link", name="下载前后对照（Excel）").click()
    assert report.value.suggested_filename.endswith(".xlsx")
    look(keeper, "calendar-applied")

    worker_catches_up()
    case.refresh_from_db()
    assert case.due_on > before
    sign_in_by_phone(phone, PHONE)
    phone.goto(f"/my/cases/{case.number}/")
    expect(phone.locator("main")).to_contain_text("工作日历变更，期限重新计算")
    phone.goto(f"/my/cases/{case.number}/clock/correction/")
    expect(phone.locator("main")).to_contain_text("停电检修放假")
    expect(phone.locator("main")).to_contain_text(words.day(case.due_on))
    phone.goto("/my/notices/")
    expect(phone.locator("main")).to_contain_text(f"由 {before:%-m月%-d日} 改为 {case.due_on:%-m月%-d日}")
    phone.goto(f"/calendar/{closed.year}/")
    look(phone, "calendar-year")
    for page, address in ((phone, "/calendar/2026/"), (keeper, f"/calendar/{closed.year}/")):
        page.goto(address)
        look(page, "calendar-year")
