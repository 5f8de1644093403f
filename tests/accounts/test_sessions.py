"""A session is a signed cookie: no query, and dead the moment it should be."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from onewindow.accounts import principal as principals
from onewindow.accounts import sessions, tokens
from onewindow.accounts.models import ApiToken, SignedOut, User
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.web.account.guards import staff_only
from tests.cast import sign_in

pytestmark = pytest.mark.django_db
ACCOUNT = "/my/account/"


def is_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def copy_of(client: Client) -> Client:
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return thief


def test_a_signed_in_request_reads_nothing_from_the_database(citizen, django_assert_num_queries):
    citizen.client.get(reverse("sign-in"))
    with django_assert_num_queries(0):
        response = citizen.client.get(reverse("sign-in"))
    assert response.status_code == 302  # it knew who asked


def test_without_the_cached_principal_it_reads_three_rows(citizen, django_assert_num_queries):
    principals.forget_all()
    with django_assert_num_queries(3):
        citizen.client.get(reverse("sign-in"))


def test_a_copied_cookie_dies_with_the_sign_out(citizen):
    thief = copy_of(citizen.client)
    assert is_in(thief)
    citizen.client.post(reverse("sign-out"))
    assert not is_in(citizen.client)
    assert not is_in(thief)
    assert SignedOut.objects.filter(user=citizen.user).count() == 1
    assert events(citizen.user) == ["user.signed_in", "user.signed_out"]


def test_another_process_notices_within_ten_seconds(citizen):
    """The other process still has the principal of before: it is asked again once the TTL has passed."""
    thief = copy_of(citizen.client)
    is_in(thief)
    stale = principals._cache[citizen.user.pk]
    citizen.client.post(reverse("sign-out"))
    principals._cache[citizen.user.pk] = stale
    assert is_in(thief)
    assert stale[0] - principals.time.monotonic() <= 10
    principals._cache[citizen.user.pk] = (principals.time.monotonic() - 1, stale[1])
    assert not is_in(thief)


def test_signing_out_one_device_leaves_the_other(citizen):
    phone = sign_in(citizen.user)
    citizen.client.post(reverse("sign-out"))
    assert is_in(phone)


def test_sign_out_is_a_post(citizen):
    assert citizen.client.get(reverse("sign-out")).status_code == 405
    assert is_in(citizen.client)


def test_all_devices_at_once(citizen, other_citizen):
    phone = sign_in(citizen.user)
    citizen.client.post(reverse("my-sessions"))
    assert not is_in(phone)
    assert not is_in(citizen.client)
    assert is_in(other_citizen.client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}, {"session_epoch": 7}])
def test_a_changed_account_ends_its_sessions(citizen, change):
    User.objects.filter(pk=citizen.user.pk).update(**change)
    principals.forget(citizen.user.pk)
    assert not is_in(citizen.client)


def test_an_altered_cookie_is_nobody(citizen):
    name = settings.SESSION_COOKIE_NAME
    value = citizen.client.cookies[name].value
    citizen.client.cookies[name] = ("B" if value[0] == "A" else "A") + value[1:]
    assert not is_in(citizen.client)


@pytest.mark.parametrize("who", ["citizen", "clerk"])
def test_an_idle_session_ends_and_a_busy_one_lasts_until_the_absolute_limit(who, request):
    idle = settings.CITIZEN_IDLE_SECONDS if who == "citizen" else settings.STAFF_IDLE_SECONDS
    with time_machine.travel("2026-11-23T01:00:00Z", tick=False) as traveller:
        member = request.getfixturevalue(who)
        forgotten = copy_of(member.client)
        for _ in range((settings.SESSION_COOKIE_AGE - 1) // (idle - 10)):
            traveller.shift(timedelta(seconds=idle - 10))
            principals.forget_all()
            assert is_in(member.client)
        assert not is_in(forgotten)
        traveller.shift(timedelta(seconds=idle - 10))
        principals.forget_all()
        assert not is_in(member.client)


def test_the_cookie_is_written_again_at_most_once_a_minute(citizen):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        client = sign_in(citizen.user)
        assert settings.SESSION_COOKIE_NAME not in client.get(ACCOUNT).cookies
        traveller.shift(61)
        assert settings.SESSION_COOKIE_NAME in client.get(ACCOUNT).cookies
        assert settings.SESSION_COOKIE_NAME not in client.get(ACCOUNT).cookies


def guarded(principal, *roles, **headers):
    request = RequestFactory(headers=headers).get("/desk/?q=1")
    request.principal, request.htmx = principal, bool(headers)
    return staff_only(*roles)(lambda request: HttpResponse("desk"))(request)


def test_staff_pages_send_strangers_to_the_staff_door():
    assert guarded(None).url == "/staff/sign-in/?next=%2Fdesk%2F%3Fq%3D1"
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/"}
    assert guarded(None, **here).headers["HX-Redirect"] == "/staff/sign-in/?next=%2Fdesk%2F"


def test_staff_pages_do_not_exist_for_others(citizen, clerk):
    from django.http import Http404

    assert guarded(clerk.principal, "clerk", "reviewer").content == b"desk"
    for principal, roles in [(citizen.principal, ()), (clerk.principal, ("decider",))]:
        with pytest.raises(Http404):
            guarded(principal, *roles)


def test_a_token_acts_as_its_user_until_it_is_revoked(clerk, operator, django_assert_num_queries):
    secret = tokens.issue(clerk.user, "取数", ["cases:read"], 30, by=operator.principal)
    principal = tokens.resolve(secret)
    assert (principal.user_id, principal.scopes) == (clerk.user.pk, {"cases:read"})
    with django_assert_num_queries(0):
        tokens.resolve(secret)
    token = ApiToken.objects.get()
    assert principal.token_id == token.pk
    assert secret not in token.token_hash
    tokens.revoke(token, by=operator.principal)
    assert tokens.resolve(secret) is None
    assert tokens.resolve("ow_guessed") is None


def test_an_expired_token_and_one_of_a_closed_account_open_nothing(clerk, operator):
    short = tokens.issue(clerk.user, "一天", [], 1, by=operator.principal)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert tokens.resolve(short) is None
    tokens.forget_all()
    assert tokens.resolve(short)
    User.objects.filter(pk=clerk.user.pk).update(is_active=False)
    sessions.end_all(clerk.user.pk, by=operator.principal)
    assert tokens.resolve(short) is None


def events(user: User) -> list[str]:
    return list(Entry.objects.filter(kind="user", subject=str(user.pk)).order_by("seq").values_list("event", flat=True))
