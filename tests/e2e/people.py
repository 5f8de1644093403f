"""How the people of the demonstration sign in."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

PASSWORD = "xindu-demo-2017"
CODE = re.compile(r"验证码 ?(\d{6})")


def sign_in_by_phone(page: Page, phone: str) -> None:
    """Ask for a code and type the one the sandbox gateway shows on screen."""
    page.goto("/sign-in/") if "/sign-in/" not in page.url else None
    page.locator("[name=phone]").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("6 位验证码").fill(code_on(page))
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/sign-in/"))


def code_on(page: Page) -> str:
    shown = page.locator("main").get_by_text(CODE).last
    return CODE.search(shown.inner_text()).group(1)


def sign_in_as_staff(page: Page, username: str) -> None:
    """Password, then the authenticator."""
    page.goto("/staff/sign-in/")
    page.locator("[name=identifier]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("6 位动态口令").fill(page.locator("#demo-code").inner_text())
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/staff/sign-in/"))
