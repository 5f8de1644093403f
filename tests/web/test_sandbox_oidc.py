"""The demonstration's own provider: a whole peer over HTTP, that says what it is and stops at production's door."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from config import oidc as configuration
from onewindow.accounts import demo
from onewindow.accounts.models import ExternalIdentity, User
from onewindow.accounts.providers import oidc_metadata
from tests.factories.accounts import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def peer(settings, live_server):
    oidc_metadata.forget()
    settings.PUBLIC_URL = live_server.url
    settings.OIDC_PROVIDERS = (configuration.sandbox(live_server.url, "s" * 32),)
    return live_server


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def leave(client: Client) -> str:
    page = client.post(reverse("oidc-begin", args=["sandbox"]), {"purpose": "citizen"}).content.decode()
    return local(unescape(re.search(r'url=([^"]+)"', page).group(1)))


def test_a_demonstration_citizen_signs_in(client, peer):
    citizen = demo.CITIZENS[0]
    known = UserFactory(
        name=citizen.name, phone=citizen.phone, person=PersonFactory(name=citizen.name, number=demo.number_of(citizen))
    )
    chooser = leave(client)
    assert "没有法律效力" in client.get(chooser).content.decode()
    back = client.post(chooser, {"who": f"citizen-{citizen.phone}", "level": "4"}).url
    assert client.get(local(back)).url == "/"
    assert ExternalIdentity.objects.get().user == known


def test_cancelling_makes_no_account(client, peer):
    back = client.post(leave(client), {"who": "", "level": "4"}).url
    client.get(local(back))
    assert "您取消了登录" in client.get(reverse("sign-in")).content.decode()
    assert not User.objects.exists()


def test_a_code_is_good_once_and_only_for_the_client(client, peer):
    back = client.post(leave(client), {"who": "staff-chuangkou", "level": "2"}).url
    code = re.search(r"code=([^&]+)", back).group(1)
    token = peer.url + reverse("sandbox-oidc-token")
    form = {"code": code, "grant_type": "authorization_code", "code_verifier": "guessed"}
    assert requests.post(token, form, timeout=5).status_code == 401
    assert requests.post(token, form, timeout=5, auth=("onewindow-sandbox", "s" * 32)).json() == {
        "error": "invalid_grant"
    }
    assert requests.get(peer.url + reverse("sandbox-oidc-userinfo"), timeout=5).status_code == 401


def test_it_sends_nobody_elsewhere(client, peer):
    chooser = leave(client).replace("redirect_uri=", "redirect_uri=https%3A%2F%2Fevil.example%2F&was=")
    assert client.get(chooser).status_code == 400


def test_production_refuses_it(client, peer, settings):
    settings.SANDBOX = False
    assert "accounts.E001" in {fault.id for fault in run_checks()}
    assert client.get(reverse("sandbox-oidc-discovery")).status_code == 404
