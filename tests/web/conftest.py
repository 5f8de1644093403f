"""A clerk at window A01 of the hall; what the window calls is the `queue` of whoever asks."""

import pytest
from django.urls import reverse

from onewindow.accounts import principal
from onewindow.accounts.models import Post
from tests.cast import officer
from tests.factories.accounts import PostFactory, SiteFactory
from tests.hall.conftest import a_window


@pytest.fixture
def window(queue):
    return a_window("A01", queue)


@pytest.fixture
def desk(window):
    """A clerk of the health bureau, at window A01."""
    member = officer(Post.Role.CLERK, name="刘敏")
    PostFactory(user=member.user, role=Post.Role.CLERK, agency=member.agency, site=SiteFactory())
    principal.forget_all()
    member.client.post(reverse("desk-window-sign-on"), {"window": window.pk})
    return member.client


def do(client, verb, **data):
    return client.post(reverse("desk-window-act", args=[verb]), data, follow=True).content.decode()
