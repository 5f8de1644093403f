"""The demonstration accounts: made twice without a trace, and each of them gets in."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from stdnum.cn import uscc

from onewindow.accounts import actions, demo
from onewindow.accounts.models import Mandate, Organisation, Person, Post, Site, User
from onewindow.accounts.principal import from_user
from onewindow.kernel import secrecy
from onewindow.kernel.models import Entry
from tests.factories.accounts import AgencyFactory, SiteFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def agencies():
    SiteFactory()
    SiteFactory(code="510114001001", level=Site.Level.VILLAGE)
    return [AgencyFactory(code=code) for code in demo.AGENCIES]


def run(name: str, *args: str) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue()


def count() -> list[int]:
    return [model.objects.count() for model in (User, Post, Person, Organisation, Mandate, Entry)]


def test_every_role_is_there_and_a_second_run_adds_nothing(agencies):
    first = run("demo_accounts")
    before = count()
    assert run("demo_accounts") == first
    assert count() == before
    assert set(Post.objects.values_list("role", flat=True)) == set(Post.Role.values)
    window = from_user(User.objects.get(username="chuangkou"))
    assert window.agencies("clerk") == set(demo.AGENCIES)
    assert "chuangkou" in first and demo.PASSWORD in first and "13800000001" in first
    agent = User.objects.get(username="agent").posts.get()
    assert agent.site.level == Site.Level.VILLAGE


def test_the_numbers_are_fictitious_but_correct(agencies):
    run("demo_accounts")
    for person in Person.objects.all():
        number = secrecy.decrypt(person.number_cipher, purpose="person")
        assert actions.checked_number(number, "resident_id") == number
    company = Organisation.objects.get()
    assert uscc.is_valid(company.credit_code)
    assert company.legal_representative == Mandate.objects.get(principal_organisation=company).agent.name


def test_an_officer_signs_in_with_what_is_printed_and_shown(agencies):
    run("demo_accounts")
    client = Client()
    for _ in range(2):  # a second time within the same half minute
        credentials = {"identifier": "wjj-clerk", "password": demo.PASSWORD}
        assert client.post(reverse("staff-sign-in"), credentials).url == reverse("staff-totp")
        page = client.get(reverse("staff-totp")).content.decode()
        code = re.search(r'id="demo-code">(\d{6})', page).group(1)
        assert client.post(reverse("staff-totp"), {"code": code}).status_code == 302
        assert client.get(reverse("my-account")).status_code == 200
        client.post(reverse("sign-out"))
    assert re.fullmatch(r"\d{6}\n", run("totp", "wjj-clerk"))


@pytest.mark.parametrize("username", ["chuangkou", "supervisor", "manager", "editor", "checker", "operator", "agent"])
def test_after_signing_in_everybody_lands_on_a_page_that_is_there(agencies, username):
    run("demo_accounts")
    client = Client()
    client.post(reverse("staff-sign-in"), {"identifier": username, "password": demo.PASSWORD})
    code = demo.code_for(User.objects.get(username=username))
    landed = client.post(reverse("staff-totp"), {"code": code}, follow=True)
    assert landed.redirect_chain and landed.status_code == 200


def test_a_citizen_signs_in_by_password(agencies, client):
    run("demo_accounts")
    credentials = {"identifier": "13800000001", "password": demo.PASSWORD}
    client.post(reverse("sign-in") + "?method=password", credentials)
    assert "李秀英" in client.get(reverse("my-account")).content.decode()


def test_a_lost_authenticator_is_unbound_on_record_and_every_session_ends(agencies, client):
    run("demo_accounts")
    user = User.objects.get(username="wjj-clerk")
    run("totp_reset", "wjj-clerk")
    credentials = {"identifier": "wjj-clerk", "password": demo.PASSWORD}
    assert client.post(reverse("staff-sign-in"), credentials).url == reverse("staff-enrol")
    assert Entry.objects.filter(subject=str(user.pk), event="user.totp_reset", actor="system:operator").exists()
    assert User.objects.get(pk=user.pk).session_epoch == 1


def test_no_codes_for_real_accounts_and_nothing_in_production(agencies, settings):
    StaffFactory(username="real", totp_cipher=secrecy.encrypt("JBSWY3DPEHPK3PXP", purpose="totp"))
    for name in ("real", "nobody"):
        with pytest.raises(CommandError):
            run("totp", name)
    settings.SANDBOX = False
    for command in (["demo_accounts"], ["totp", "chuangkou"]):
        with pytest.raises(CommandError):
            run(*command)


def test_without_the_agencies_it_says_what_to_load():
    with pytest.raises(CommandError, match="先装入部门"):
        run("demo_accounts")
