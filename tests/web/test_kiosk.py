"""The shell of a kiosk: a registered device, a session of minutes, and nothing left for the next person."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from onewindow.accounts.models import SignInCode, User
from onewindow.accounts.providers import phone_code
from onewindow.hall.actions import devices
from onewindow.hall.models import Device, DeviceRules
from onewindow.kernel import clock
from onewindow.web.halls.at_device import COOKIE
from tests.factories import cases
from tests.hall.conftest import a_queue
from tests.hall.devices import a_device, at, manager, token_of

pytestmark = pytest.mark.django_db
HALL = "510114"
PHONE = "13900001234"


@pytest.fixture
def kiosk(db):
    a_queue()
    return at(a_device())


def address(name, *args):
    return reverse(name, args=[HALL, *args])


def sign_in(client, phone=PHONE):
    User.objects.get_or_create(phone=phone, defaults={"username": phone})
    session = client.session
    session["code_phone"] = phone
    session.save()
    client.cookies["onewindow"] = session.session_key
    SignInCode.objects.create(phone=phone, code_hash=phone_code._hash(phone, "123456", "sign_in"))
    return client.post(address("kiosk-sign-in-code"), {"code": "123456"})


class TestDevice:
    def test_what_reaches_personal_data_opens_only_on_a_registered_device(self, client, kiosk):
        for name in ("kiosk-sign-in", "kiosk-track", "kiosk-items"):
            assert client.get(address(name)).status_code == 403
            assert kiosk.get(address(name)).status_code == 200
        for name in ("kiosk-cases", "kiosk-certificates"):
            assert client.get(address(name)).status_code == 403
            assert kiosk.get(address(name)).status_code == 302

    def test_the_token_is_typed_once_and_kept_as_a_hash(self, client):
        device = a_device()
        token = token_of(device)
        assert "不对" in client.post(address("kiosk-device"), {"token": "0" * 24}, follow=True).content.decode()
        typed = f"{token[:4].lower()} {token[4:]}"
        page = client.post(address("kiosk-device"), {"token": typed}, follow=True)
        assert "您要办什么" in page.content.decode() and client.cookies[COOKIE]["httponly"]
        assert token not in str(Device.objects.filter(pk=device.pk).values())

    def test_a_revoked_token_opens_nothing_at_once(self, kiosk):
        assert kiosk.get(address("kiosk-track")).status_code == 200
        devices.revoke_token(Device.objects.get(), by=manager().principal)
        assert kiosk.get(address("kiosk-track")).status_code == 403

    def test_a_new_token_puts_the_old_one_out(self, kiosk):
        token_of(Device.objects.get())
        assert kiosk.get(address("kiosk-track")).status_code == 403

    def test_nothing_else_opens_at_a_device(self, kiosk):
        for name in ("home", "search", "staff-sign-in", "sign-in", "manage-home", "my-account", "sandbox-sms"):
            assert kiosk.get(reverse(name)).url == address("kiosk")

    def test_a_session_of_another_browser_is_none_at_the_device(self, kiosk, citizen):
        kiosk.cookies["onewindow"] = citizen.client.cookies["onewindow"]
        assert kiosk.get(address("kiosk-cases")).status_code == 302

    def test_a_session_of_the_device_is_none_anywhere_else(self, kiosk):
        sign_in(kiosk)
        thief = Client()
        thief.cookies["onewindow"] = kiosk.cookies["onewindow"].value
        assert thief.get(reverse("my-cases")).status_code == 302

    def test_out_of_order_says_why_and_where_the_next_one_is(self, kiosk):
        sign_in(kiosk)
        device, by = Device.objects.get(), manager().principal
        other = at(a_device("F02"))
        other.get(address("kiosk"))
        devices.close(device, by=by, reason="读卡器坏了")
        ended = kiosk.get(address("kiosk-cases"))
        assert ended.url == address("kiosk") and ended["Clear-Site-Data"]
        page = kiosk.get(address("kiosk"))
        assert page.status_code == 503
        assert "读卡器坏了" in page.content.decode() and "F02" in page.content.decode()
        devices.reopen(device, by=by, reason="换了读卡器")
        assert kiosk.get(address("kiosk")).status_code == 200


class TestSession:
    def test_it_is_short_on_the_server_whatever_the_browser_does(self, kiosk, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00", tick=False)
        DeviceRules.objects.create(site_id=HALL, idle_seconds=60, session_minutes=10)
        sign_in(kiosk)
        assert kiosk.get(address("kiosk-cases")).status_code == 200
        time_machine.move_to(clock.now() + timedelta(seconds=70), tick=False)
        assert kiosk.get(address("kiosk-cases")).status_code == 200
        time_machine.move_to(clock.now() + timedelta(seconds=81), tick=False)
        assert kiosk.get(address("kiosk-cases")).status_code == 302

    def test_busy_hands_do_not_make_it_longer_than_the_rule(self, kiosk, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00", tick=False)
        sign_in(kiosk)
        for _ in range(11):
            time_machine.move_to(clock.now() + timedelta(seconds=50), tick=False)
            assert kiosk.get(address("kiosk-cases")).status_code == 200
        time_machine.move_to(clock.now() + timedelta(seconds=50), tick=False)
        assert kiosk.get(address("kiosk-cases")).status_code == 302

    def test_ending_kills_every_copy_of_the_cookie_and_keeps_only_the_device(self, kiosk):
        sign_in(kiosk)
        copy = kiosk.cookies["onewindow"].value
        ended = kiosk.post(address("kiosk-end"))
        assert ended["Clear-Site-Data"] == '"cache", "storage"' and ended["Cache-Control"] == "no-store"
        assert [name for name, morsel in kiosk.cookies.items() if morsel.value] == [COOKIE]
        kiosk.cookies["onewindow"] = copy
        assert kiosk.get(address("kiosk-cases")).status_code == 302

    def test_every_page_at_a_device_forbids_keeping_it(self, kiosk):
        sign_in(kiosk)
        for name in ("kiosk", "kiosk-numbers", "kiosk-cases", "kiosk-certificates", "kiosk-guides", "kiosk-track"):
            assert kiosk.get(address(name))["Cache-Control"] == "no-store"

    def test_a_form_of_the_last_person_sent_again_is_refused(self, kiosk):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies[COOKIE] = kiosk.cookies[COOKIE].value
        strict.get(address("kiosk-sign-in"))
        old = strict.cookies["csrftoken"].value
        body = {"phone": PHONE, "csrfmiddlewaretoken": old}
        assert strict.post(address("kiosk-sign-in"), body).url == address("kiosk-sign-in-code")
        strict.get(address("kiosk-end"))
        strict.get(address("kiosk-sign-in"))
        assert strict.cookies["csrftoken"].value != old
        assert strict.post(address("kiosk-sign-in"), body).url == address("kiosk")

    def test_a_refused_number_is_not_written_into_the_page(self, kiosk):
        page = kiosk.post(address("kiosk-sign-in"), {"phone": "139000"}, follow=True)
        assert "11 位" in page.content.decode() and "139000" not in page.content.decode()

    def test_whose_page_it_was_is_not_told_to_the_next(self, kiosk):
        case = cases.draft()
        gone = kiosk.get(reverse("case-form", args=[case.number, 1]))
        assert gone.url == address("kiosk")
        start = kiosk.get(reverse("apply-start", args=[case.item_id]))
        assert start.url.startswith(address("kiosk-sign-in")) and case.number not in start.url


class TestTracking:
    def test_number_and_last_digits_show_where_it_stands_and_nobody(self, kiosk):
        case = cases.submitted()
        last = case.person.number[-4:]
        shown = kiosk.post(address("kiosk-track"), {"number": case.number, "last": last}, follow=True).content.decode()
        assert case.get_state_display() in shown
        assert case.applicant_name not in shown and case.person.number not in shown

    @pytest.mark.parametrize("last", ["", "0000", "1"])
    def test_wrong_digits_and_a_wrong_number_sound_the_same(self, kiosk, last):
        case = cases.submitted()
        wrong = kiosk.post(address("kiosk-track"), {"number": case.number, "last": last}, follow=True)
        unknown = kiosk.post(address("kiosk-track"), {"number": "5101142699999999", "last": "1234"}, follow=True)
        assert "没有查到" in wrong.content.decode() and "没有查到" in unknown.content.decode()

    def test_digits_cannot_be_tried_out(self, kiosk):
        case = cases.submitted()
        for _ in range(6):
            kiosk.post(address("kiosk-track"), {"number": case.number, "last": "0000"})
        right = {"number": case.number, "last": case.person.number[-4:]}
        assert "太频繁" in kiosk.post(address("kiosk-track"), right, follow=True).content.decode()
