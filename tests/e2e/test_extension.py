"""延期: asked for by who reviews, refused beyond the law's days, granted once by the head, told to the applicant."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from onewindow.cases.actions import intake
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.e2e.test_review import officer
from tests.e2e.test_the_law import PHONE, sent

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
REASON = "需要再次核实现场布局，专家尚未到齐"


def test_asked_refused_granted_and_told(visit):
    case = intake.accept(sent("XDA0106"), by=officer("xspj-clerk"))
    before = case.statutory_due
    reviewer = visit(phone=True)  # where the form is far below the top of the page
    sign_in_as_staff(reviewer, "xspj-reviewer")
    reviewer.goto(f"/desk/cases/{case.number}/")
    _typed(reviewer, "extension-request", "提请延期", 11)
    link = reviewer.get_by_role("link", name="最多延长 10 个工作日。")
    expect(link).to_be_in_viewport()
    look(reviewer, "extension-refused")
    link.click()
    form = reviewer.locator("#act-extension-request")
    expect(form.get_by_role("alert")).to_be_in_viewport()
    expect(form.locator("[name=reason]")).to_have_value(REASON)
    form.locator("[name=days]").fill("10")
    form.get_by_role("button", name="提请延期").click()
    expect(reviewer.locator("#messages")).to_contain_text("已办：提请延期")
    case.refresh_from_db()
    assert case.statutory_due == before

    head = visit()
    sign_in_as_staff(head, "head")
    head.goto("/desk/")
    head.get_by_role("link", name=str(case.item)).click()
    look(head, "extension-asked")
    head.get_by_text("延长审批", exact=True).first.click()
    form = head.locator("#act-extension")
    expect(form.locator("[name=reason]")).to_have_value(REASON)
    form.get_by_role("button", name="延长审批").click()
    expect(head.locator("#messages")).to_contain_text("已办：延长审批")
    expect(head.locator("#act-extension")).to_have_count(0)
    case.refresh_from_db()
    assert case.statutory_due > before

    citizen = visit(phone=True)
    sign_in_by_phone(citizen, PHONE)
    citizen.goto(f"/my/cases/{case.number}/")
    card = citizen.locator("section", has=citizen.get_by_role("heading", name="办理期限延长了 10 个工作日"))
    expect(card).to_contain_text(REASON)
    expect(card).to_contain_text(f"{case.statutory_due:%-m月%-d日}")
    look(citizen, "my-extended")
    card.get_by_role("link", name="怎么算的").click()
    expect(citizen.locator("main")).to_contain_text("经批准延长 10 个工作日")
    expect(citizen.locator("main")).to_contain_text(f"{case.statutory_due:%-m月%-d日}")
    look(citizen, "my-extended-derivation")


def _typed(page: Page, act: str, label: str, days: int) -> None:
    page.get_by_text(label, exact=True).first.click()
    form = page.locator(f"#act-{act}")
    form.locator("[name=days]").fill(str(days))
    form.locator("[name=reason]").fill(REASON)
    form.get_by_role("button", name=label).click()
