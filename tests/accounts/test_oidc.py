"""Sign-in by another house, against a provider that answers over HTTP on loopback."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from html import unescape

import pytest
import requests
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from onewindow.accounts import linking
from onewindow.accounts.models import ExternalIdentity, OidcAttempt, Person, User
from onewindow.accounts.providers import oidc_metadata
from onewindow.accounts.providers.oidc import Identity
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.accounts.openid_provider import SHARED, STRANGE, configured, running
from tests.cast import officer, sign_in
from tests.factories.accounts import PersonFactory, UserFactory, citizen_number

NUMBER, PHONE = citizen_number(7, "19781105"), "13812345678"
WEI = {"sub": "p-1", "name": "张伟", "id_number": NUMBER, "phone_number": PHONE, "phone_number_verified": True}


@pytest.fixture
def province(db, settings):
    with running() as provider:
        oidc_metadata.forget()
        settings.PUBLIC_URL = "http://testserver"
        settings.OIDC_PROVIDERS = (configured(provider),)
        provider.who = dict(WEI)
        yield provider


def leave(client: Client, purpose: str = "citizen", following: str = "/my/cases/") -> str:
    """Press the button; the address the page leads to."""
    page = client.post(reverse("oidc-begin", args=["province"]), {"purpose": purpose, "next": following})
    assert page.status_code == 200, page.headers
    return unescape(re.search(r'url=([^"]+)"', page.content.decode()).group(1))


def at_provider(address: str) -> str:
    """The browser at the provider, who sends it back: the path and query at our door."""
    reply = requests.get(address, allow_redirects=False, timeout=5)
    return reply.headers["Location"].removeprefix("http://testserver")


def walk(client: Client, purpose: str = "citizen"):
    return client.get(at_provider(leave(client, purpose)))


def told(client: Client) -> str:
    return client.get(reverse("sign-in")).content.decode()


def events(user: User) -> list[str]:
    return list(Entry.objects.filter(kind="user", subject=str(user.pk)).order_by("seq").values_list("event", flat=True))


class TestFirstTime:
    def test_makes_an_account_whose_person_is_proven_and_leads_back(self, client, province):
        assert walk(client).url == "/my/cases/"
        user = User.objects.get()
        assert (user.kind, user.name, user.phone, user.has_usable_password()) == ("citizen", "张伟", PHONE, False)
        person = user.person
        assert (person.number, person.verified_level, person.verified_by) == (NUMBER, 4, "四川省统一身份认证")
        assert events(user) == ["user.linked", "user.identity_verified", "user.signed_in"]
        page = client.get(reverse("my-account")).content.decode()
        assert "四川省统一身份认证" in page and "解除绑定" in page

    def test_neither_subject_nor_number_is_kept_in_the_clear(self, client, province):
        walk(client)
        assert "p-1" not in ExternalIdentity.objects.get().subject_index
        for row in Entry.objects.all():
            assert NUMBER not in str(row.data) and PHONE not in str(row.data) and "p-1" not in str(row.data)

    def test_the_cookie_holds_neither_verifier_nor_nonce(self, client, province):
        leave(client)
        assert set(client.session.keys()) == {"oidc_state"}
        assert "verifier" not in OidcAttempt.objects.get().sealed

    def test_the_second_time_opens_the_same_account(self, client, province):
        walk(client)
        walk(Client())
        assert User.objects.count() == 1

    def test_joins_the_person_whom_the_window_knows(self, client, province):
        known = PersonFactory(name="张伟", number=NUMBER, verified_by="窗口核验证件", verified_level=4)
        walk(client)
        assert User.objects.get().person_id == known.pk

    def test_opens_the_account_of_the_same_person_and_phone(self, client, province):
        known = UserFactory(name="张伟", phone=PHONE, person=PersonFactory(name="张伟", number=NUMBER))
        walk(client)
        known.person.refresh_from_db()
        assert User.objects.get() == known and known.person.verified_level == 4

    def test_an_account_somebody_typed_this_number_into_stays_shut(self, client, province):
        UserFactory(name="张伟", phone="13900000000", person=PersonFactory(name="张伟", number=NUMBER))
        walk(client)
        assert "已有账号，没有另建" in told(client)
        assert User.objects.count() == 1 and not ExternalIdentity.objects.exists()

    def test_a_name_that_differs_from_the_verified_one_goes_to_the_counter(self, client, province):
        PersonFactory(name="张炜", number=NUMBER, verified_by="窗口核验证件", verified_level=4)
        walk(client)
        assert "与登记的不一致" in told(client) and not User.objects.exists()

    @pytest.mark.parametrize("changes", [{"acr": "1"}, {"id_number": "510125197811050070"}, {"name": ""}])
    def test_without_a_sure_and_right_number_there_is_an_account_but_no_person(self, client, province, changes):
        PersonFactory(name="张伟", number=NUMBER, verified_level=4)
        province.who |= changes
        walk(client)
        assert User.objects.get().person is None

    def test_an_unverified_phone_is_not_taken(self, client, province):
        province.who["phone_number_verified"] = False
        walk(client)
        assert User.objects.get().phone is None

    def test_a_phone_with_an_account_wants_binding(self, client, province):
        UserFactory(phone=PHONE)
        walk(client)
        assert "已有账号，没有另建" in told(client) and User.objects.count() == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("faults", "said"),
        [
            ({"nonce": "another"}, "无法核实"),
            ({"aud": "another-house"}, "无法核实"),
            ({"aud": ["onewindow", "another-house"]}, "无法核实"),
            ({"azp": "another-house"}, "无法核实"),
            ({"iss": "https://evil.example"}, "无法核实"),
            ({"exp": int(time.time()) - 120}, "已经过期"),
            ({"signed": ("RS256", STRANGE)}, "无法核实"),
            ({"signed": ("HS256", SHARED)}, "无法核实"),
            ({"userinfo_sub": "p-2"}, "无法核实"),
            ({"deny": "access_denied"}, "您取消了登录"),
            ({"deny": "server_error"}, "对方没有让您登录"),
            ({"token_down": True}, "暂时连不上"),
        ],
    )
    def test_a_sentence_and_no_account(self, client, province, faults, said):
        province.faults = faults
        assert walk(client).url == reverse("sign-in")
        assert said in told(client)
        assert not User.objects.exists() and not Person.objects.exists()
        assert Entry.objects.get().event == "user.sign_in_failed"

    @pytest.mark.parametrize("faults", [{"down": True}, {"issuer": "https://evil.example"}])
    def test_a_provider_that_is_away_or_calls_itself_otherwise(self, client, province, faults):
        province.faults = faults
        page = client.post(reverse("oidc-begin", args=["province"]), {"purpose": "citizen"})
        assert page.url == reverse("sign-in") and "暂时连不上" in told(client)

    def test_an_unsigned_token(self, client, province, monkeypatch):
        """alg "none", as libraries once let through."""
        from tests.accounts import openid_provider

        none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwLTEifQ."
        monkeypatch.setattr(openid_provider.jwt, "encode", lambda *_: none)
        walk(client)
        assert "无法核实" in told(client) and not User.objects.exists()

    def test_an_answer_is_good_once(self, client, province):
        back = at_provider(leave(client))
        session = client.cookies["onewindow"].value
        assert client.get(back).url == "/my/cases/"
        again = Client()
        again.cookies["onewindow"] = session
        assert again.get(back).url == reverse("sign-in") and "已经用过" in told(again)

    def test_an_answer_belongs_to_the_browser_that_asked(self, client, province):
        """Or somebody would sign the victim in to the somebody's own account."""
        back = at_provider(leave(client))
        other = Client()
        leave(other)
        assert other.get(back).url == reverse("sign-in") and "不是从这个浏览器" in told(other)
        assert not User.objects.exists()

    def test_after_ten_minutes_it_is_stale(self, client, province):
        with time_machine.travel(clock.now(), tick=False) as traveller:
            back = at_provider(leave(client))
            traveller.shift(timedelta(minutes=10, seconds=1))
            assert client.get(back).url == reverse("sign-in")
        assert not User.objects.exists()

    def test_a_closed_account_stays_closed(self, client, province):
        walk(client)
        User.objects.update(is_active=False)
        other = Client()
        walk(other)
        assert "不能在这里登录" in told(other)

    @pytest.mark.parametrize("key", ["nobody", "sandbox"])
    def test_a_provider_that_is_not_configured_does_not_exist(self, client, province, key):
        assert client.post(reverse("oidc-begin", args=[key]), {"purpose": "citizen"}).status_code == 404
        assert client.get(reverse("oidc-return", args=[key])).status_code == 404

    def test_a_provider_is_open_only_at_its_doors(self, client, province, settings):
        settings.OIDC_PROVIDERS = (configured(province, doors=frozenset({"citizen"})),)
        assert client.post(reverse("oidc-begin", args=["province"]), {"purpose": "staff"}).status_code == 404
        assert "四川省" not in client.get(reverse("staff-sign-in")).content.decode()
        assert "四川省" in told(client)

    def test_other_words_for_the_same(self, client, province, settings):
        """An own claim mapping and levels, as a province may want them."""
        claims = {"name": "xm", "number": "zjhm", "phone": "sjh", "phone_verified": "sjyz", "level": "rzdj"}
        settings.OIDC_PROVIDERS = (configured(province, claims=claims, levels={"face": 4, "*": 1}),)
        province.who = {"sub": "p-1", "xm": "张伟", "zjhm": NUMBER, "rzdj": "face"}
        walk(client)
        assert (User.objects.get().person.number, User.objects.get().person.verified_level) == (NUMBER, 4)


