"""One visit from the phone to the rating; ONEWINDOW_PICTURES=docs writes the pictures of docs/hall.md."""

import io
import os
import re

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.feedback.models import Rating
from onewindow.hall import demo, loading
from onewindow.hall.models import Queue, Service
from tests.e2e.conftest import serious_faults
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.factories import applications

pytestmark = pytest.mark.e2e
HALL, PHONE, ITEM = "510114", "13800000001", "XDP0096"
# So wide the pictures lie in the document, in pixels.
WIDTH = {390: 390, 1080: 480, 1280: 960, 1920: 960}


def take(page: Page, name: str) -> None:
    """Looked over by axe; a picture for the document when asked."""
    assert serious_faults(page) == []
    if os.environ.get("ONEWINDOW_PICTURES") == "docs":
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.thumbnail((WIDTH[page.viewport_size["width"]], 4000))
        path = settings.BASE_DIR / "docs" / "pictures" / f"hall-{name}.png"
        shot.quantize(64).save(path, optimize=True)


@pytest.fixture
def prereviewed(district) -> Case:
    """The elderly card of the citizen with the phone: seen online, found good, to be filed in person."""
    loading.load(settings.DATA_DIR)
    demo.open_all_day()
    by = from_user(User.objects.get(phone=PHONE))
    case = drafts.open_case(Item.objects.get(pk=ITEM), by=by, person=User.objects.get(phone=PHONE).person)
    intake.request_prereview(applications.fill(case, by), by=by)
    return intake.pass_prereview(case, by=from_user(User.objects.get(username="chuangkou")))


def test_booked_checked_in_called_accepted_rated(visit, prereviewed):
    phone, kiosk, desk, hall_screen = visit(phone=True), visit(), visit(), visit()
    window_screen = desk.context.new_page()  # the second display of the clerk's machine
    kiosk.set_viewport_size({"width": 1080, "height": 1920})
    for screen in (hall_screen, window_screen):
        screen.set_viewport_size({"width": 1920, "height": 1080})

    number = book(phone, prereviewed)
    kiosk.goto(f"/kiosk/{HALL}/check-in/")
    kiosk.locator("#number").fill(number)
    kiosk.get_by_role("button", name="签到", exact=True).click()
    expect(kiosk.locator(".ksk-ticket-number")).to_have_text("B001")
    take(kiosk, "2-check-in")

    hall_screen.goto(f"/screens/{HALL}/B/", wait_until="domcontentloaded")
    call(desk)
    window_screen.goto(f"/screens/{HALL}/windows/B65/", wait_until="domcontentloaded")
    expect(hall_screen.locator(".scr-call b").first).to_have_text("B001")
    expect(window_screen.get_by_text("请到本窗口")).to_be_visible()
    take(hall_screen, "3-called")
    take(desk, "4-window")
    accept(desk)
    rate(window_screen)
    served = Service.objects.get()
    assert [act["label"] for act in served.acts] == ["正式提交", "受理"] and served.case == prereviewed
    assert (Rating.objects.get().service, Rating.objects.get().stars) == (served, 5)


def book(phone: Page, case: Case) -> str:
    sign_in_by_phone(phone, PHONE)
    queue = Queue.objects.get(site=HALL, code="JW")
    phone.goto(f"/halls/{HALL}/queues/{queue.pk}/appointments/?item={ITEM}&case={case.number}")
    phone.locator(".hall-slots button").first.click()
    phone.get_by_role("button", name="确认预约").click()
    expect(phone.get_by_text(re.compile("^预约号"))).to_be_visible()
    take(phone, "1-booked")
    return re.search(r"my/bookings/(\w+)/", phone.url).group(1)


def call(desk: Page) -> None:
    sign_in_as_staff(desk, "chuangkou")
    desk.goto("/desk/window/")
    desk.locator("summary", has_text="市民服务区").click()
    desk.get_by_role("button", name=re.compile("^B65")).click()
    desk.get_by_role("button", name="叫下一个号").click()
    expect(desk.locator(".hall-now-number")).to_have_text("B001")
    expect(desk.locator(".hall-file").get_by_text("预审通过")).to_be_visible()


def accept(desk: Page) -> None:
    """Filed in person on the file's page, back to the number, accepted from there."""
    desk.locator(".hall-file").get_by_role("link", name="正式提交…").click()
    desk.get_by_label("本人到场，已核对身份证件").check()
    desk.get_by_role("button", name="正式提交", exact=True).click()
    desk.get_by_role("link", name=re.compile("回到窗口")).click()
    desk.locator(".hall-file").get_by_role("button", name="受理", exact=True).click()
    expect(desk.get_by_text("正式提交、受理")).to_be_visible()
    desk.get_by_role("button", name="办完").click()
    expect(desk.get_by_text("今天已办 1 个号")).to_be_visible()


def rate(screen: Page) -> None:
    expect(screen.get_by_text("请为刚才的服务评价")).to_be_visible()
    take(screen, "5-rating")
    screen.get_by_role("button", name="非常满意", exact=True).click()
    expect(screen.get_by_text("请等候叫号")).to_be_visible()
