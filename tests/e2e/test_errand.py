"""A village agent's errand on a phone 390 px wide: mandate, a broken line, photo, receipt, bag, the town's tick."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from onewindow.agents.models import Held
from onewindow.notifications.models import Message
from tests.e2e.conftest import look
from tests.e2e.people import sign_in_as_staff

pytestmark = pytest.mark.e2e
PHONE, NUMBER = "13800000001", "51012519560312202X"


def photo() -> dict[str, object]:
    data = io.BytesIO()
    Image.new("RGB", (600, 400), "#dde").save(data, "JPEG")
    return {"name": "身份证.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


def entrusted(phone: Page) -> None:
    """The line is down when the code is asked for: the form waits, and goes by itself."""
    phone.goto("/desk/errands/new/XDP0096/")
    phone.locator("#name").fill("李秀英")
    phone.locator("#number").fill(NUMBER)
    phone.locator("#phone").fill(PHONE)
    look(phone, "errand-new")
    phone.get_by_role("button", name="登记，下一步请本人委托").click()
    expect(phone.get_by_text("没有委托，什么都不能替他办")).to_be_visible()
    look(phone, "errand-asked")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="发验证码").click()
    expect(phone.get_by_text("现在没有网络").first).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.get_by_text("验证码已发到邻居本人的手机")).to_be_visible()
    said = Message.objects.filter(to=PHONE, template="errand_mandate_code").latest("id").text
    found = re.search(r"验证码 (\d{6})", said)
    assert found
    phone.locator("#code").fill(found[1])
    phone.get_by_role("button", name="委托", exact=True).first.click()
    expect(phone.locator("#application")).to_be_visible()


def test_from_the_doorstep_to_the_town(visit):
    phone, town = visit(phone=True), visit()
    for page in (phone, town):
        page.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)
    sign_in_as_staff(phone, "agent")
    entrusted(phone)
    card = phone.locator("section#id_card")
    card.locator("input[type=file]").set_input_files([photo()])  # type: ignore[list-item]
    card.get_by_role("button", name="上传").click()
    expect(card.get_by_text("已拍 1 张")).to_be_visible()
    card.get_by_text("要拿走原件或复印件").click()
    card.get_by_role("button", name="收下，发回执").click()
    expect(phone.get_by_text("短信已发给邻居")).to_be_visible()
    look(phone, "errand-taken")
    phone.get_by_role("button", name="装袋交镇里").click()
    expect(phone.get_by_text("等镇里签收")).to_be_visible()
    sign_in_as_staff(town, "town-clerk")
    town.goto("/desk/errands/town/")
    look(town, "errand-town")
    town.locator("table a").first.click()
    town.locator("#hands input[name=paper]").check()
    town.get_by_role("button", name="签收").click()
    expect(town.get_by_text("已全部签收")).to_be_visible()
    assert Held.objects.get().holder == "town"