class TestBinding:
    def test_bind_and_unbind_while_signed_in(self, province, citizen):
        province.who = {"sub": "p-9", "name": "李秀英"}
        assert walk(citizen.client, "link").url == reverse("my-account")
        link = ExternalIdentity.objects.get(user=citizen.user)
        assert events(citizen.user)[-1] == "user.linked"
        walk(other := Client())
        assert "138" not in told(other) and other.get(reverse("my-account")).context is None
        assert citizen.client.post(reverse("my-unbind", args=[link.pk])).url == reverse("my-account")
        assert not ExternalIdentity.objects.exists() and events(citizen.user)[-1] == "user.unlinked"

    def test_the_number_must_be_the_accounts(self, province, citizen):
        walk(citizen.client, "link")
        assert "证件号码不一致" in citizen.client.get(reverse("my-account")).content.decode()
        assert not ExternalIdentity.objects.exists()

    def test_proves_the_person_of_the_account(self, province, citizen):
        province.who |= {"name": "李秀英", "id_number": citizen.person.number}
        walk(citizen.client, "link")
        citizen.person.refresh_from_db()
        assert Person.objects.get(pk=citizen.person.pk).verified_level == 4

    def test_an_identity_opens_one_account(self, province, citizen, other_citizen):
        province.who = {"sub": "p-9", "name": "李秀英"}
        walk(citizen.client, "link")
        walk(other_citizen.client, "link")
        assert "已经绑定了另一个账号" in other_citizen.client.get(reverse("my-account")).content.decode()
        province.who["sub"] = "p-10"
        walk(citizen.client, "link")
        assert "同一家的另一个身份" in citizen.client.get(reverse("my-account")).content.decode()

    def test_the_only_way_in_is_not_thrown_away(self, client, province):
        province.who["phone_number_verified"] = False
        walk(client)
        client.post(reverse("my-unbind", args=[ExternalIdentity.objects.get().pk]))
        assert "唯一的登录方式" in client.get(reverse("my-account")).content.decode()
        assert ExternalIdentity.objects.exists()

    def test_a_stranger_finds_no_binding_of_others(self, client, province, other_citizen):
        walk(client)
        link = ExternalIdentity.objects.get()
        assert other_citizen.client.post(reverse("my-unbind", args=[link.pk])).status_code == 404

    def test_binding_belongs_to_who_began_it(self, province, citizen, other_citizen):
        back = at_provider(leave(citizen.client, "link"))
        citizen.client.cookies["onewindow"] = sign_in(other_citizen.user).cookies["onewindow"].value
        citizen.client.get(back)
        assert not ExternalIdentity.objects.exists()


class TestStaff:
    def test_an_identity_is_one_factor_and_only_for_who_has_bound_it(self, client, province):
        member = officer("clerk")
        province.who = {"sub": "s-1", "name": "刘敏"}
        assert walk(client, "staff").url == reverse("staff-sign-in")
        assert "还没有绑定工作人员账号" in client.get(reverse("staff-sign-in")).content.decode()
        walk(member.client, "link")
        assert walk(client, "staff").url == reverse("staff-enrol")
        assert client.get(reverse("my-account")).status_code == 302
        walk(other := Client())
        assert "工作人员登录" in told(other) and User.objects.count() == 1


@pytest.mark.threads
def test_an_identity_that_comes_twice_at_once_makes_one_account(transactional_db, settings):
    settings.OIDC_PROVIDERS = ()
    with running() as provider:
        identity = Identity(configured(provider), "p-1", 4, "张伟", NUMBER, PHONE)
    barrier, found = threading.Barrier(4), []

    def come() -> None:
        try:
            barrier.wait()
            found.append(linking.sign_in(identity).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert (User.objects.count(), Person.objects.count(), ExternalIdentity.objects.count()) == (1, 1, 1)
