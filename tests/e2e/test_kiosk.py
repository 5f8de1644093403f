"""At the kiosk one after the other: what the first did, the second cannot find."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from onewindow.accounts import principal as principals
from onewindow.accounts.models import User
from onewindow.cases.models import Case
from onewindow.hall import demo, loading
from onewindow.hall.actions import devices
from onewindow.hall.models import Device, DeviceRules
from tests.e2e.conftest import look
from tests.e2e.people import code_on

pytestmark = pytest.mark.e2e
FONTS = True
HALL = "510114"
PHONE = "13800000001"
# Pension qualification: seven touches, nothing to upload.
ITEM = "XDP0242"
CACHED = """async (urls) => (await Promise.all(urls.map((url) =>
  fetch(url, {cache: "only-if-cached", mode: "same-origin"}).then((r) => r.ok, () => false)))).filter(Boolean).length"""
KEPT = """async () => ({local: localStorage.length, session: sessionStorage.length,
  caches: (await caches.keys()).length, databases: (await indexedDB.databases()).length})"""
VALUES = "() => [...document.querySelectorAll('input:not([type=hidden]), textarea')].map((e) => e.value).join(' ')"


@pytest.fixture
def device(district):
    loading.load(settings.DATA_DIR)
    demo.open_all_day()
    device = Device.objects.get(site=HALL, code="F01")
    Device.objects.filter(pk=device.pk).update(sheets=100, roll=200)
    return device


@pytest.fixture
def kiosk(visit, device):
    def open_kiosk(*, js=True, size=(1080, 1920)) -> Page:
        page = visit(js=js)
        # There is no printer in a test, and a print that waits for one bars every other.
        page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; }")
        page.set_viewport_size({"width": size[0], "height": size[1]})
        by = principals.load(User.objects.get(username="manager").pk)
        page.goto(f"/kiosk/{HALL}/device/")
        page.locator("[name=token]").fill(devices.issue_token(device, by=by))
        page.get_by_role("button", name="登记").click()
        expect(page.get_by_role("heading", name="您要办什么")).to_be_visible()
        return page

    return open_kiosk


def press_keys(page: Page, text: str) -> None:
    for key in text:
        page.locator(".ksk-pad").get_by_role("button", name=key, exact=True).click()


def sign_in(page: Page) -> None:
    page.get_by_role("link", name="登录").click()
    press_keys(page, PHONE)
    look(page, "kiosk-sign-in")
    page.get_by_role("button", name="获取验证码").click()
    press_keys(page, code_on(page))
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="结束服务")).to_be_visible()


def traces(number: str) -> list[str]:
    user = User.objects.select_related("person").get(phone=PHONE)
    return [user.person.name, user.person.number, user.person.number_masked, PHONE, "138****0001", number]


def assert_nothing_of_the_first(page: Page, number: str) -> None:
    said = page.content() + page.evaluate(VALUES)
    assert [trace for trace in traces(number) if trace in said] == []


def half_an_application(page: Page) -> str:
    sign_in(page)
    page.get_by_role("link", name=re.compile("自助申办")).click()
    look(page, "kiosk-items")
    page.get_by_role("link", name=re.compile("养老保险")).first.click()
    page.get_by_role("button", name="开始申请").click()
    page.wait_for_url(re.compile("/my/cases/"))
    look(page, "kiosk-application")
    return Case.objects.latest("pk").number


def test_nothing_of_the_first_is_seen_by_the_second(kiosk):
    page = kiosk()
    look(page, "kiosk-home")
    number = half_an_application(page)
    seen = [*page.evaluate("performance.getEntriesByType('navigation').map((e) => e.name)"), page.url]
    page.evaluate("() => { localStorage.setItem('a', '1'); sessionStorage.setItem('a', '1'); }")
    page.get_by_role("button", name="结束服务").click()
    expect(page.get_by_role("heading", name="您要办什么")).to_be_visible()
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"ow_device", "csrftoken"}
    assert page.evaluate(KEPT) == {"local": 0, "session": 0, "caches": 0, "databases": 0}
    assert page.evaluate(CACHED, seen) == 0
    steps = page.evaluate("history.length")
    assert steps > 6
    for _ in range(steps - 1):
        page.go_back()
        assert_nothing_of_the_first(page, number)
        page.reload()
        assert_nothing_of_the_first(page, number)
    for _ in range(steps - 1):
        page.go_forward()
        assert_nothing_of_the_first(page, number)
    page.goto(f"/my/cases/{number}/form/1/")
    assert_nothing_of_the_first(page, number)
    assert page.url.endswith(f"/kiosk/{HALL}/")


def test_who_walks_away_is_signed_out_after_a_countdown(kiosk):
    page = kiosk()
    number = half_an_application(page)
    DeviceRules.objects.create(site_id=HALL, idle_seconds=18)
    page.clock.install()
    page.reload()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_be_visible()
    look(page, "kiosk-countdown")
    asked.get_by_role("button", name="继续").click()
    expect(asked).to_be_hidden()
    assert number in page.url
    page.clock.run_for(18_000)
    expect(page.get_by_role("heading", name="您要办什么")).to_be_visible()
    page.go_back()
    assert_nothing_of_the_first(page, number)
    assert "onewindow" not in {cookie["name"] for cookie in page.context.cookies()}


def test_a_button_does_not_slide_away_under_a_slow_finger(kiosk):
    """On a low screen the keys hold up the end of the form; they go when it is left."""
    page = kiosk(size=(1280, 800))
    number = half_an_application(page)
    page.goto(f"/my/cases/{number}/form/1/")
    page.locator("main .form-control").last.click()
    expect(page.locator(".ksk-pad")).to_be_visible()
    go = page.get_by_role("button", name="保存并继续")
    go.hover()  # once it has come to rest
    before = go.bounding_box()
    page.mouse.down()
    page.wait_for_timeout(200)
    assert go.bounding_box() == before
    page.mouse.up()
    expect(page.get_by_role("alert").first).to_be_visible()


def test_without_scripts_the_page_leaves_by_itself(kiosk):
    page = kiosk(js=False)
    page.get_by_role("link", name="登录").click()
    page.locator("[name=phone]").fill(PHONE)
    DeviceRules.objects.create(site_id=HALL, idle_seconds=2)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("heading", name="您要办什么")).to_be_visible()
    page.goto(f"/kiosk/{HALL}/sign-in/code/")
    assert page.url.endswith("/sign-in/") and "138" not in page.content()
