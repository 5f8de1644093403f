"""A citizen files what the housing fund handles: their number appears, their completion arrives, no clock is ours."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Page, expect

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import drafts
from onewindow.catalogue.models import Item
from onewindow.exchange import demo, imports, outbox
from onewindow.exchange.peer import Peer, PeerServer
from tests.e2e.conftest import look, worker_catches_up
from tests.e2e.people import sign_in_as_staff, sign_in_by_phone
from tests.factories.applications import fill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "13800000001"


@pytest.fixture
def peer(district):
    server = PeerServer(0, Peer(demo.peer_secret()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    demo.wire(server.url)
    yield server.peer
    server.shutdown()
    server.server_close()


def test_filed_here_done_there(visit, peer):
    user = User.objects.get(phone=PHONE)
    by = from_user(user)
    case = fill(drafts.open_case(Item.objects.get(pk="XDP0219"), by=by, person=user.person), by)
    phone = visit(phone=True)
    sign_in_by_phone(phone, PHONE)
    phone.goto(f"/my/cases/{case.number}/check/")
    expect(phone.locator("main")).to_contain_text("受理和时限由对方告知")
    phone.locator("[name=declared]").check()
    phone.get_by_role("button", name="正式提交").click()
    expect(phone.locator("#messages")).to_contain_text("正在转给住房公积金业务系统")
    worker_catches_up()
    assert outbox.run_due() == 1
    (theirs,) = (kept["external"] for kept in peer.cases.values())
    phone.goto("/my/cases/")
    phone.locator("main [name=q]").fill(theirs)
    phone.locator("main [name=q]").press("Enter")
    phone.get_by_role("link", name="与单位终止劳动关系").click()
    expect(phone.locator("main")).to_contain_text(theirs)
    expect(phone.locator("main")).to_contain_text("这里不计时")
    look(phone, "my-outside")

    assert peer.tell(theirs, "accepted") == 200
    assert peer.tell(theirs, "granted") == 200
    phone.reload()
    expect(phone.locator("main")).to_contain_text("告知：办成（准予）")
    expect(phone.locator(".my-timeline")).to_contain_text("对方系统告知")
    look(phone, "my-outside-done")

    desk = visit()
    sign_in_as_staff(desk, "chuangkou")
    desk.goto(f"/desk/cases/{case.number}/")
    expect(desk.locator("body")).to_contain_text("沙箱对端")
    look(desk, "desk-outside")
    desk.goto("/desk/completions/")
    look(desk, "completions")
    _bring_in(desk)

    operator = visit()
    sign_in_as_staff(operator, "operator")
    expect(operator).to_have_url("/manage/exchange/")
    look(operator, "exchange")
    operator.get_by_role("link", name="住房公积金业务系统").click()
    operator.get_by_role("button", name="自检").click()
    expect(operator.locator("#messages")).to_contain_text("自检都好")
    look(operator, "exchange-system")
    operator.set_viewport_size({"width": 390, "height": 844})
    look(operator, "exchange-system")


def _bring_in(desk: Page) -> None:
    """The page waits with the worker and says by itself what became of the rows."""
    rows = [
        "事项编号,外部编号,办结日期,结果,申请人",
        "XDP0219,T-1,2026-11-02,准予,李秀英",
        "XDP0219,T-2,昨天,准予,王强",
    ]
    file = {"name": "11月.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    desk.locator("[name=file]").set_input_files(file)
    desk.get_by_role("button", name="导入").click()
    expect(desk.locator("#progress")).to_contain_text("已处理 0 / 2 行")
    look(desk, "completions-under-way")
    imports.run_due()
    expect(desk.locator("#progress")).to_contain_text("导入完成")
    expect(desk.locator("#refused")).to_be_visible()
    expect(desk.locator("#progress")).to_contain_text("办结日期写不对")
    look(desk, "completions-done")
    desk.set_viewport_size({"width": 390, "height": 844})
    look(desk, "completions-done")
    desk.set_viewport_size({"width": 1280, "height": 900})
