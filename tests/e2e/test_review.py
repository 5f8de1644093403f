"""A site visit: arranged at the desk, recorded on a phone with a photograph, told to the applicant, then decided."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import intake, review
from onewindow.cases.models import Proceeding, SitePhoto
from onewindow.kernel import clock
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_first_matter import photo
from tests.e2e.test_the_law import PHONE, sent

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def officer(username: str):
    return from_user(User.objects.get(username=username))


def arrange(desk: Page, number: str) -> None:
    desk.goto(f"/desk/cases/{number}/")
    desk.get_by_role("link", name="安排现场核查").click()
    desk.locator("[name=on]").fill(clock.today().isoformat())
    desk.locator("[name=time]").fill("09:30")
    desk.locator("[name=place]").fill("新都区桂湖中路18号")
    desk.get_by_label("罗斌").check()
    desk.get_by_role("button", name="安排现场核查").click()
    expect(desk.get_by_role("alert")).to_contain_text("两名以上")
    expect(desk.locator("[name=place]")).to_have_value("新都区桂湖中路18号")
    desk.get_by_label("李琴").check()
    desk.get_by_role("button", name="安排现场核查").click()
    expect(desk.locator("#messages")).to_contain_text("已办：安排现场核查")
    look(desk, "desk-proceedings")


def test_site_visit_on_a_phone(visit):
    case = intake.accept(sent("XDA0106"), by=officer("xspj-clerk"))
    review.give_opinion(case, by=officer("xspj-reviewer"), advice="agree", opinion="材料齐全")
    desk, field, citizen = visit(), visit(phone=True), visit(phone=True)
    sign_in_as_staff(desk, "xspj-reviewer")
    arrange(desk, case.number)

    sign_in_by_phone(citizen, PHONE)
    citizen.goto(f"/my/cases/{case.number}/")
    expect(citizen.locator("main")).to_contain_text("现场核查：已安排")
    look(citizen, "my-visit")

    sign_in_as_staff(field, "xspj-reviewer2")
    field.goto("/desk/")
    field.get_by_role("link", name="现场核查 · ").click()
    look(field, "visit-record")
    for point in case.guide.scrutiny.check_points:
        field.locator(f"[name=result_{point.key}][value=ok]").check()
    field.locator("[name=conclusion]").fill("符合卫生要求")
    field.locator("[name=photo_disinfection]").set_input_files([photo("navy")])
    field.get_by_role("button", name="先保存照片").click()
    expect(field.locator("#messages")).to_contain_text("照片已保存")
    expect(field.locator("[name=conclusion]")).to_have_value("符合卫生要求")
    assert SitePhoto.objects.get().point == "disinfection"
    field.locator("[name=signed][value=signed]").check()
    field.locator("[name=party]").fill("王强")
    field.get_by_role("button", name="作出核查笔录").click()
    expect(field.locator("#messages")).to_contain_text("已办：作出核查笔录")
    look(field, "visit-done")
    assert Proceeding.objects.get().conclusion == "符合"

    desk.goto(f"/desk/cases/{case.number}/")
    desk.locator("#act-opinion [name=opinion]").fill("现场符合要求")
    desk.locator("#act-opinion").get_by_role("button", name="签署审查意见").click()
    decider = visit()
    sign_in_as_staff(decider, "xspj-decider")
    decider.goto(f"/desk/cases/{case.number}/")
    decider.locator("#act-grant").get_by_role("button", name="准予").click()
    expect(decider.locator("#messages")).to_contain_text("已办：准予")
    citizen.goto(f"/my/cases/{case.number}/")
    expect(citizen.locator("main")).to_contain_text("现场核查笔录（PDF）")
