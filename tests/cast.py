"""The cast: who appears in the tests, each signed in at a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest
from django.test import Client

from onewindow.accounts import principal as principals
from onewindow.accounts import sessions, tokens
from onewindow.accounts.models import Agency, Person, Post, User
from onewindow.accounts.principal import Principal
from tests.factories.accounts import AgencyFactory, PostFactory, StaffFactory, UserFactory


@dataclass(frozen=True)
class Member:
    user: User
    client: Client

    @property
    def principal(self) -> Principal:
        found = principals.load(self.user.pk)
        assert found is not None
        return found

    @property
    def person(self) -> Person:
        assert self.user.person is not None
        return self.user.person

    @property
    def agency(self) -> Agency:
        return self.user.posts.get().agency


def sign_in(user: User, client: Client | None = None) -> Client:
    """The cookie a browser holds after signing in, without walking the pages."""
    client = client or Client()
    request = HttpRequest()
    request.session = SessionStore()
    sessions.start(request, user, how="test")
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return client


def member(user: User) -> Member:
    return Member(user, sign_in(user))


def officer(role: str, agency: str = "WJJ", name: str = "刘敏") -> Member:
    user = StaffFactory(name=name)
    PostFactory(user=user, role=role, agency=AgencyFactory(code=agency))
    return member(user)


@pytest.fixture(autouse=True, scope="session")
def _cheap_argon2():
    """The same hasher with its least cost: the suite checks hundreds of passwords."""
    with pytest.MonkeyPatch.context() as patch:
        for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
            patch.setattr(Argon2PasswordHasher, cost, least)
        yield


@pytest.fixture(autouse=True)
def _nobody_is_remembered():
    """Principals are kept for seconds in the process; a test starts without them."""
    principals.forget_all()
    tokens.forget_all()


@pytest.fixture
def citizen(db) -> Member:
    return member(UserFactory(name="李秀英"))


@pytest.fixture
def other_citizen(db) -> Member:
    """The stranger."""
    return member(UserFactory(name="陈静"))


@pytest.fixture
def clerk(db) -> Member:
    return officer(Post.Role.CLERK, name="刘敏")


@pytest.fixture
def reviewer(db) -> Member:
    return officer(Post.Role.REVIEWER, name="杨帆")


@pytest.fixture
def decider(db) -> Member:
    return officer(Post.Role.DECIDER, name="赵勇")


@pytest.fixture
def other_agency_clerk(db) -> Member:
    return officer(Post.Role.CLERK, agency="MZJ", name="周丽")


@pytest.fixture
def editor(db) -> Member:
    """内容编辑 of the whole district."""
    return _of_the_district(Post.Role.EDITOR, "苏文")


@pytest.fixture
def checker(db) -> Member:
    """内容审核, the second person."""
    return _of_the_district(Post.Role.CHECKER, "叶青")


def _of_the_district(role: str, name: str) -> Member:
    user = StaffFactory(name=name)
    PostFactory(user=user, role=role, agency=None)
    return member(user)


@pytest.fixture
def operator(db) -> Member:
    return _of_the_district(Post.Role.OPERATOR, "蒋维")
