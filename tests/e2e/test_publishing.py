"""An editor writes, a second person releases, a citizen reads: in the browser, with and without scripts, on a phone."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ITEM = "/manage/catalogue/XDP0096/"


@pytest.mark.parametrize(("js", "phone"), [(True, False), (False, True)])
def test_a_changed_guide_reaches_the_citizen(visit, js, phone):
    editor = visit(js=js, phone=phone)
    sign_in_as_staff(editor, "editor")
    editor.goto("/manage/catalogue/?q=XDP0096")
    look(editor, "manage-catalogue") if js else None
    editor.get_by_role("link", name="申领《四川省老年人优待证》").click()
    editor.get_by_role("button", name="编辑").click()
    editor.get_by_label("一句话说明").fill("满60岁就能办。")
    editor.get_by_role("button", name="保存，下一部分").click()
    editor.get_by_role("link", name="常见问题").click()
    editor.get_by_role("button", name="加一行常见问题").click()
    editor.get_by_label("问＊").last.fill("能代办吗？")
    editor.get_by_label("答＊").last.fill("能。")
    look(editor, "manage-edit") if js else None
    editor.get_by_role("button", name="保存，看全部改动").click()
    editor.get_by_label("改了什么、为什么改").fill("说得更短")
    editor.get_by_role("button", name="送审").click()
    expect(editor.get_by_text("要由另一位同事审核")).to_be_visible()

    checker = visit(js=js, phone=phone)
    sign_in_as_staff(checker, "checker")
    checker.goto("/manage/")
    checker.get_by_role("link", name="申领《四川省老年人优待证》").click()
    expect(checker.get_by_text("满60岁就能办。")).to_be_visible()
    look(checker, "manage-draft") if js else None
    checker.get_by_role("button", name="审核通过").click()
    expect(checker.get_by_text("已成为第 2 版")).to_be_visible()

    citizen = visit(js=js, phone=phone)
    citizen.goto("/items/XDP0096/")
    expect(citizen.get_by_text("满60岁就能办。")).to_be_visible()
    editor.goto(ITEM)
    look(editor, "manage-item") if js else None
