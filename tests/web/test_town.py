"""A town's counter 便民服务中心: it takes in, the district's organ decides."""

import pytest
from django.urls import reverse

from onewindow.accounts import principal as principals
from onewindow.accounts.models import Division, Post
from onewindow.cases.models import Case
from onewindow.hall.models import Window, Zone
from tests.cast import member
from tests.factories import cases
from tests.factories.accounts import AgencyFactory, PostFactory, SiteFactory, StaffFactory
from tests.factories.catalogue import flagship
from tests.web.test_instant import FILLED
from tests.web.test_network import TOWN, a_station, a_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db):
    return a_town()


@pytest.fixture
def town_clerk(town):
    user = StaffFactory(name="曾玉兰")
    PostFactory(user=user, role=Post.Role.CLERK, agency=AgencyFactory(code="WJJ"), site=town)
    principals.forget_all()
    return member(user)


@pytest.fixture
def filed():
    """A case of the same organ that came in over the web."""
    return cases.submitted()


def seen(who, case):
    return who.client.get(reverse("desk-case", args=[case.number])).status_code


def test_what_came_in_elsewhere_is_not_the_town_s(town_clerk, filed, clerk):
    assert seen(town_clerk, filed) == 404 and seen(clerk, filed) == 200
    assert filed.number not in town_clerk.client.get(reverse("desk-list") + "?view=open").content.decode()


def test_what_came_in_at_the_counter_or_in_a_village_of_the_town_is(town_clerk, filed):
    for place in (TOWN, a_station().pk):
        Case.objects.filter(pk=filed.pk).update(site=place)
        assert seen(town_clerk, filed) == 200
    other = a_town("510114103000", "新繁镇便民服务中心")
    Case.objects.filter(pk=filed.pk).update(site=other)
    assert seen(town_clerk, filed) == 404


def test_the_other_organ_s_case_is_not_even_there(town_clerk, filed, town):
    Case.objects.filter(pk=filed.pk).update(site=town, agency=AgencyFactory(code="MZJ"))
    assert seen(town_clerk, filed) == 404


def test_taken_in_at_the_window_keeps_the_place_and_the_organ_decides(town_clerk, town, decider):
    zone = Zone.objects.get(site=town)
    window = Window.objects.create(site=town, zone=zone, number="A01")
    window.queues.set(zone.queues.all())
    town_clerk.client.post(reverse("desk-window-sign-on"), {"window": window.pk})
    Division.objects.create(
        set="present", level="town", code="510114001000", name="大丰街道办事处", short_name="大丰街道"
    )
    flagship()
    town_clerk.client.post("/desk/new/XDP0096/", FILLED | {"go-on": "accept"})
    case = Case.objects.get()
    assert case.state == "received"
    assert case.site_id == TOWN and case.agency_id == "WJJ"
    shown = decider.client.get(reverse("desk-case", args=[case.number])).content.decode()
    assert "新民镇便民服务中心（代收，由" in shown


def test_a_manager_of_a_town_is_no_manager_of_the_district(town):
    user = StaffFactory(name="龙建国")
    PostFactory(user=user, role=Post.Role.MANAGER, agency=None, site=town)
    principals.forget_all()
    manager = member(user)
    assert not manager.principal.over_district("manager")
    hours = manager.client.get(reverse("manage-hours"), {"site": a_station().pk})
    assert hours.status_code == 200 and "新店村便民服务站" in hours.content.decode()
    assert manager.client.get(reverse("manage-hours"), {"site": SiteFactory().pk}).status_code == 404
