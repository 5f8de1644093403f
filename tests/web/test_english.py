"""The public side in English: nothing left out, and what exists in Chinese only says so."""

import re
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.cache import cache
from django.template import engines
from django.test import Client
from django.utils import translation

from onewindow.catalogue import translations
from onewindow.feedback.models import Rating
from onewindow.kernel import clock
from onewindow.kernel.tables import Problems
from onewindow.web.management.commands import messages
from onewindow.web.ui import words
from tests.documents.test_papers import certificate
from tests.factories import cases
from tests.factories.catalogue import agency, flagship, published

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SHOWN = {"placeholder", "aria-label", "title", "alt"}
ANSWERS = {"age": "72", "household": "sichuan", "who": "self"}


class Unmarked(HTMLParser):
    """Chinese on an English page outside elements that say lang="zh-Hans"."""

    def __init__(self, page):
        super().__init__()
        self.stack, self.found = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        # JSON-LD says in which language it is.
        marked = dict(attrs).get("lang") == "zh-Hans" or dict(attrs).get("type") == "application/ld+json"
        chinese = marked or (bool(self.stack) and self.stack[-1][1])
        if not chinese:
            self.found += [value for name, value in attrs if name in SHOWN and HAN.search(value or "")]
        if tag not in VOID:
            self.stack.append((tag, chinese))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if HAN.search(data) and not (self.stack and self.stack[-1][1]):
            self.found.append(data.strip())


def strings(message):
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.fixture(scope="module")
def catalogue():
    with messages.CATALOGUE.open("rb") as file:
        return {message.id: message for message in read_po(file) if message.id}


@pytest.fixture
def english():
    """A browser that has pressed "English" in the footer."""
    client = Client()
    assert client.post("/language/", {"language": "en", "next": "/"}).status_code == 302
    return client


@pytest.fixture
def card():
    """The elder card 老年人优待证, named in English as the catalogue of the district names it."""
    cache.clear()
    item = flagship()
    item.name_en, item.themes = "Senior citizen card", ["优待抚恤"]
    item.agency.name_en = "Xindu Health Bureau"
    item.agency.save()
    item.save()
    return item


def test_everything_said_has_english(catalogue):
    missing = {place for place, message in messages.used() if not all(strings(catalogue[message]))}
    assert missing == set()
    assert catalogue.keys() == {message for _, message in messages.used()}, "onewindow messages 之后再提交"


def test_placeholders_match(catalogue):
    for message in catalogue.values():
        said = message.id if isinstance(message.id, str) else message.id[0]
        for text in strings(message):
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(said)), said
            assert not HAN.search(text), text


def test_compiled_and_written_are_the_same(catalogue):
    said = {key: strings(message) for key, message in catalogue.items()}
    with messages.CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {repr(message.id): strings(message) for message in read_mo(file) if message.id}
    assert compiled == {repr(list(key) if isinstance(key, tuple) else key): v for key, v in said.items()}


def test_no_chinese_stands_outside_the_catalogue():
    """In the gathered templates Chinese text is a msgid, or in an element marked as Chinese."""
    env = engines["jinja2"].env
    spared = re.compile(r"{% trans.*?endtrans %}|<(\w+)[^>]*lang=.zh-Hans.[^>]*>.*?</\1>")
    for path in messages.files(messages.TEMPLATES_DIR, messages.TEMPLATES):
        for _line, kind, value in env.lex(spared.sub("", path.read_text("utf-8"))):
            assert kind != "data" or not HAN.search(value), f"{path.name}: {value}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "What do you need to do?"),
        ("/search/?q=老年证", "Senior citizen card"),
        ("/search/?q=zzqqxx", "Nothing found for"),
        ("/items/", "Senior citizen card"),
        ("/items/?who=person&theme=优待抚恤", "Seniors and veterans"),
        ("/items/?agency=WJJ", "Xindu Health Bureau"),
        ("/items/XDP0096/", "This guide is available in Chinese only for now."),
        ("/items/XDP0096/?age=72&household=sichuan&who=self", "By your answers, you can apply."),
        ("/items/XDP0096/print/?age=72", "Service guide"),
        ("/items/XDP0096/versions/1/", "version 1"),
        ("/events/birth/", "From pregnancy record to household register and medical insurance"),
        ("/verify/", "Is this certificate genuine?"),
        ("/help/", "How long it takes"),
        ("/sign-in/", "Get a code"),
        ("/sign-in/?method=password", "Password"),
        ("/nowhere/", "Page not found"),
    ],
)
def test_pages_in_english(english, card, path, said):
    page = english.get(path).content.decode()
    assert '<html lang="en"' in page
    assert said in page
    asked = "老年证" if "q=老年证" in path else "\0"
    assert [text for text in Unmarked(page).found if asked not in text] == []


