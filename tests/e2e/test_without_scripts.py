"""What comes after applying, for whom scripts do not run or who has no mouse: withdrawing, rating, verifying."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import Principal, from_user
from onewindow.cases.actions import drafts, intake, outcome
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.documents.models import Certificate
from onewindow.feedback.actions import invite
from onewindow.feedback.models import Rating
from tests.cases.conftest import post, reviewed
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_by_phone
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "13800000001"


def sent() -> Case:
    by: Principal = from_user(User.objects.get(phone=PHONE))
    case = drafts.open_case(Item.objects.get(pk="XDP0096"), by=by, person=User.objects.get(phone=PHONE).person)
    return intake.submit(fill(case, by), by=by)


def finished() -> Case:
    case = reviewed(sent())
    outcome.grant(case, by=post(case, "decider"))
    outcome.deliver(case, by=post(case, "clerk"), way="online")
    outcome.finish(case, by=post(case, "clerk"))
    invite(case)
    return case


def tab_to(page: Page, target: str, most: int = 60) -> None:
    """By the Tab key alone, as somebody without a mouse."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(":focus").evaluate("(element, target) => element.matches(target)", target):
            return
    pytest.fail(f"Tab 键到不了 {target}：{page.url}")


def press(page: Page, target: str, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def test_withdrawing(visit):
    page, case = visit(phone=True, js=False), sent()
    sign_in_by_phone(page, PHONE)
    page.goto(f"/my/cases/{case.number}/")
    page.get_by_role("button", name="撤回申请").click()
    page.locator("#reason").fill("下个月再办")
    page.get_by_role("button", name="确定撤回").click()
    expect(page.locator("main")).to_contain_text("准予撤回通知书")
    case.refresh_from_db()
    assert case.state == "withdrawn"


def test_rating(visit):
    page, rating = visit(phone=True, js=False), Rating.objects.get(case=finished())
    page.goto(f"/rate/{rating.token}/")
    page.locator("label", has_text=re.compile("^ *非常满意")).click()
    page.get_by_label("办得快").check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("main")).to_contain_text("谢谢您的评价")
    rating.refresh_from_db()
    assert (rating.stars, rating.tags) == (5, ["办得快"])


@pytest.mark.parametrize("way", ["number", "file"])
def test_verifying(visit, way):
    page, certificate = visit(phone=True, js=False), Certificate.objects.get(case_number=finished().number)
    page.goto("/verify/")
    if way == "number":
        page.locator("#number").fill(certificate.number)
        page.locator("#name").fill(certificate.holder)
        page.get_by_role("button", name="核验").first.click()
    else:
        holder = visit()
        sign_in_by_phone(holder, PHONE)
        pdf = holder.request.get(f"/cases/{certificate.case_number}/certificate/").body()
        page.locator("#file").set_input_files({"name": "证.pdf", "mimeType": "application/pdf", "buffer": pdf})
        page.get_by_role("button", name="核验").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核验通过，真实有效")
    expect(page.locator("main")).to_contain_text("李**")


def test_all_three_by_keyboard(visit):
    page, case, done = visit(), sent(), finished()
    certificate, rating = Certificate.objects.get(case_number=done.number), Rating.objects.get(case=done)
    sign_in_by_phone(page, PHONE)
    page.goto(f"/my/cases/{case.number}/")
    press(page, "form[action$='/withdrawal/'] button")
    page.wait_for_url("**/withdrawal/")
    look(page, "withdraw")
    press(page, "button.btn-danger", "Space")
    expect(page.locator("main")).to_contain_text("申请已撤回")
    page.goto(f"/my/cases/{done.number}/")
    press(page, "a[href^='/rate/']")
    page.wait_for_url("**/rate/**")
    press(page, "[name=stars]", "Space")
    tab_to(page, "#text")
    page.keyboard.type("很快")
    press(page, "main button[type=submit]")
    expect(page.locator("main")).to_contain_text("谢谢您的评价")
    page.goto("/")
    press(page, "footer a[href='/verify/']")
    page.wait_for_url("**/verify/")
    tab_to(page, "#number")
    page.keyboard.type(certificate.number)
    tab_to(page, "#name")
    page.keyboard.insert_text(certificate.holder)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("核验通过，真实有效")
    rating.refresh_from_db()
    case.refresh_from_db()
    assert (rating.stars, rating.text, case.state) == (5, "很快", "withdrawn")
