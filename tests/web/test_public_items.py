"""What anyone may read: home, search, browse, and the guide with my checklist."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from onewindow.catalogue.models import Item, ItemVersion
from tests.factories import cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
SELF = {"age": "72", "household": "sichuan", "who": "self"}


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def card():
    """The elder card 老年人优待证."""
    item = flagship()
    item.themes = ["优待抚恤"]
    item.save()
    return item


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def markup(response):
    """The page without its CSRF marks, which are new each time."""
    return re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", response.content.decode()).strip()


def papers(response):
    """Name → word of every row of the checklist."""
    rows = re.findall(r'ow-paper-name"><b>(.*?)</b> <span class="ow-word">(.*?)</span>', response.content.decode())
    return dict(rows)


def copies(item, n):
    for serial in range(n):
        code = f"XDZ{serial:04d}"
        name = f"示例事项{serial}"
        twin = Item.objects.create(code=code, name=name, kind="行政许可", agency=item.agency, target=["自然人"])
        body = item.current.body | {"code": code, "name": twin.name}
        twin.current = ItemVersion.objects.create(item=twin, number=1, body=body, digest=code)
        twin.save()


def test_home_asks_and_shows_what_can_be_done(client, card):
    page = client.get("/")
    assert "您要办什么事？" in text(page)
    assert "现在就能在网上办的" in text(page)
    assert reverse("item", args=[card.code]) in page.content.decode()


def test_home_shows_my_matters_to_me_alone(client, citizen, other_citizen, card):
    case = cases.draft(card, by=citizen.principal)
    assert case.number in citizen.client.get("/").content.decode()
    for stranger in (client, other_citizen.client):
        assert case.number not in stranger.get("/").content.decode()


def test_search_finds_by_a_neighbours_word(client, card):
    page = client.get("/search/", {"q": "老年证"})
    assert "申领《四川省老年人优待证》" in text(page)
    assert "当场办结" in text(page)


def test_search_says_what_to_do_when_nothing_fits(client, card):
    page = client.get("/search/", {"q": "zzqqxx<script>"})
    assert "换个说法再试" in text(page)
    assert "<script>zz" not in page.content.decode() and "zzqqxx&lt;script&gt;" in page.content.decode()


def test_search_fragment_is_part_of_the_page(client, card):
    fragment = client.get("/search/", {"q": "老年证"}, headers={"HX-Request": "true"})
    page = client.get("/search/", {"q": "老年证"})
    assert fragment.content.decode().strip() in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in page.headers["Vary"]


def test_guide_answers_in_the_first_screen(client, card):
    first = text(client.get(f"/items/{card.code}/")).split("我的清单")[0]
    for answer in ("个人", "年满60周岁", "当场办结", "不用跑", "不收费", "便民服务站", "开始申请"):
        assert answer in first


@pytest.mark.parametrize(
    ("answers", "words", "expected"),
    [
        ({}, "受理条件", {"代办人的居民身份证": "再告诉我们一点就知道", "近期1寸免冠照片": "要带"}),
        (SELF, "可以办", {"代办人的居民身份证": "不需要", "老人的居民身份证": "不用带，共享核验"}),
        (SELF | {"age": "50"}, "还不到60周岁", {"近期1寸免冠照片": "要带"}),
        (SELF | {"who": "proxy"}, "可以办", {"代办人的居民身份证": "不用带，共享核验"}),
        ({"age": "abc", "who": "'; --"}, "受理条件", {"代办人的居民身份证": "再告诉我们一点就知道"}),
    ],
)
def test_my_checklist_follows_my_answers(client, card, answers, words, expected):
    page = client.get(f"/items/{card.code}/", answers)
    assert words in text(page)
    assert expected.items() <= papers(page).items()
    fragment = client.get(f"/items/{card.code}/", answers, headers={"HX-Request": "true"})
    assert markup(fragment) in markup(page)


def test_answers_travel_to_the_application(client, card):
    page = client.get(f"/items/{card.code}/", SELF | {"utm": "x"}).content.decode()
    start = reverse("apply-start", args=[card.code])
    assert f"{start}?age=72&amp;household=sichuan&amp;who=self" in page
    assert "utm" not in page.split("apply")[1].split('"')[0]


def test_who_may_not_apply_is_not_led_into_it(client, card):
    fragment = client.get(f"/items/{card.code}/", SELF | {"age": "50"}, headers={"HX-Request": "true"})
    assert "带着这些回答开始申请" not in text(fragment)


def test_an_incomplete_guide_says_so(client):
    item = flagship(complete=False)
    page = text(client.get(f"/items/{item.code}/"))
    assert "这份规程还不完整" in page
    assert "开始申请" not in page


def test_an_old_version_is_kept_and_marked(client, card):
    body = card.current.body | {"summary": "新的说明"}
    card.current = ItemVersion.objects.create(item=card, number=2, body=body, digest="2")
    card.save()
    assert "新的说明" in text(client.get(f"/items/{card.code}/"))
    old = text(client.get(f"/items/{card.code}/versions/1/"))
    assert "这是第 1 版，已经不用了" in old and "新的说明" not in old and "开始申请" not in old


@pytest.mark.parametrize("path", ["/items/NOPE/", "/items/XDP0096/versions/9/", "/items/NOPE/print/", "/nowhere/"])
def test_what_is_not_there_leads_on(client, card, path):
    page = client.get(path)
    assert page.status_code == 404
    assert "您可以搜索要办的事" in text(page)


def test_print_lists_only_what_i_bring(client, card):
    page = text(client.get(f"/items/{card.code}/print/", SELF))
    assert "近期1寸免冠照片" in page and "代办人的居民身份证" not in page


def test_browsing_goes_by_key_and_theme(client, card):
    copies(card, 31)
    page = client.get("/items/", {"who": "person"}).content.decode()
    following = re.search(r'href="\?(who=person&amp;after=\w+)"', page).group(1).replace("&amp;", "&")
    second = client.get(f"/items/?{following}").content.decode()
    assert "示例事项30" in second and "示例事项5<" not in second
    assert "示例事项" not in text(client.get("/items/", {"theme": "优待抚恤"}))
    assert "这里没有事项" in text(client.get("/items/", {"agency": "NOPE"}))


@pytest.mark.parametrize(
    ("path", "queries"), [("/", 2), ("/search/?q=老年证", 2), ("/items/", 3), ("/items/XDP0096/?age=70", 2)]
)
def test_lists_cost_the_same_however_long(client, card, django_assert_num_queries, path, queries):
    for more in (3, 25):
        client.get(path)  # the search index and the parsed guides stay in the process
        cache.clear()
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200
        if more == 3:
            copies(card, more)


def test_what_an_editor_adds_from_the_national_list_is_shown(client):
    item = flagship(
        quota="每年 30 个", refusals=["材料不真实"], mail={"papers": True, "address": "大厅 3 号窗"},
        scope="cross_city", result={"name": "某证", "kind": "certificate", "ways": ["online", "post"]},
        rights="可以陈述和申辩",
    )  # fmt: skip
    page = client.get(f"/items/{item.code}/").content.decode()
    for said in ("每年 30 个", "材料不真实", "大厅 3 号窗", "跨市通办", "网上下载、邮寄", "可以陈述和申辩"):
        assert said in page
