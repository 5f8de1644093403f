"""Signing in by another house, and a parent bound at the window, as their people do it in the browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from config import oidc
from onewindow.accounts.models import Mandate
from onewindow.accounts.providers import oidc_metadata
from tests.accounts.openid_provider import configured, running
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_province_vouches(visit, settings):
    with running() as province:
        oidc_metadata.forget()
        settings.OIDC_PROVIDERS = (configured(province), oidc.sandbox(settings.PUBLIC_URL, "s" * 32))
        province.who = {"sub": "p-1", "name": "何晓梅", "id_number": "510125198802191267", "acr": "1"}
        page = visit()
        page.goto("/sign-in/?next=/my/account/")
        look(page, "sign-in")
        page.get_by_role("button", name="四川省统一身份认证").click()
        page.wait_for_url("**/my/account/")
        expect(page.locator("main")).to_contain_text("解除绑定")


def test_the_sandbox_and_a_child_bound_at_the_window(visit, settings):
    oidc_metadata.forget()
    settings.OIDC_PROVIDERS = (oidc.sandbox(settings.PUBLIC_URL, "s" * 32),)
    father = visit(phone=True, js=False)
    father.goto("/sign-in/?next=/my/bindings/new/guardian/")
    father.get_by_role("button", name="沙箱统一身份认证").click()
    father.wait_for_url("**/sandbox/oidc/authorize/**")
    father.get_by_label("王强").check()
    father.get_by_role("button", name="登录", exact=True).click()
    father.wait_for_url("**/my/bindings/new/guardian/")
    father.get_by_label("姓名").fill("王小明")
    father.get_by_label("身份证号码").fill("510125201503010037")
    father.get_by_role("button", name="下一步").click()
    number = re.sub(r"\s", "", father.locator(".my-code-number").inner_text())
    clerk = visit()
    sign_in_as_staff(clerk, "wjj-clerk")
    clerk.goto("/desk/bindings/")
    clerk.get_by_label("绑定编号").fill(number)
    clerk.get_by_role("button", name="查找").click()
    clerk.get_by_label("户口簿").check()
    clerk.get_by_label("原件上的姓名或名称").fill("王小明")
    clerk.get_by_label("原件上的号码").fill("510125201503010037")
    clerk.get_by_label("申请人本人到场").check()
    look(clerk, "desk-binding")
    clerk.get_by_role("button", name="核验通过").click()
    expect(clerk.locator("main")).to_contain_text("已生效")
    father.reload()
    expect(father.locator("main")).to_contain_text("已生效")
    assert Mandate.objects.in_force().filter(ground="guardian").count() == 1
