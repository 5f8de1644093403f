"""The search box on a phone: suggestions by keyboard and thumb, a question back, a life event; and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import look

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_search_on_a_phone(visit):
    page = visit(phone=True)
    page.goto("/search/?q=老年证")  # the index is built with the first question
    page.goto("/")
    box = page.get_by_role("combobox")
    box.press_sequentially("lnz", delay=30)
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "q-option-1")
    look(page, "search-suggestions-phone")
    box.press("Escape")
    expect(page.locator(".search-list")).to_be_hidden()
    box.fill("老年")
    page.get_by_role("option").filter(has_text="老年人优待证").first.click()
    expect(page).to_have_url("/items/XDP0096/")

    page.goto("/search/?q=烟草专卖零售许可证")
    look(page, "search-asks-back-phone")
    page.get_by_role("link", name="补办", exact=True).click()
    expect(page.locator(".ow-item-name").first).to_contain_text("补办")

    page.goto("/events/birth/")
    look(page, "event-phone")
    page.get_by_role("link", name="出生登记").first.click()
    expect(page).to_have_url("/items/XDF0016/")


def test_search_without_scripts(visit):
    page = visit(phone=True, js=False)
    page.goto("/")
    page.locator("#q").fill("老年正")
    page.get_by_role("button", name="搜索").click()
    expect(page.locator(".ow-item-name").first).to_contain_text("老年人优待证")
    page.get_by_role("link", name="仍然搜索").click()
    expect(page.get_by_text("您是不是想找")).to_have_count(0)
    page.locator(".search-filters summary").click()
    page.get_by_role("link", name="个人", exact=True).click()
    expect(page.locator("#q")).to_have_value("老年正")
