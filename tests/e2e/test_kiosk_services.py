"""What one can do at a kiosk by touch alone: nothing scrolls, every target is large, upright and across."""

import re

import pytest
from playwright.sync_api import Page, expect

from onewindow.cases.models import Case
from onewindow.documents import sheets
from onewindow.hall.models import Device, Printout, Ticket
from tests.e2e.conftest import look, until
from tests.e2e.test_kiosk import HALL, device, kiosk, press_keys, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.e2e
FONTS = True
SMALL = """() => [...document.querySelectorAll('a, button, .ksk-input')]
  .map((e) => [e.textContent.trim().slice(0, 20) || e.name, e.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 80)"""
OVER = (
    """() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]"""
)


def watch(page: Page, name: str) -> None:
    look(page, name)
    assert page.evaluate(OVER) == [0, 0]
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("size", [(1080, 1920), (1280, 800)], ids=["portrait", "landscape"])
def test_a_guide_by_the_letters_of_its_pinyin_and_a_number(kiosk, size):  # noqa: F811
    page = kiosk(size=size)
    watch(page, "kiosk-home")
    page.get_by_role("link", name=re.compile("查办事指南")).click()
    watch(page, "kiosk-find")
    page.locator("#q").click()
    press_keys(page, "LNZ")
    watch(page, "kiosk-keys")
    page.get_by_role("button", name="查", exact=True).click()
    watch(page, "kiosk-found")
    page.get_by_role("link", name=re.compile("老年人优待证")).click()
    watch(page, "kiosk-question")
    answer_all(page)
    watch(page, "kiosk-guide")
    if page.get_by_role("button", name="下一屏").is_visible():
        page.get_by_role("button", name="下一屏").click()
    page.get_by_role("button", name="打印清单").click()
    expect(page.get_by_role("heading", name="正在打印")).to_be_visible()
    until(page, "window.printed === 1")
    watch(page, "kiosk-printing")
    paper = page.pdf(prefer_css_page_size=True)
    made = Printout.objects.get(what="guide")
    assert (sheets.count(paper), Device.objects.get(site=HALL, code="F01").sheets) == (made.pages, 100 - made.pages)
    page.get_by_role("link", name="首页").click()
    page.get_by_role("link", name=re.compile("^ ?取号")).click()
    watch(page, "kiosk-zones")
    page.get_by_role("link", name=re.compile("综合服务区")).click()
    watch(page, "kiosk-queues")
    page.get_by_role("link", name=re.compile("^综合受理")).click()
    watch(page, "kiosk-queue")
    page.get_by_role("button", name="取号", exact=True).click()
    expect(page.locator(".ksk-ticket-number")).to_have_text(Ticket.objects.get().number)
    watch(page, "kiosk-ticket")
    assert sheets.count(page.pdf(prefer_css_page_size=True)) == 1


def test_an_application_filled_in_by_touch_and_tracked_by_its_number(kiosk):  # noqa: F811
    page = kiosk()
    sign_in(page)
    page.get_by_role("link", name=re.compile("自助申办")).click()
    page.get_by_role("link", name=re.compile("养老保险定期待遇")).click()
    look(page, "kiosk-start")
    page.get_by_role("button", name="开始申请").click()
    fill_in(page)
    look(page, "kiosk-check")
    page.get_by_role("checkbox", name=re.compile("真实|属实|承诺")).check()
    page.get_by_role("button", name="正式提交").click()
    expect(page.get_by_text("走到哪一步")).to_be_visible()
    look(page, "kiosk-case")
    case = Case.objects.select_related("person").latest("pk")
    assert case.submitted_at
    page.get_by_role("button", name="结束服务").click()
    page.get_by_role("link", name=re.compile("查办件进度")).click()
    press_keys(page, case.number)
    page.locator("#last").click()
    press_keys(page, case.person.number[-4:])
    watch(page, "kiosk-track")
    page.get_by_role("button", name="查", exact=True).click()
    expect(page.get_by_text(case.get_state_display()).first).to_be_visible()
    assert case.applicant_name not in page.content()
    watch(page, "kiosk-tracked")


def answer_all(page: Page) -> None:
    """The first answer to every question; a click waits for the next page to begin, not for all of it."""
    papers, question = page.get_by_role("heading", name="要带的材料"), page.locator(".ksk-form h2")
    for _ in range(8):
        page.wait_for_load_state()
        if papers.is_visible():
            return
        asked = question.inner_text()
        if page.locator(".ksk-form .ksk-input").count():
            press_keys(page, "70")
        page.locator(".ksk-form button").first.click()
        expect(question.filter(has_text=asked)).to_have_count(0)
    pytest.fail(f"asked on and on: {page.url}")


def fill_in(page: Page) -> None:
    """Every page of the form by its first choices, as somebody in a hurry would."""
    for _ in range(8):
        page.wait_for_load_state()
        if page.get_by_role("heading", name="核对一遍").count():
            return
        for group in page.locator("fieldset:has(input[type=radio])").all():
            group.locator("input[type=radio]").first.check()
        for choice in page.locator("main select[required], main fieldset select").all():
            if not choice.input_value():
                choice.select_option(index=1)
        for box in page.locator("main input[required]:not([type=radio]):not([type=checkbox])").all():
            if not box.input_value():
                box.click()
                press_keys(page, "19560312" if box.get_attribute("type") == "date" else "13880001234")
        look(page, "kiosk-form")
        (page.locator(".my-go").get_by_role("button", name=re.compile("继续"))
         .or_(page.locator(".my-go").get_by_role("link", name=re.compile("继续"))).first.click())  # fmt: skip


def test_certificates_of_whoever_is_signed_in(kiosk):  # noqa: F811
    page = kiosk()
    sign_in(page)
    page.get_by_role("link", name=re.compile("打印证照")).click()
    watch(page, "kiosk-certificates-none")
