"""A village with its agent, a neighbour with an account, and the town's centre."""

import pytest

from onewindow.accounts import principal as principals
from onewindow.accounts.models import Post, User
from onewindow.accounts.providers import phone_code
from tests.cast import member
from tests.factories.accounts import AgencyFactory, PostFactory, StaffFactory
from tests.factories.cases import person
from tests.factories.catalogue import flagship
from tests.web.test_network import a_station, a_town

NUMBER = "510125195603128624"
PHONE = "13880001234"
ASKED = {"name": "李秀英", "number": NUMBER, "phone": PHONE, "once": "page-1"}


@pytest.fixture
def station(db):
    a_town()
    return a_station()


@pytest.fixture
def agent(station):
    user = StaffFactory(name="杜春梅", phone="13880009999", person=person(name="杜春梅", number="510125197509122048"))
    PostFactory(user=user, role=Post.Role.AGENT, agency=None, site=station)
    principals.forget_all()
    return member(user)


@pytest.fixture
def town(station):
    user = StaffFactory(name="曾玉兰")
    PostFactory(user=user, role=Post.Role.CLERK, agency=AgencyFactory(code="WJJ"), site=station.parent)
    principals.forget_all()
    return member(user)


@pytest.fixture
def neighbour(db):
    """李秀英, with an account of her own phone."""
    user = User.objects.create(username="li", phone=PHONE, name="李秀英", person=person(name="李秀英", number=NUMBER))
    return member(user)


@pytest.fixture
def item(db):
    return flagship(levels=["district", "town", "village"])


@pytest.fixture
def codes(monkeypatch):
    """What the phone would show."""
    kept = {}
    send = phone_code.send_code

    def note(phone, ip, purpose="sign_in", **more):
        sent = send(phone, ip, purpose, **more)
        kept[purpose.partition(":")[0]] = sent.code
        return sent

    monkeypatch.setattr(phone_code, "send_code", note)
    return kept
