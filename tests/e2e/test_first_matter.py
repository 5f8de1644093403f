"""One matter from the question to the verified certificate, as citizen, clerk, reviewer, decider and passer-by."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from onewindow.cases.models import Case
from onewindow.documents.models import Certificate
from onewindow.feedback.models import Rating
from tests.e2e.conftest import look, worker_catches_up
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
QUESTION = "我妈70岁了想办个老年证要带啥"


def photo(color: str = "white") -> dict[str, object]:
    buffer = io.BytesIO()
    Image.new("RGB", (295, 413), color).save(buffer, "JPEG")
    return {"name": "一寸照.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def answer_questions(page: Page) -> None:
    page.locator("[name=age]").fill("70")
    page.locator("[name=household][value=sichuan]").check()
    page.locator("[name=who][value=proxy]").check()


def fill_form(page: Page, phone: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("老人的情况")
    page.locator("[name=phone]").fill(phone)
    page.locator("[name='address.division']").select_option(index=1)
    page.locator("[name='address.detail']").fill("香城大道1号3栋2单元101")
    page.get_by_role("button", name="保存并继续").click()
    page.locator("[name=who][value=self]").check()
    page.locator("[name=pickup][value=online]").check()
    page.get_by_role("button", name="保存并继续").click()


def upload(page: Page, material: str, file: dict[str, object], count: int = 1) -> None:
    card = page.locator(f"#{material}")
    card.locator("input[type=file]").set_input_files([file])
    card.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator(f"#{material}")).to_contain_text(f"已上传 {count} 个")


def send(page: Page, button: str) -> None:
    page.locator("[name=declared]").check()
    page.get_by_role("button", name=button).click()


def apply_online(page: Page) -> str:
    """Question → guide → checklist → form → papers → 预审; returns the case number."""
    page.goto("/")
    look(page, "home")
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    look(page, "search")
    page.get_by_role("link", name=re.compile("老年人优待证")).first.click()
    look(page, "guide")
    page.get_by_role("link", name=re.compile("开始申请|网上申请|我要办")).first.click()
    sign_in_by_phone(page, "13800000001")
    look(page, "apply-start")
    page.get_by_role("button", name=re.compile("开始申请|重新开始")).click()
    look(page, "apply-questions")
    answer_questions(page)
    page.get_by_role("button", name="继续").click()
    look(page, "apply-form")
    fill_form(page, "13800000001")
    look(page, "apply-materials")
    upload(page, "photo", photo())
    page.get_by_role("link", name=re.compile("核对一遍")).click()
    look(page, "apply-check")
    send(page, "提交预审")
    expect(page.get_by_text("预审中").first).to_be_visible()
    look(page, "my-case-prereview")
    return Case.objects.latest("id").number


def remark_on_the_photo(page: Page, number: str) -> None:
    sign_in_as_staff(page, "wjj-clerk")
    page.goto("/desk/")
    look(page, "desk-list")
    page.get_by_role("link", name=re.compile("老年人优待证")).first.click()
    look(page, "desk-case-prereview")
    note = page.locator(".desk-papers li", has_text="1寸免冠照片")
    note.get_by_text("写意见").click()
    note.locator("textarea").fill("照片背景太深，请换浅色背景的近照")
    note.locator("textarea").press("Enter")  # a remark is one of several: Enter must not send them all
    page.locator("summary", has_text="退回修改").click()
    page.locator("#act-prereview-return").get_by_role("button", name="退回修改").click()
    expect(page.get_by_text("待修改").first).to_be_visible()


def fix_the_photo(page: Page, number: str) -> None:
    page.goto(f"/my/cases/{number}/")
    expect(page.locator("main")).to_contain_text("照片背景太深")
    look(page, "my-case-returned")
    page.goto(f"/my/cases/{number}/materials/")
    expect(page.locator("#remark-photo")).to_contain_text("浅色背景")
    upload(page, "photo", photo("lightblue"), count=2)
    page.get_by_role("link", name=re.compile("核对一遍")).click()
    send(page, "正式提交")
    expect(page.get_by_text("已提交").first).to_be_visible()


def act(page: Page, number: str, button: str, picture: str = "") -> None:
    page.goto(f"/desk/cases/{number}/")
    if picture:
        look(page, picture)
    page.locator(".ow-desk-side").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#messages")).to_contain_text("已办")


def test_from_the_question_to_the_rating(visit):
    citizen, clerk, reviewer, decider, passer_by = (visit() for _ in range(5))
    number = apply_online(citizen)
    remark_on_the_photo(clerk, number)
    fix_the_photo(citizen, number)
    act(clerk, number, "受理", "desk-case-submitted")
    sign_in_as_staff(reviewer, "wjj-reviewer")
    reviewer.goto(f"/desk/cases/{number}/")
    reviewer.locator("#opinion-opinion").fill("年龄和户籍符合条件")
    look(reviewer, "desk-case-review")
    reviewer.get_by_role("button", name="签署审查意见").click()
    sign_in_as_staff(decider, "wjj-decider")
    act(decider, number, "准予", "desk-case-decide")
    act(clerk, number, "送达")
    act(clerk, number, "办结")
    worker_catches_up()
    check_what_the_citizen_got(citizen, passer_by, number)


def check_what_the_citizen_got(citizen: Page, passer_by: Page, number: str) -> None:
    citizen.goto(f"/my/cases/{number}/")
    look(citizen, "my-case-finished")
    certificate = Certificate.objects.get(case_number=number)
    expect(citizen.locator("main")).to_contain_text(certificate.number)
    pdf = citizen.request.get(f"/cases/{number}/certificate/")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body().startswith(b"%PDF-")
    address = certificate.facts["verify_url"].replace("http://", "").partition("/")[2]
    passer_by.goto(f"/{address}")
    expect(passer_by.locator("main")).to_contain_text("有效")
    expect(passer_by.locator("main")).to_contain_text("李**")
    expect(passer_by.locator("main")).not_to_contain_text("李秀英")
    look(passer_by, "verify")
    passer_by.goto(f"/rate/{Rating.objects.get(case__number=number).token}/")
    look(passer_by, "rate")
    passer_by.locator("[name=stars][value='5']").check()
    passer_by.get_by_role("button", name="提交评价").click()
    expect(passer_by.get_by_text("谢谢您的评价")).to_be_visible()
    assert Rating.objects.get(case__number=number).stars == 5
