"""A day in the hall: booked on the phone, checked in at the machine, called on the screen, served at the window."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import expect

from onewindow.hall import demo, loading, slots
from onewindow.kernel import clock
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone

pytestmark = pytest.mark.e2e
FONTS = True
HALL = "510114"


# What sticks out of a zone's screen when numbers and windows are as long as they get.
OUTSIDE = """() => {
  const calls = [1025, 1026, 1027].map((n) => ({ number: `B${n}`, window: "B128", state: "serving", id: `${n}-1` }));
  showZone({ calls, queues: [{ name: "民政婚姻残联退役军人", waiting: 1045 }] });
  const column = document.querySelector("[data-calls]").getBoundingClientRect();
  return [...document.querySelectorAll("main *")].filter((each) => {
    const edge = each.closest("[data-calls]") ? column : { right: innerWidth, bottom: innerHeight };
    const box = each.getBoundingClientRect();
    return box.right > edge.right + 1 || box.bottom > edge.bottom + 1;
  }).map((each) => each.textContent);
}"""


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
    for size in ((1280, 720), (1366, 768), (1920, 1080)):
        screen.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        assert screen.evaluate(OUTSIDE) == []
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


def test_a_roster_is_refused_without_those_who_must_attend(visit, hall):
    """Two weeks ahead: the demonstration's days of being always open are over by then."""
    desk, phone = visit(), visit(phone=True)
    sign_in_as_staff(desk, "manager")
    desk.goto("/manage/rosters/")
    look(desk, "rosters")
    desk.get_by_role("button", name=re.compile("^排这一周")).nth(1).click()
    for number, (queue, name) in enumerate([("不动产", "方芸"), ("税务", "田丽"), ("公积金", "龚涛"), ("不动产", "")]):
        if number == 3:
            desk.get_by_role("button", name="发布").click()
            expect(desk.get_by_text("还不能发布，必到部门没有到齐")).to_be_visible()
            look(desk, "roster-refused")
        _put(desk, queue, name, nth=1 if number == 3 else 0)
    look(desk, "roster")
    desk.get_by_role("button", name="发布").click()
    expect(desk.get_by_text("已发布，值班的人会收到通知")).to_be_visible()
    desk.goto("/manage/hours/")
    look(desk, "hours")
    desk.goto("/manage/slots/?day=" + (clock.today() + timedelta(days=1)).isoformat())
    look(desk, "slots")
    phone.goto(f"/halls/{HALL}/")
    expect(phone.get_by_text("下一次延时服务")).to_be_visible()
    look(phone, "hall-serving")
    phone.goto(f"/halls/{HALL}/extended/")
    expect(phone.get_by_role("heading", name="延时服务", exact=True)).to_be_visible()
    look(phone, "hall-extended")
    desk.set_viewport_size({"width": 390, "height": 844})
    for name in ("rosters", "hours", "slots"):
        desk.goto(f"/manage/{name}/")
        look(desk, f"manage-{name}")


def _put(desk, queue, name, nth):
    """An officer to the nth window of a queue, in every session of the week."""
    desk.wait_for_load_state()
    windows = desk.locator("#window option").filter(has_text=queue)
    desk.locator("#window").select_option(windows.nth(nth).get_attribute("value"))
    everybody = desk.locator("#officer option")
    people = everybody.filter(has_text=name) if name else desk.locator('#officer option[value$=":BDC"]')
    desk.locator("#officer").select_option(people.first.get_attribute("value"))
    for box in desk.locator('input[name="session"]').all():
        box.check()
    desk.get_by_role("button", name="排上").click()
    expect(desk.get_by_text(re.compile("^已排 "))).to_be_visible()
