"""Search through the API: the same engine, the same question back."""

import pytest

from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


@pytest.fixture
def some():
    return [flagship(code) for code in ("XDP0096", "XDP0052", "XDP0032", "XDA0133")]


def test_everyday_words_find_the_item_and_say_why(anyone, some):
    reply = anyone.get("/search", {"q": "我妈70岁了想办个老年证要带啥"}).json()
    assert reply["found"][0]["code"] == "XDP0096" and reply["found"][0]["why"]
    assert reply["found"][0]["agency"]["code"] == "WJJ"


def test_filters_narrow_and_nonsense_is_told(anyone, some):
    found = anyone.get("/search", {"q": "办证", "who": "business", "limit": 50}).json()["found"]
    assert all("法人" in item["target"] for item in found)
    assert anyone.get("/search", {"q": "办证", "who": "robot"}).status_code == 422
    assert anyone.get("/search", {"q": ""}).status_code == 422


def test_suggestions_while_typing(anyone, some):
    assert "XDP0032" in [each["code"] for each in anyone.get("/suggestions", {"q": "居住"}).json()]


def test_a_search_costs_the_same_few_questions(anyone, some, django_assert_max_num_queries):
    anyone.get("/search", {"q": "居住证"})
    with django_assert_max_num_queries(6):
        anyone.get("/search", {"q": "居住证"})