@pytest.mark.django_db
def test_the_incomplete_guide_in_english(english):
    item = flagship(complete=False)
    item.name_en, item.agency.name_en = "Senior citizen card", "Xindu Health Bureau"
    item.agency.save()
    item.save()
    page = english.get("/items/XDP0096/").content.decode()
    assert "The papers and steps have not been checked by Xindu Health Bureau" in page
    assert Unmarked(page).found == []


@pytest.fixture
def translated(card):
    """The card's guide as the district has translated it."""
    found = translations.read(
        settings.DATA_DIR, {path.stem for path in settings.DATA_DIR.glob("catalogue/*.yaml")}, Problems()
    )
    translations.store({key: words for key, words in found.items() if key[1] in {"", card.code}})
    return card


def chinese_words(page):
    """What is marked as Chinese outside brackets: names that people must show or ask for stand in them."""
    return re.findall(r'(?<![(（])<span lang="zh-Hans">(.*?)</span>', page)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/items/XDP0096/", "Aged 60 or over"),
        ("/items/XDP0096/?age=50", "Not 60 yet: come back after the 60th birthday."),
        ("/items/XDP0096/?age=72&household=elsewhere&who=proxy", "Proof of having lived in Sichuan for a full year"),
        ("/items/XDP0096/print/?age=72", "Aged 60 or over"),
        ("/items/", "For people aged 60 and over"),
        ("/search/?q=senior+citizen+card", "For people aged 60 and over"),
    ],
)
def test_a_translated_guide_is_in_english(english, translated, path, said):
    page = english.get(path).content.decode()
    assert said in page
    assert Unmarked(page).found == []
    assert "in Chinese only" not in page
    # Names of the item, and the agency as the index of the search knows it.
    left = {"申领《四川省老年人优待证》", "四川省老年人优待证", "老人证", "老年证", "成都市新都区卫健局"}
    assert set(chinese_words(page)) - left == set()
    chinese = Client().get(path).content.decode()
    assert said not in chinese


@pytest.mark.django_db
def test_what_changed_since_it_was_translated_says_so(english, translated):
    guide = translated.guide.model_copy(update={"summary": "新的说明。", "name_en": "Senior citizen card"})
    published(guide)
    page = english.get("/items/XDP0096/").content.decode()
    assert "Parts of this guide have changed since it was translated" in page
    assert '<span lang="zh-Hans">新的说明。</span>' in page
    assert Unmarked(page).found == []
    assert "Aged 60 or over" in page


@pytest.mark.django_db
def test_list_leaflet_and_api_in_english(english, translated):
    said = {"age": "72", "household": "sichuan", "who": "proxy"}
    kept = english.post("/items/XDP0096/lists/", said)["Location"]
    page = english.get(kept).content.decode()
    assert "Recent 1-inch photograph without a hat" in page
    assert Unmarked(page).found == []
    leaflet = english.get("/items/XDP0096/leaflet.pdf", said).content
    assert leaflet.startswith(b"%PDF")
    assert leaflet != Client().get("/items/XDP0096/leaflet.pdf", said).content
    told = Client().get("/api/v1/items/XDP0096?lang=en").json()
    assert (told["language"], told["untranslated"]) == ("en", 0)
    assert told["guide"]["conditions"][0]["text"] == "Aged 60 or over"
    abroad = Client(headers={"accept-language": "en"})
    reply = abroad.post("/api/v1/items/XDP0096/checklist", {"answers": {"age": 50}}, "application/json").json()
    assert reply["conditions"][0]["unmet"] == "Not 60 yet: come back after the 60th birthday."
    assert {paper["status_text"] for paper in reply["materials"]} & {"bring it", "not needed"}
    chinese = Client().get("/api/v1/items/XDP0096").json()
    assert (chinese["language"], chinese["guide"]["conditions"][0]["text"]) == ("zh-Hans", "年满60周岁")


