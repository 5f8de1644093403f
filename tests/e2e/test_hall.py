"""A day in the hall: booked on the phone, checked in at the machine, called on the screen, served at the window."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from onewindow.hall import demo, loading, slots
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone

pytestmark = pytest.mark.e2e
HALL = "510114"


@pytest.fixture
def hall(district):
    """Open at any hour; the first booking is tomorrow's, so today's number is drawn at the machine."""
    loading.load(settings.DATA_DIR)
    demo.open_all_day()
    slots.make(HALL, days=2)
    return district


def test_a_number_from_the_machine_to_the_window(visit, hall):
    kiosk, screen, phone, desk = visit(), visit(), visit(phone=True), visit()
    kiosk.set_viewport_size({"width": 1080, "height": 1920})
    screen.goto(f"/screens/{HALL}/A/")
    kiosk.goto(f"/kiosk/{HALL}/")
    kiosk.get_by_role("link", name="综合服务区").click()
    look(kiosk, "kiosk-queues")
    kiosk.get_by_role("link", name=re.compile("^综合受理")).click()
    kiosk.get_by_role("button", name="取号", exact=True).click()
    expect(kiosk.locator(".ksk-ticket-number")).to_have_text("A001")
    look(kiosk, "kiosk-ticket")

    phone.goto(kiosk.url.replace(f"/kiosk/{HALL}", ""))
    expect(phone.get_by_text("前面还有 0 人")).to_be_visible()
    look(phone, "ticket")

    sign_in_as_staff(desk, "chuangkou")
    desk.goto("/desk/window/")
    look(desk, "window-choose")
    desk.locator("summary", has_text="综合服务区").click()
    desk.get_by_role("button", name=re.compile("^A01")).click()
    desk.get_by_role("button", name="叫下一个号").click()
    expect(desk.locator(".hall-now-number")).to_have_text("A001")
    look(desk, "window")
    expect(screen.locator(".scr-call b").first).to_have_text("A001")
    look(screen, "screen")
    desk.get_by_role("button", name="到了，开始办").click()
    desk.get_by_role("button", name="办完").click()
    expect(desk.get_by_text("今天已办 1 个号")).to_be_visible()
    expect(screen.get_by_text("请留意叫号")).to_be_visible()


def test_a_time_booked_on_the_phone(visit, hall):
    phone = visit(phone=True)
    sign_in_by_phone(phone, "13800000001")
    phone.goto(f"/halls/{HALL}/")
    look(phone, "hall")
    phone.locator(".hall-queues li").filter(has_text="综合受理").get_by_role("link", name="预约").click()
    phone.locator(".hall-days a").last.click()
    look(phone, "appointments")
    phone.locator(".hall-slots button").first.click()
    phone.get_by_role("button", name="确认预约").click()
    expect(phone.get_by_text(re.compile("^预约号"))).to_be_visible()
    look(phone, "booking")
