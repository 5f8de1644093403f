"""The doors: a code to the phone, a password, an authenticator; each through its page."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from onewindow.accounts.models import SignInCode, User
from onewindow.accounts.providers import SignInRefused, password, phone_code, totp
from onewindow.kernel import clock, secrecy
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.factories.accounts import StaffFactory, UserFactory

PHONE = "13812345678"
PASSWORD = "osmanthus-2017"


def ask_code(client: Client, phone: str = PHONE, **query: str):
    return client.post(reverse("sign-in"), {"phone": phone} | query)


def code_on_page(client: Client) -> str:
    page = client.get(reverse("sign-in-code")).content.decode()
    assert "沙箱短信" in page
    return re.search(r"验证码 (\d{6})", page).group(1)


def signed_in_as(client: Client) -> str:
    return client.get(reverse("my-account")).content.decode()


def told(response) -> str:
    return response.content.decode()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def events(user: User) -> list[str]:
    return list(Entry.objects.filter(kind="user", subject=str(user.pk)).order_by("seq").values_list("event", flat=True))


@pytest.mark.django_db
class TestPhoneCode:
    def test_first_sign_in_makes_a_citizen_and_leads_back(self, client):
        assert ask_code(client, "138 1234 5678", next="/my/identity/").url == reverse("sign-in-code")
        response = client.post(reverse("sign-in-code"), {"code": code_on_page(client)})
        assert response.url == "/my/identity/"
        user = User.objects.get(phone=PHONE)
        assert (user.kind, user.has_usable_password(), events(user)) == ("citizen", False, ["user.signed_in"])
        assert "138****5678" in signed_in_as(client)

    @pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_next_never_leads_out_of_the_house(self, client, wanted):
        ask_code(client, next=wanted)
        assert client.post(reverse("sign-in-code"), {"code": code_on_page(client)}).url == "/"

    def test_only_a_hash_is_kept_and_the_ledger_holds_no_phone(self, client):
        ask_code(client)
        code = code_on_page(client)
        client.post(reverse("sign-in-code"), {"code": wrong(code)})
        client.post(reverse("sign-in-code"), {"code": code})
        assert code not in SignInCode.objects.get().code_hash
        for row in Entry.objects.all():
            assert PHONE not in f"{row.subject} {row.actor} {row.actor_name} {row.data}"

    def test_five_wrong_tries_kill_the_code(self, client):
        ask_code(client)
        code = code_on_page(client)
        for _ in range(5):
            response = client.post(reverse("sign-in-code"), {"code": wrong(code)})
            assert response.status_code == 422 and phone_code.WRONG in told(response)
        assert client.post(reverse("sign-in-code"), {"code": code}).status_code == 422

    def test_a_code_dies_after_ten_minutes_and_with_the_next_one(self, client):
        with time_machine.travel(clock.now(), tick=False) as traveller:
            first = phone_code.send_code(PHONE, "::1").code
            traveller.shift(61)
            second = phone_code.send_code(PHONE, "::1").code
            if first != second:
                with pytest.raises(SignInRefused):
                    phone_code.verify(PHONE, first)
            traveller.shift(601)
            with pytest.raises(SignInRefused):
                phone_code.verify(PHONE, second)

    def test_one_a_minute(self, client):
        ask_code(client)
        response = ask_code(client)
        assert response.status_code == 422 and "一分钟内" in told(response)
        assert SignInCode.objects.count() == 1

    def test_ten_a_day_for_a_phone_and_thirty_for_an_address(self):
        with time_machine.travel(clock.now(), tick=False) as traveller:
            for serial in range(10):
                phone_code.send_code(PHONE, f"10.0.0.{serial}")
                traveller.shift(61)
            with pytest.raises(SignInRefused, match="今天"):
                phone_code.send_code(PHONE, "10.0.1.1")
        for serial in range(30):
            phone_code.send_code(f"139{serial:08d}", "10.9.9.9")
        with pytest.raises(SignInRefused, match="今天"):
            phone_code.send_code("13700000000", "10.9.9.9")

    def test_a_staff_account_does_not_open_by_phone(self, client):
        StaffFactory(phone=PHONE)
        ask_code(client)
        response = client.post(reverse("sign-in-code"), {"code": code_on_page(client)})
        assert "工作人员登录" in told(response)
        assert client.get(reverse("my-account")).status_code == 302

    @pytest.mark.parametrize("phone", ["1381234567", "12812345678", "1381234567a", "", "١٣٨١٢٣٤٥٦٧٨"])
    def test_a_wrong_number_sends_nothing(self, client, phone):
        assert ask_code(client, phone).status_code == 422
        assert not Message.objects.exists()

    def test_the_code_page_needs_a_phone(self, client):
        assert client.get(reverse("sign-in-code")).url == reverse("sign-in")

    def test_the_box_is_only_for_the_phone_that_asked_and_only_in_the_sandbox(self, client, settings):
        ask_code(client)
        code = code_on_page(client)
        other = Client()
        ask_code(other, "13987654321")
        assert code not in told(other.get(reverse("sign-in-code")))
        settings.SANDBOX = False
        assert code not in told(client.get(reverse("sign-in-code")))


@pytest.mark.django_db
class TestPassword:
    def try_password(self, client: Client, secret: str, identifier: str = PHONE):
        return client.post(reverse("sign-in") + "?method=password", {"identifier": identifier, "password": secret})

    def test_phone_and_password(self, client):
        UserFactory(phone=PHONE, password=PASSWORD)
        assert self.try_password(client, PASSWORD).status_code == 302
        assert "138****5678" in signed_in_as(client)

    def test_five_wrong_lock_for_fifteen_minutes_even_for_the_right_one(self, client):
        user = UserFactory(phone=PHONE, password=PASSWORD)
        with time_machine.travel(clock.now(), tick=False) as traveller:
            answers = [told(self.try_password(client, "guess")) for _ in range(5)]
            assert [password.LOCKED in answer for answer in answers] == [False] * 4 + [True]
            assert password.LOCKED in told(self.try_password(client, PASSWORD))
            assert events(user)[:5] == ["user.sign_in_failed"] * 4 + ["user.locked"]
            traveller.shift(timedelta(minutes=15, seconds=1))
            assert self.try_password(client, PASSWORD).status_code == 302
        user.refresh_from_db()
        assert (user.failures, user.locked_until) == (0, None)

    def test_a_right_one_between_starts_the_count_again(self):
        UserFactory(phone=PHONE, password=PASSWORD)
        for guess in ["a", "b", "c", "d", PASSWORD, "e", "f", "g", "h", PASSWORD]:
            if guess == PASSWORD:
                assert password.check(PHONE, guess, kind="citizen", ip="::1")
            else:
                with pytest.raises(SignInRefused, match=password.WRONG):
                    password.check(PHONE, guess, kind="citizen", ip="::1")

    def test_an_unknown_name_and_a_wrong_password_cannot_be_told_apart(self):
        UserFactory(phone=PHONE, password=PASSWORD)

        def answers(identifier: str) -> list[str]:
            said = []
            for _ in range(7):
                with pytest.raises(SignInRefused) as refusal:
                    password.check(identifier, "guess", kind="citizen", ip="::1")
                said.append(refusal.value.message)
            return said

        assert answers(PHONE) == answers("13700000000")

    @pytest.mark.parametrize("kind", ["citizen", "staff"])
    def test_each_door_knows_only_its_own_people(self, kind):
        UserFactory(username="li", phone=PHONE, password=PASSWORD)
        StaffFactory(username="wang", password=PASSWORD)
        stranger = {"citizen": "wang", "staff": "li"}[kind]
        with pytest.raises(SignInRefused):
            password.check(stranger, PASSWORD, kind=kind, ip="::1")

    def test_a_closed_account_stays_closed(self):
        UserFactory(phone=PHONE, password=PASSWORD, is_active=False)
        with pytest.raises(SignInRefused, match=password.WRONG):
            password.check(PHONE, PASSWORD, kind="citizen", ip="::1")


@pytest.fixture
def officer(db):
    return StaffFactory(username="liumin", password=PASSWORD)


@pytest.fixture
def enrolled(officer):
    officer.totp_cipher = secrecy.encrypt(totp.new_secret(), purpose=totp.PURPOSE)
    officer.save()
    return officer


def give_password(client: Client, username: str = "liumin"):
    return client.post(reverse("staff-sign-in"), {"identifier": username, "password": PASSWORD, "next": "/my/account/"})


class TestStaff:
    def test_password_alone_opens_nothing(self, client, enrolled):
        assert give_password(client).url == reverse("staff-totp")
        assert client.get(reverse("my-account")).status_code == 302
        assert client.get(reverse("staff-enrol")).url == reverse("staff-totp")

    def test_a_bound_authenticator_cannot_be_bound_over(self, enrolled):
        """Two tabs of the first sign-in: the second page comes too late."""
        own, other = totp.secret_of(enrolled), totp.new_secret()
        with pytest.raises(SignInRefused, match="已经绑定过"):
            totp.enrol(enrolled, other, totp.code_at(other, totp.current_step()))
        enrolled.refresh_from_db()
        assert totp.secret_of(enrolled) == own

    def test_both_factors_lead_back(self, client, enrolled):
        give_password(client)
        response = client.post(
            reverse("staff-totp"), {"code": totp.code_at(totp.secret_of(enrolled), totp.current_step())}
        )
        assert response.url == "/my/account/"
        assert "liumin" in signed_in_as(client)
        assert "user.signed_in" in events(enrolled)

    def test_the_first_time_binds_an_authenticator(self, client, officer):
        assert give_password(client).url == reverse("staff-enrol")
        page = told(client.get(reverse("staff-enrol")))
        assert "<svg" in page
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")
        assert client.post(reverse("staff-enrol"), {"code": "000000"}).status_code in {422, 302}
        code = totp.code_at(secret, totp.current_step())
        assert client.post(reverse("staff-enrol"), {"code": code}).url == "/my/account/"
        officer.refresh_from_db()
        assert totp.secret_of(officer) == secret
        assert secret not in officer.totp_cipher
        assert "user.totp_enrolled" in events(officer)

    @pytest.mark.parametrize("drift, accepted", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_be_half_a_minute_off(self, enrolled, drift, accepted):
        with time_machine.travel(clock.now(), tick=False):
            code = totp.code_at(totp.secret_of(enrolled), totp.current_step() + drift)
            if accepted:
                totp.verify(enrolled, code)
            else:
                with pytest.raises(SignInRefused):
                    totp.verify(enrolled, code)

    def test_a_step_is_accepted_once_and_never_an_earlier_one(self, enrolled):
        secret = totp.secret_of(enrolled)
        with time_machine.travel(clock.now(), tick=False):
            now = totp.current_step()
            totp.verify(enrolled, totp.code_at(secret, now))
            for step in (now, now - 1):
                with pytest.raises(SignInRefused, match="已经用过"):
                    totp.verify(enrolled, totp.code_at(secret, step))
            totp.verify(enrolled, totp.code_at(secret, now + 1))

    def test_guessing_stops_after_ten(self, enrolled):
        for _ in range(10):
            with pytest.raises(SignInRefused):
                totp.verify(enrolled, "0000000")
        with pytest.raises(SignInRefused, match="15 分钟"):
            totp.verify(enrolled, totp.code_at(totp.secret_of(enrolled), totp.current_step()))
        assert events(enrolled)[-1] == "user.locked"

    def test_the_half_way_is_five_minutes_long(self, client, enrolled):
        with time_machine.travel(clock.now(), tick=False) as traveller:
            give_password(client)
            traveller.shift(301)
            assert client.get(reverse("staff-totp")).url == reverse("staff-sign-in")

    def test_a_citizen_finds_no_staff_door_open(self, client, citizen):
        assert citizen.client.get(reverse("staff-totp")).url == reverse("staff-sign-in")
        assert citizen.client.get(reverse("staff-enrol")).url == reverse("staff-sign-in")

    def test_only_a_demonstration_account_has_its_code_on_screen(self, client, enrolled, settings):
        from onewindow.accounts import demo

        give_password(client)
        assert "沙箱验证器" not in told(client.get(reverse("staff-totp")))
        cipher = secrecy.encrypt(demo.secret_for("liumin"), purpose=totp.PURPOSE)
        User.objects.filter(pk=enrolled.pk).update(totp_cipher=cipher)
        page = told(client.get(reverse("staff-totp")))
        code = re.search(r'id="demo-code">(\d{6})', page).group(1)
        assert client.post(reverse("staff-totp"), {"code": code}).status_code == 302
        settings.SANDBOX = False
        give_password(other := Client())
        assert "沙箱验证器" not in told(other.get(reverse("staff-totp")))


def at_once(act, times: int = 2) -> list[bool]:
    """Run the act in real threads, each on its own connection; which of them got through."""
    barrier, through = threading.Barrier(times), []

    def run() -> None:
        try:
            barrier.wait()
            act()
            through.append(True)
        except SignInRefused:
            through.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return through


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_step_lets_one_in(self):
        user = StaffFactory(totp_cipher=secrecy.encrypt(totp.new_secret(), purpose=totp.PURPOSE))
        code = totp.code_at(totp.secret_of(user), totp.current_step())
        assert sorted(at_once(lambda: totp.verify(user, code), 4)) == [False, False, False, True]

    def test_one_phone_code_lets_one_in(self):
        code = phone_code.send_code(PHONE, "::1").code
        assert sorted(at_once(lambda: phone_code.verify(PHONE, code), 4)) == [False, False, False, True]
        assert User.objects.filter(phone=PHONE).count() == 1

    def test_parallel_guesses_are_all_counted(self):
        user = UserFactory(phone=PHONE, password=PASSWORD)
        at_once(lambda: password.check(PHONE, "guess", kind="citizen", ip="::1"), 6)
        user.refresh_from_db()
        assert user.locked_until is not None
        with pytest.raises(SignInRefused, match=password.LOCKED):
            password.check(PHONE, PASSWORD, kind="citizen", ip="::1")
