"""Large type, plain path, high contrast and voice: chosen without scripts, kept, and enough to get through."""

import pytest

from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


def page(client, path="/"):
    return client.get(path).content.decode()


def test_large_type_is_one_click_and_stays(client):
    back = client.post("/reading/", {"elder": "1", "next": "/items/"})
    assert back["Location"] == "/items/" and client.cookies["elder"]["samesite"] == "Lax"
    assert 'class="elder ' in page(client, "/items/")
    client.post("/reading/", {"elder": "0", "next": "/"})
    assert 'class="elder ' not in page(client)


def test_ways_do_not_disturb_each_other_and_nonsense_changes_nothing(client):
    client.post("/reading/", {"elder": "1"})
    client.post("/reading/", {"contrast": "1", "voice": "yes"})
    assert {name: cookie.value for name, cookie in client.cookies.items()} == {"elder": "1", "contrast": "1"}


def test_nobody_is_sent_to_another_site(client):
    assert client.post("/reading/", {"elder": "1", "next": "https://evil.example/"})["Location"] == "/"


def test_the_plain_home_page_shows_large_tiles_and_a_number_to_call(client):
    card = flagship()
    assert "老年优待证" not in page(client)
    client.cookies["elder"] = "1"
    plain = page(client)
    assert f'href="/items/{card.code}/"' in plain and "老年优待证" in plain and 'href="tel:' in plain
    assert "企业的事" not in plain


def test_the_plain_guide_says_what_to_bring_and_puts_the_rest_away(client):
    card = flagship()
    client.cookies["elder"] = "1"
    plain = page(client, f"/items/{card.code}/")
    assert plain.index("我的清单") < plain.index("还想知道") < plain.index("设定依据")
