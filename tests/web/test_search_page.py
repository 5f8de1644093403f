"""The one box: plain without JavaScript, suggestions with it, filters, a correction, a question back, events."""

import re

import pytest
from django.conf import settings

from onewindow.catalogue.events import events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def page(client, address="/search/", **query):
    return client.get(address, query).content.decode()


def test_without_javascript_it_is_a_form(client):
    home = page(client, "/")
    assert re.search(r'<form class="ow-search[^>]*role="search" action="/search/"', home)
    assert "hidden></ul>" in home, "the list of suggestions shows only when there is one"
    found = page(client, q="老年证")
    assert found.index("/items/XDP0096/") < found.index("/items/XDP0052/")


def test_a_correction_says_so_and_can_be_undone(client):
    found = page(client, q="老年正")
    assert "您是不是想找" in found
    undo = re.search(r'href="(\?[^"]*exact=1[^"]*)">仍然搜索“老年正”', found).group(1).replace("&amp;", "&")
    assert "您是不是想找" not in client.get(f"/search/{undo}").content.decode()


def test_a_filter_is_a_link_that_keeps_the_question(client):
    found = page(client, q="食品经营许可证", who="business")
    link = re.search(r'href="(\?q=[^"]*who=business[^"]*online=4[^"]*)"', found).group(1).replace("&amp;", "&")
    narrowed = client.get(f"/search/{link}").content.decode()
    assert 'value="食品经营许可证"' in narrowed
    assert '<input type="hidden" name="who" value="business">' in narrowed
    assert "/items/XDA0212/" in narrowed


def test_filters_that_leave_nothing_say_so_and_can_be_taken_off(client):
    found = page(client, q="老年证", agency="SWJ")
    assert "按这些条件没有找到" in found
    assert "去掉筛选条件" in found


@pytest.mark.parametrize("query", [{"who": "x"}, {"online": "abc"}, {"do": "'"}, {"level": "<b>"}, {"theme": "\x01"}])
def test_nonsense_in_the_address_is_harmless(client, query):
    assert client.get("/search/", {"q": "老年证", **query}).status_code in (200, 400)


def test_a_question_back_is_answered_by_a_link(client):
    found = page(client, q="烟草专卖零售许可证")
    assert "要办哪一种？" in found
    link = re.search(r'href="(\?[^"]*do=replace)">补办', found).group(1).replace("&amp;", "&")
    chosen = client.get(f"/search/{link}").content.decode()
    assert re.search(r'class="ow-item-name"><a href="/items/(\w+)/"', chosen).group(1) == "XDA0546"
    assert "要办哪一种？" not in chosen


@pytest.mark.parametrize("typed", ["老年", "laonian", "lnz"])
def test_suggestions_are_options_of_a_list(client, typed):
    found = page(client, "/search/suggestions/", q=typed)
    assert 'role="option"' in found
    assert "/items/XDP0096/" in found
    assert "<html" not in found


def test_nothing_typed_suggests_nothing(client):
    assert page(client, "/search/suggestions/", q=" ").strip() == ""


def test_the_empty_page_helps(client):
    found = page(client)
    for help_ in ("按主题找", "生孩子", "开公司", "12345"):
        assert help_ in found
    assert "12345" in page(client, q="zzqqxx")


def test_an_event_has_its_steps_in_order(client):
    birth = page(client, "/events/birth/")
    assert birth.index("怀孕后建册") < birth.index("开出生医学证明") < birth.index("给孩子上户口")
    assert "/items/XDF0016/" in birth
    assert client.get("/events/nope/").status_code == 404
    assert 'href="/events/bereavement/"' in page(client, q="老人去世要办些什么")


@pytest.mark.parametrize("key", list(events(settings.DATA_DIR).by_key))
def test_every_event_opens(client, key):
    assert client.get(f"/events/{key}/").status_code == 200


@pytest.mark.parametrize(
    ("address", "queries"),
    [("/search/?q=社保卡", 2), ("/search/?q=社保卡&who=person", 2), ("/search/", 0), ("/search/suggestions/?q=社保", 2),
     ("/events/birth/", 1)],
)  # fmt: skip
def test_what_a_page_costs(client, django_assert_num_queries, address, queries):
    client.get(address)
    with django_assert_num_queries(queries):
        client.get(address)
