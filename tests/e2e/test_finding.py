"""On a phone, with scripts and without: finding one's way from a need to a ticked list; axe on every public page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import look

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
FONTS = True
ANSWERS = "household=elsewhere&months=10&ground=home&home=rent&who=self"
PUBLIC = [
    "/", "/search/?q=社保卡掉了", "/search/?q=qqqqzzzz", "/search/", "/events/", "/items/",
    "/items/?who=person&theme=社会保障",
    "/items/XDP0032/", f"/items/XDP0032/?{ANSWERS}", f"/items/XDP0032/print/?{ANSWERS}", "/items/XDA0101/", "/verify/",
    "/help/", "/reading/", "/open-data/", "/sign-in/", "/staff/sign-in/", "/nowhere/",
]  # fmt: skip


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_from_a_need_to_a_ticked_list_on_a_phone(visit, js):
    page = visit(phone=True, js=js)
    page.goto("/")
    page.locator("#q").fill("外地人租房办居住证")
    page.locator("#q").press("Enter")
    page.get_by_role("link", name="居住证", exact=False).first.click()
    page.goto(f"/items/XDP0032/?{ANSWERS}")
    page.get_by_role("button", name="保存清单").click()
    expect(page.get_by_role("heading", name="还差 2 份")).to_be_visible()
    page.get_by_role("button", name="房屋租赁合同").click()
    expect(page.get_by_role("heading", name="还差 1 份")).to_be_visible()
    if js:
        look(page, "list")
    address = page.url.partition("#")[0]
    family = visit(phone=True, js=js)
    family.goto(address)
    expect(family.get_by_role("button", name="房屋租赁合同")).to_have_attribute("aria-pressed", "true")
    family.get_by_role("button", name="近期相片").click()
    expect(family.get_by_role("heading", name="都备齐了")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="都备齐了")).to_be_visible()


def test_axe_finds_nothing_serious_on_any_public_page(visit):
    for phone in (True, False):
        page = visit(phone=phone)
        for address in PUBLIC:
            page.goto(address)
            look(page, "page")
            wider = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not wider, f"{address} is wider than the screen"


@pytest.mark.parametrize("way", ["elder", "contrast"])
def test_large_type_and_high_contrast_are_as_accessible(visit, way):
    page = visit(phone=True)
    page.goto("/reading/")
    name = {"elder": "大字版", "contrast": "高对比"}[way]
    page.get_by_role("button", name=f"打开 {name}").click()
    expect(page.get_by_role("button", name=f"已打开，关掉 {name}")).to_be_visible()
    for address in ("/", "/search/?q=低保", "/items/XDP0096/?age=72", "/reading/"):
        page.goto(address)
        look(page, way)
