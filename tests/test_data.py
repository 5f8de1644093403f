"""The reference district's files: whole, consistent, and the counts the project promises."""

import csv
import re
from collections import Counter

import pytest
from django.conf import settings

from onewindow.accounts import loading
from onewindow.catalogue import events, pofiles, publish, words
from onewindow.catalogue.models import Word
from onewindow.catalogue.texts import say
from onewindow.kernel import clock
from onewindow.kernel.tables import Problems

DATA = settings.DATA_DIR
# Up to this length a question is a name itself, and two authors may well write the same.
SHORT = 10
UTILITIES = {agency.code for agency in loading.read_agencies(DATA, Problems()) if agency.kind == "公用企业"}


@pytest.fixture(scope="module")
def guides():
    problems = Problems()
    agencies = loading.read_agencies(DATA, problems)
    found = publish.read_guides(DATA, {agency.code for agency in agencies}, problems)
    assert problems.found == []
    return {guide.code: guide for guide in found}


def test_the_catalogue_has_the_promised_split(guides):
    core = Counter(guide.kind for guide in guides.values() if guide.core)
    assert len(guides) >= 1417
    assert sum(core.values()) == 984
    assert (core["公共服务"], core["中介服务"], core["行政征收"]) == (128, 107, 3)


def test_every_complete_guide_can_be_followed(guides):
    complete = [guide for guide in guides.values() if guide.complete]
    assert complete
    for guide in complete:
        assert guide.summary, guide.code
        assert guide.plain_names, guide.code
        assert guide.materials or guide.conditions, guide.code
        assert {step.key for step in guide.steps} >= {"accept", "decide"}, guide.code
        # The acts of a utility company or of a provider paid by contract are no administrative acts: complaint, not
        # reconsideration.
        private = guide.agency in UTILITIES or guide.kind == "中介服务"
        assert guide.remedies.reconsideration or private, guide.code


def test_no_material_is_a_catch_all(guides):
    """“其他材料” may not be demanded (优化营商环境条例 §35)."""
    vague = [
        (guide.code, material.name)
        for guide in guides.values()
        for material in guide.materials
        if re.fullmatch(r"(其他|其它)?(有关|相关)?(申请)?(材料|资料|证明)", material.name)
    ]
    assert vague == []


def test_a_promise_is_not_longer_than_the_law_allows(guides):
    late = [
        code
        for code, guide in guides.items()
        if guide.promised and guide.statutory and guide.promised.unit == guide.statutory.unit
        if guide.promised.days > guide.statutory.days > 0
    ]
    assert late == []


def test_places_of_the_district():
    problems = Problems()
    divisions = loading.read_divisions(DATA, problems)
    sites = loading.read_sites(DATA, divisions, problems)
    assert problems.found == []
    assert Counter(str(site.level) for site in sites) == {"district": 1, "town": 13, "village": 255}
    assert all(not site.phone for site in sites), "no invented telephone numbers"


def test_holidays_cover_every_year_without_a_gap():
    assert clock.read_file(DATA / "holidays.json").official == set(range(2016, 2027))


def test_everyday_words_name_no_item_by_code(guides):
    text = (DATA / "synonyms.yaml").read_text(encoding="utf-8")
    assert not [code for code in guides if code in text]
    problems = Problems()
    found = words.read(DATA, problems)
    assert problems.found == []
    assert {kind for kind, _, _ in found} == set(Word.Kind.values) - {Word.Kind.NAME}
    themes = {theme for guide in guides.values() for theme in guide.themes_person + guide.themes_business}
    assert {word for kind, word, _ in found if kind == Word.Kind.TOPIC} <= themes


def test_events_name_items_and_are_many(guides):
    problems = Problems()
    found = events.read(DATA, set(guides), problems)
    assert problems.found == []
    assert len(found.of("person")) >= 10
    assert len(found.of("business")) >= 6


def test_everyday_names_are_names_not_questions(guides):
    """The yardstick measures; it must not be copied into the names."""
    asked = set()
    for name in ("open", "held", "after"):
        with (DATA / f"questions-{name}.csv").open(encoding="utf-8", newline="") as file:
            asked |= {row["question"] for row in csv.DictReader(file) if len(row["question"]) > SHORT}
    names = [name for guide in guides.values() for name in guide.plain_names]
    names += [word for _, word, _ in words.read(DATA, Problems())]
    assert not asked & set(names)
    assert not [name for name in names if len(name) > 16 or "？" in name]


def test_english_of_the_flagships(guides):
    """What has changed since it was translated stays a small part; `onewindow translations` names it."""
    words = pofiles.read(DATA, "en", Problems())
    shared = words.pop(pofiles.COMMON)
    assert words.keys() <= guides.keys()
    spoken = {code: say(guides[code], own, shared) for code, own in words.items()}
    assert sum(each.share > 0.9 for each in spoken.values()) >= 40
    everything = [english for own in (*words.values(), shared) for english in own.values()]
    assert [english for english in everything if not re.search("[A-Za-z]", english)] == []


def test_other_laws_have_their_own_rule_for_taking_in(guides):
    """不动产登记暂行条例 §17 (on the spot), 市场主体登记管理条例 §19 (no acceptance by silence)."""
    sale, company, licence = (guides[code].intake for code in ("XDF0062", "XDA0101", "XDA0106"))
    assert (sale.on_the_spot, company.silence) == (True, "none")
    assert (licence.on_the_spot, licence.silence, licence.days) == (False, "accepted", 5)
