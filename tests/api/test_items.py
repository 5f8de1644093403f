"""The catalogue for programs: the list, the whole guide, my checklist."""

import pytest

from onewindow.catalogue.models import Item
from tests.api.conftest import ANSWERS, faults
from tests.factories.catalogue import flagship

FLAGSHIPS = ["XDP0032", "XDP0052", "XDP0096", "XDP0104"]


@pytest.fixture
def four(db):
    for code in FLAGSHIPS:
        flagship(code)
    Item.objects.filter(pk="XDP0104").update(core=False, themes=["社会保障"])


def codes(reply):
    return [item["code"] for item in reply.json()["items"]]


def test_pages_go_by_key_and_end(anyone, four):
    first = anyone.get("/items", {"limit": 3})
    assert codes(first) == FLAGSHIPS[:3]
    second = anyone.get("/items", {"limit": 3, "after": first.json()["next"]})
    assert (codes(second), second.json()["next"]) == (FLAGSHIPS[3:], None)


def test_a_full_last_page_has_no_next(anyone, four):
    assert anyone.get("/items", {"limit": 4}).json()["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"agency": "MZJ"}, ["XDP0052"]),
        ({"kind": "没有这一类"}, []),
        ({"theme": "社会保障"}, ["XDP0104"]),
        ({"core": "false"}, ["XDP0104"]),
        ({"complete": "true"}, FLAGSHIPS),
        ({"complete": "false"}, []),
    ],
)
def test_filters_narrow_the_list(anyone, four, query, expected):
    assert codes(anyone.get("/items", query)) == expected


def test_a_search_is_ranked_and_paged(anyone, four):
    found = codes(anyone.get("/items", {"q": "敬老卡"}))
    assert found[0] == "XDP0096"
    walked, after = [], ""
    while after is not None:
        page = anyone.get("/items", {"q": "敬老卡", "limit": 1, "after": after})
        walked, after = walked + codes(page), page.json()["next"]
    assert walked == found


@pytest.mark.parametrize("limit", [0, 101, "many"])
def test_a_page_has_one_to_a_hundred_items(anyone, limit):
    assert set(faults(anyone.get("/items", {"limit": limit}))) == {"limit"}


def test_the_list_costs_the_same_however_long(anyone, four, django_assert_num_queries):
    for limit in (1, 100):
        with django_assert_num_queries(2):  # the rate limit, the page
            anyone.get("/items", {"limit": limit})


def test_the_guide_is_whole_and_need_not_be_sent_twice(anyone, item):
    reply = anyone.get(f"/items/{item.code}")
    assert reply.json()["guide"] == item.current.guide.model_dump(mode="json")
    assert (reply.json()["version"], reply.json()["digest"]) == (1, item.current.digest)
    again = anyone.get(f"/items/{item.code}", **{"If-None-Match": reply["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert anyone.get(f"/items/{item.code}", **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/items/NONE", "/items/NONE/checklist"])
def test_an_unknown_item_is_not_found(anyone, path):
    reply = anyone.get(path) if path.endswith("NONE") else anyone.post(path, {})
    assert (reply.status_code, reply["Content-Type"]) == (404, "application/problem+json")


def test_the_checklist_says_what_why_where_and_asks_on(anyone, item):
    nothing = anyone.post(f"/items/{item.code}/checklist", {"answers": {}}).json()
    assert nothing["answer"] == "unknown"
    assert nothing["next_question"]["key"] in {"age", "household", "who"}
    all_known = anyone.post(f"/items/{item.code}/checklist", {"answers": ANSWERS}).json()
    papers = {material["key"]: material for material in all_known["materials"]}
    assert {key: paper["status"] for key, paper in papers.items()} == {
        "id_card": "ready", "photo": "bring", "residence_proof": "not_needed", "proxy_id": "not_needed",
    }  # fmt: skip
    assert (papers["photo"]["why"], bool(papers["photo"]["where"])) == ("印在优待证上", True)
    assert papers["id_card"]["cites"][0]["law"] == "《中华人民共和国居民身份证法》"
    assert all_known["next_question"] is None


def test_a_condition_that_is_not_met_says_what_then(anyone, item):
    reply = anyone.post(f"/items/{item.code}/checklist", {"answers": {"age": 59}}).json()
    age = next(condition for condition in reply["conditions"] if condition["key"] == "age_60")
    assert (reply["answer"], age["answer"], age["unmet"]) == ("not_met", "not_met", "还不到60周岁，满60周岁后再来办。")


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ({"age": 131}, "answers:age"),
        ({"age": "old"}, "answers:age"),
        ({"age": True}, "answers:age"),
        ({"household": "mars"}, "answers:household"),
        ({"resident_year": "maybe"}, "answers:resident_year"),
        ({"colour": "red"}, "answers:colour"),
    ],
)
def test_impossible_answers_are_told(anyone, item, answers, place):
    assert set(faults(anyone.post(f"/items/{item.code}/checklist", {"answers": answers}))) == {place}


def test_my_cases_cost_the_same_however_many(program, item, django_assert_num_queries):
    numbers = [program.post("/cases", {"item": item.code}).json()["number"] for _ in range(3)]
    for limit in (1, 100):
        with django_assert_num_queries(3):  # the rate limit, the mandates held, the page
            reply = program.get("/cases", {"limit": limit})
    assert [case["number"] for case in reply.json()["cases"]] == numbers[::-1]
    first = program.get("/cases", {"limit": 2}).json()
    rest = program.get("/cases", {"limit": 2, "after": first["next"]}).json()
    assert [case["number"] for case in rest["cases"]] == numbers[:1]
    assert rest["next"] is None
