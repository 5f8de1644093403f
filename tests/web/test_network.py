"""Where one can go: hall, town centres and village stations, found by name, by town, or for one item."""

from datetime import datetime, time

import pytest
from django.urls import reverse

from onewindow.accounts.models import Site
from onewindow.hall.models import Hours, Queue, SpecialDay, Zone
from onewindow.kernel import clock
from tests.factories.accounts import SiteFactory
from tests.factories.catalogue import flagship, weekends

pytestmark = pytest.mark.django_db
TOWN = "510114104000"


def a_town(code=TOWN, name="新民镇便民服务中心") -> Site:
    weekends()
    Zone.objects.get_or_create(site=SiteFactory(), code="A", defaults={"name": "综合服务区"})
    town = SiteFactory(code=code, name=name, level="town", parent_id="510114", division_code=code)
    zone = Zone.objects.create(site=town, code="A", name="便民服务区")
    Queue.objects.create(site=town, zone=zone, code="ZH", name="综合受理", rest=True)
    return town


def a_station(name="新店村", serial=1, town=TOWN) -> Site:
    code = f"{town[:9]}{serial:03d}"
    station = SiteFactory(code=code, name=f"{name}便民服务站", level="village", parent_id=town, division_code=code)
    for opens, closes in ((time(9), time(12)), (time(14), time(17))):
        for weekday in range(1, 6):
            Hours.objects.create(site=station, weekday=weekday, opens=opens, closes=closes)
    return station


@pytest.fixture
def station(db):
    a_town()
    return a_station()


@pytest.fixture
def on_thursday(monkeypatch):
    """10:30 on a working Thursday."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 5, 10, 30, tzinfo=clock.SHANGHAI))


def page(client, **query):
    return client.get(reverse("halls"), query).content.decode()


def test_a_station_stands_under_its_town_and_is_found_by_name(client, station, on_thursday):
    assert "1 个村（社区）便民服务站，1 个现在开门" in page(client)
    hits = page(client, q="新店")
    assert "找到 1 处" in hits and "新民镇便民服务中心" in hits and "现在开门，到 12:00" in hits
    assert "没有名字里带“火星”的地点" in page(client, q="火星")


def test_by_the_town_s_name_all_its_stations(client, station):
    a_station("回南社区", 2)
    assert "找到 3 处" in page(client, q="新民镇")


def test_a_station_says_when_it_opens_and_what_it_takes(client, station, on_thursday):
    item = flagship(levels=["district", "town", "village"])
    shown = client.get(reverse("hall", args=[station.pk])).content.decode()
    assert "现在开门，到 12:00" in shown and "09:00–12:00、14:00–17:00" in shown and item.name in shown
    SpecialDay.objects.create(site=station, day=clock.today(), reason="停电")
    assert "现在没开门，3月6日 09:00 开门" in client.get(reverse("hall", args=[station.pk])).content.decode()


def test_no_hours_on_record_is_not_always_open(client, station):
    Hours.objects.filter(site=station).delete()
    assert "开放时间还没有登记" in client.get(reverse("hall", args=[station.pk])).content.decode()


def test_where_one_item_is_taken_follows_its_levels(client, station):
    here = flagship(levels=["district", "town", "village"])
    assert f"{reverse('halls')}?item={here.pk}" in client.get(reverse("item", args=[here.pk])).content.decode()
    assert "新店村" in page(client, item=here.pk)


def test_an_item_of_the_district_alone_sends_nobody_to_a_village(client, station):
    item = flagship(levels=["district"])
    shown = page(client, item=item.pk)
    assert "新店村" not in shown and "镇和村的窗口不收" in shown and "新都区政务服务中心" in shown


def test_as_many_queries_for_two_hundred_stations_as_for_one(client, station, django_assert_max_num_queries):
    with django_assert_max_num_queries(8) as one:
        page(client)
    for serial in range(2, 202):
        a_station(f"第{serial}村", serial)
    with django_assert_max_num_queries(len(one)):
        page(client)


def test_programs_ask_the_same(client, station, on_thursday):
    flagship(levels=["district", "town", "village"])
    found = client.get("/api/v1/halls?level=village").json()
    assert [(each["code"], each["parent"]) for each in found] == [(station.pk, TOWN)]
    assert found[0]["until"].startswith("2026-03-05T12:00")
    assert client.get(f"/api/v1/halls/{station.pk}").json()["now"]["kind"] == "regular"
    assert client.get("/api/v1/halls?item=nothing").status_code == 404
    assert client.get("/api/v1/halls?level=moon").status_code == 422