@pytest.mark.django_db
def test_a_verdict_in_english(english):
    organ = agency("WJJ")
    organ.name_en = "Xindu Health Bureau"
    organ.save()
    issued = certificate(organ)
    page = english.get(f"/verify/{issued.number}/", {"c": issued.secret}).content.decode()
    assert "Genuine and in force" in page and "Xindu Health Bureau" in page
    assert Unmarked(page).found == []
    assert "Could not be verified" in english.get(f"/verify/{issued.number}/", {"c": "wrong"}).content.decode()


@pytest.mark.django_db
def test_rating_in_english(english, card):
    rating = Rating.objects.create(case=cases.finished(card))
    address = f"/rate/{rating.token}/"
    page = english.get(address).content.decode()
    assert "How was this service?" in page and "very satisfied" in page and "short wait" in page
    assert Unmarked(page).found == []
    assert "Choose how satisfied you are first." in english.post(address, {}).content.decode()
    english.post(address, {"stars": "5", "tags": ["等候时间短"]})
    page = english.get(address).content.decode()
    assert "Thank you for your rating" in page and "short wait" in page
    assert Unmarked(page).found == []


@pytest.mark.django_db
def test_refusals_in_english(english):
    wrong = english.post("/sign-in/?method=password", {"identifier": "13800000001", "password": "x"})
    assert "The account or the password is wrong." in wrong.content.decode()
    assert "A mobile number has 11 digits." in english.post("/sign-in/", {"phone": "12"}).content.decode()
    assert "Enter the certificate number" in english.post("/verify/", {"number": "", "name": ""}).content.decode()


@pytest.mark.django_db
def test_the_browser_s_language_counts_until_one_is_chosen(card):
    abroad = Client(headers={"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en"' in abroad.get("/").content.decode()
    abroad.post("/language/", {"language": "zh-hans", "next": "/"})
    assert "您要办什么事？" in abroad.get("/").content.decode()


@pytest.mark.django_db
def test_a_page_is_in_one_language(english, citizen):
    citizen.client.post("/language/", {"language": "en", "next": "/"})
    page = citizen.client.get("/my/cases/").content.decode()
    assert '<html lang="zh-hans"' in page
    assert "This part of the site is in Chinese only for now." in page
    assert "Sign in" not in page


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (4, "by Tue 13 Oct, 4 working days left"), (1, "by Tue 13 Oct, 1 working day left"),
        (0, "by Tue 13 Oct, which is today"), (-2, "by Tue 13 Oct, 2 working days overdue"), (None, "by Tue 13 Oct"),
    ],
)  # fmt: skip
def test_dates_in_words(monkeypatch, left, said):
    monkeypatch.setattr(clock, "today", lambda: date(2026, 10, 1))
    with translation.override("en"):
        assert words.due(date(2026, 10, 13), left) == said
        assert words.day(date(2027, 1, 4)) == "Mon 4 Jan 2027"


@pytest.mark.parametrize(
    ("days", "unit", "said"),
    [
        (15, "working", "within 15 working days"), (1, "working", "within 1 working day"),
        (20, "natural", "within 20 days"), (0, "working", "on the spot"),
    ],
)  # fmt: skip
def test_limits_in_words(days, unit, said):
    with translation.override("en"):
        assert words.limit(SimpleNamespace(days=days, unit=unit)) == said
        assert words.limit(None) == "not fixed by law"
