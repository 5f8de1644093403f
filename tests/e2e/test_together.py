"""A sale: the seller asks, the buyer confirms on another phone, the decision reaches both with its last days."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import drafts, intake, outcome, review
from onewindow.cases.models import Case, State
from onewindow.catalogue.models import Item
from tests.e2e.conftest import look, worker_catches_up
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SELLER, BUYER, STRANGER = "13800000001", "13800000002", "13800000003"


def officer(username: str):
    return from_user(User.objects.get(username=username))


def drafted() -> Case:
    """Filled in by the seller, nobody asked yet."""
    user = User.objects.get(phone=SELLER)
    by = from_user(user)
    case = fill(drafts.open_case(Item.objects.get(pk="XDF0062"), by=by, person=user.person), by)
    case.parties.all().delete()
    return case


def decided(case: Case) -> None:
    case.refresh_from_db()
    intake.accept(case, by=officer("bdc-clerk"))
    review.give_opinion(
        case, by=officer("bdc-reviewer"), advice="agree", opinion="登记簿上没有查封、抵押，合同和税票一致"
    )
    outcome.deny(case, by=officer("bdc-decider"), reason="房子在查封期间，不能办转移登记。")


def test_a_sale_on_two_phones(visit):
    case = drafted()
    check = f"/my/cases/{case.number}/check/"
    seller = visit(phone=True)
    sign_in_by_phone(seller, SELLER)
    seller.goto(check)
    expect(seller.get_by_role("button", name="正式提交")).to_be_disabled()
    look(seller, "check-parties")
    seller.get_by_label("姓名（和身份证一致）").fill("王强")
    seller.locator("section", has=seller.locator("#parties")).get_by_role("button", name="生成邀请").click()
    look(seller, "party-invitation")
    link = seller.locator("#link").input_value()

    stranger = visit(phone=True)
    sign_in_by_phone(stranger, STRANGER)
    stranger.goto(link)
    expect(stranger.locator("main")).not_to_contain_text("王强")
    expect(stranger.locator("main")).not_to_contain_text("过户")
    look(stranger, "party-stranger")

    buyer = visit(phone=True)
    buyer.goto(link)
    sign_in_by_phone(buyer, BUYER)
    expect(buyer).to_have_url(link)
    look(buyer, "party-asked")
    buyer.get_by_role("button", name="我是王强，看看内容").click()
    look(buyer, "party-declared")
    buyer.get_by_role("button", name="内容属实，我同意一起申请").click()
    expect(buyer.locator("#messages")).to_contain_text("已确认")

    seller.goto(check)
    expect(seller.locator("main")).to_contain_text("王强（买卖的另一方）：已确认")
    look(seller, "check-confirmed")
    seller.locator("[name=declared]").check()
    seller.get_by_role("button", name="正式提交").click()
    expect(seller.locator("#messages")).to_contain_text("已正式提交")

    decided(case)
    desk = visit()
    sign_in_as_staff(desk, "bdc-clerk")
    desk.goto(f"/desk/cases/{case.number}/")
    look(desk, "desk-together")
    form = desk.locator("#act-delivery")
    expect(form.get_by_label("网上送达（申请人已同意）")).to_be_checked()
    form.get_by_role("button").last.click()
    expect(desk.locator("#messages")).to_contain_text("已办：送达")
    worker_catches_up()
    desk.goto(f"/desk/cases/{case.number}/deliveries/")
    look(desk, "desk-deliveries")
    opened_and_objected(case, seller, "seller")
    opened_and_objected(case, buyer, "buyer")
    desk.reload()
    expect(desk.locator("main")).to_contain_text("打开")
    case.refresh_from_db()
    assert case.state == State.DELIVERED
    assert case.deliveries.filter(kind="denied", opened_at__isnull=False).count() == 2


def opened_and_objected(case: Case, page, name: str) -> None:
    """Each opens the decision in the own account, and sees how the last day to object is counted."""
    page.goto(f"/my/cases/{case.number}/")
    expect(page.locator("#served")).to_be_visible()
    look(page, f"served-{name}")
    href = page.locator(".my-served a", has_text="决定").first.get_attribute("href")
    assert page.request.get(href).status == 200
    page.reload()
    expect(page.locator(".my-served")).to_contain_text("打开过")
    expect(page.locator("#remedies")).to_be_visible()
    page.locator("section", has=page.locator("#remedies")).get_by_role("link", name="怎么算的？").first.click()
    look(page, f"remedy-{name}")
