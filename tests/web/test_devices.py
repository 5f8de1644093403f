"""The register of devices: what a manager sees and does, what a device tells, and what happens when it falls silent."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from onewindow.accounts.models import Post
from onewindow.hall import sandbox
from onewindow.hall.actions import devices, doors
from onewindow.hall.models import DeviceRules, Opening
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cast import member
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory
from tests.hall.devices import a_device, at, manager, token_of

pytestmark = pytest.mark.django_db
HALL = "510114"
CARD = "510114199001011234"


@pytest.fixture
def boss(db):
    return manager()


def do(who, device, verb, **data):
    address = reverse("manage-device-act", args=[HALL, device.code, verb])
    return who.client.post(address, data, follow=True).content.decode()


def tell(token, noun="heartbeats", **body):
    return Client().post(
        f"/api/v1/devices/{noun}", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip


def opened(event, mark="", how="card", at="2026-03-02T22:00+08:00", **more):
    return {"event": event, "at": at, "how": how, "mark": mark, **more}


class TestRegister:
    def test_a_token_is_shown_once_and_opens_the_device(self, boss):
        device = a_device()
        shown = boss.client.post(reverse("manage-device-token", args=[HALL, "F01"])).content.decode()
        token = shown.split('<input type="hidden" name="token" value="')[1].split('"')[0]
        assert devices.find(token) == device
        later = boss.client.get(reverse("manage-device", args=[HALL, "F01"])).content.decode()
        assert token not in later and "再发一个" in later

    def test_the_operator_at_the_device_makes_this_browser_the_device(self, boss):
        a_device()
        shown = boss.client.post(reverse("manage-device-token", args=[HALL, "F01"])).content.decode()
        token = shown.split('<input type="hidden" name="token" value="')[1].split('"')[0]
        here = boss.client.post(reverse("kiosk-device", args=[HALL]), {"token": token}, follow=True)
        assert "您要办什么" in here.content.decode()
        assert boss.client.get(reverse("manage-devices")).url == reverse("kiosk", args=[HALL])

    def test_out_of_order_needs_a_reason_and_keeps_what_was_typed(self, boss):
        device = a_device()
        assert "请写明为什么停用" in do(boss, device, "closure", reason="坏")
        assert 'value="坏"' in do(boss, device, "closure", reason="坏")
        assert "已停用" in do(boss, device, "closure", reason="读卡器坏了")
        assert "停用：读卡器坏了" in boss.client.get(reverse("manage-devices")).content.decode()
        assert "在用" not in do(boss, device, "reopening", reason="")
        do(boss, device, "reopening", reason="换了读卡器")
        story = Entry.objects.filter(kind="device", subject=device.key).order_by("id").values_list("event", flat=True)
        assert list(story) == ["device.closed", "device.reopened"]

    def test_a_message_is_on_the_screen_of_the_device(self, boss):
        device = a_device()
        do(boss, device, "message", message="今天 18:00 断电检修")
        assert "断电检修" in at(device).get(reverse("kiosk", args=[HALL])).content.decode()
        assert tell(token_of(device)).json()["message"] == "今天 18:00 断电检修"

    @pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "100.64.0.1", "hall.example.com", "224.0.0.1"])
    def test_a_printer_is_only_looked_for_inside(self, boss, host):
        device = a_device()
        assert "内网" in do(boss, device, "printer", host=host, port="9100", dots="576")
        device.refresh_from_db()
        assert device.printer_host is None
        do(boss, device, "printer", host="192.168.10.21", port="9100", dots="384")
        device.refresh_from_db()
        assert (device.printer_host, device.printer_dots) == ("192.168.10.21", 384)

    def test_the_managers_of_another_hall_find_nothing(self, boss):
        a_device()
        user = StaffFactory(name="周丽")
        PostFactory(user=user, role=Post.Role.MANAGER, agency=None, site=SiteFactory(code="510114100"))
        other = member(user).client
        assert other.get(reverse("manage-device", args=[HALL, "F01"])).status_code == 404
        assert other.post(reverse("manage-device-token", args=[HALL, "F01"])).status_code == 404
        assert "F01" not in other.get(reverse("manage-devices")).content.decode()

    def test_the_list_asks_the_same_number_of_questions(self, boss, django_assert_max_num_queries):
        for n in range(12):
            a_device(f"F{n:02d}", sheets=5)
        with django_assert_max_num_queries(9):
            assert "F11" in boss.client.get(reverse("manage-devices")).content.decode()

    def test_rules_are_the_managers(self, boss):
        a_device()
        address = reverse("manage-device-rules", args=[HALL])
        good = {"silent_minutes": "8", "idle_seconds": "45", "session_minutes": "6", "low_sheets": "0",
                "low_roll": "20", "door_days": "30"}  # fmt: skip
        bad = boss.client.post(address, good | {"idle_seconds": "3"})
        assert bad.status_code == 422 and 'value="3"' in bad.content.decode()
        boss.client.post(address, good)
        assert DeviceRules.objects.get().idle_seconds == 45


class TestSignsOfLife:
    def test_what_the_device_tells_is_on_its_page(self, boss):
        device = a_device()
        said = tell(token_of(device), version="1.4", paper="low", ink="ok", note="读卡器没有反应")
        assert said.status_code == 200 and said.json()["device"] == "F01"
        page = boss.client.get(reverse("manage-devices") + "?view=trouble").content.decode()
        assert "纸快没了" in page and "读卡器没有反应" in page
        assert "纸快用完了" in Message.objects.filter(user=boss.user, channel="in_app").latest("pk").text

    def test_a_wrong_or_revoked_token_is_refused(self, boss):
        device = a_device()
        token = token_of(device)
        devices.revoke_token(device, by=boss.principal)
        assert tell(token).status_code == 401 and tell("0" * 24).status_code == 401

    def test_nothing_heard_for_too_long_is_told_once_and_so_is_its_return(self, boss, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00", tick=False)
        device = a_device()
        token = token_of(device)
        tell(token)
        time_machine.move_to("2026-03-02 10:04+08:00", tick=False)
        assert devices.sweep() == 0
        time_machine.move_to("2026-03-02 10:06+08:00", tick=False)
        assert (devices.sweep(), devices.sweep()) == (1, 0)
        page = boss.client.get(reverse("manage-devices") + "?view=silent").content.decode()
        assert "没有消息" in page and "F01" in page
        assert Message.objects.filter(user=boss.user, template="device_trouble", channel="in_app").count() == 1
        tell(token)
        device.refresh_from_db()
        assert not device.silent
        events = Entry.objects.filter(kind="device", event__in=["device.unreachable", "device.reachable"])
        assert events.count() == 2

    def test_the_page_of_the_kiosk_is_a_sign_of_life_too(self):
        device = a_device()
        at(device).get(reverse("kiosk", args=[HALL]))
        device.refresh_from_db()
        assert clock.now() - device.seen_at < timedelta(seconds=5)


class TestDoors:
    def test_who_opened_is_kept_without_the_number(self, boss):
        door = a_device("FD1", "door")
        token = token_of(door)
        body = {
            "openings": [opened("1", CARD), opened("2", "", "button"), opened("3", "12AB34", "code", granted=False)]
        }
        assert tell(token, "openings", **body).json() == {"kept": 3}
        assert tell(token, "openings", **body).json() == {"kept": 0}
        assert CARD not in str(list(Opening.objects.values()))
        page = boss.client.get(reverse("manage-doors")).content.decode()
        assert "…1234" in page and CARD not in page and "没有开" in page

    def test_a_card_is_found_by_the_whole_number_and_the_search_is_written_down(self, boss):
        door = a_device("FD1", "door")
        doors.keep(door, [doors.Told("1", clock.now(), "card", True, CARD)])
        doors.keep(door, [doors.Told("2", clock.now(), "card", True, "510114198002029876")])
        page = boss.client.post(reverse("manage-doors"), {"mark": CARD}).content.decode()
        assert "…1234" in page and "…9876" not in page and CARD not in page
        assert Entry.objects.get(event="door.searched").data == {"mark": "…1234"}

    def test_filters_by_way_and_result(self, boss):
        door = a_device("FD1", "door")
        doors.keep(
            door,
            [doors.Told("1", clock.now(), "card", True, CARD), doors.Told("2", clock.now(), "code", False, "AB99")],
        )
        address = reverse("manage-doors")
        assert "…1234" not in boss.client.get(f"{address}?how=code").content.decode()
        assert "…1234" not in boss.client.get(f"{address}?only=refused").content.decode()
        assert "…1234" in boss.client.get(f"{address}?device={door.pk}&day={clock.today()}").content.decode()

    def test_it_is_forgotten_after_the_days_of_the_rule(self):
        door = a_device("FD1", "door")
        DeviceRules.objects.create(site=door.site, door_days=30)
        for days in (29, 31):
            doors.keep(door, [doors.Told(str(days), clock.now() - timedelta(days=days), "card", True, CARD)])
        assert doors.forget() == 1 and Opening.objects.get().event == "29"

    def test_only_a_door_tells_openings(self):
        assert tell(token_of(a_device()), "openings", openings=[opened("1")]).status_code == 403


class TestSandbox:
    def test_simulated_devices_are_heard_by_the_real_api(self, live_server, boss):
        a_device(), a_device("FD1", "door")
        registered = a_device("F02")
        token = token_of(registered)
        (kiosk, door) = sandbox.plug_in(live_server.url, 10)
        assert kiosk.round(0) and door.round(0)
        assert devices.find(token) == registered and Opening.objects.count() == 1
        assert "模拟设备（沙箱）" in boss.client.get(reverse("manage-devices")).content.decode()

    def test_never_in_production(self, settings):
        settings.SANDBOX = False
        with pytest.raises(CommandError, match="生产环境"):
            call_command("device", "simulate", rounds=1)
