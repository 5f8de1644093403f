"""Translations of guides: found by the Chinese itself, so that a changed text is in Chinese again."""

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from onewindow.catalogue import pofiles, texts, translations
from onewindow.catalogue.models import GuideTranslation, ItemVersion
from onewindow.kernel.tables import Problems
from tests.factories.catalogue import flagship, published, whole

WHY = "由别人代办时，核对代办人身份"
SAID = {"年满60周岁": "is 60 or older", WHY: "to check who comes in your place"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "catalogue").mkdir()
    return tmp_path


def translate(path, words):
    """What a translator does in an editor."""
    with path.open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        message.string = words.get(message.id, message.string)
    with path.open("wb") as file:
        pofiles.write_po(file, catalogue)


def loaded(folder):
    problems = Problems()
    found = translations.read(folder, {"XDP0096", "XDP0032"}, problems)
    assert problems.found == []
    return translations.store(found)


def in_english(code="XDP0096"):
    version = ItemVersion.objects.filter(item=code).first()
    translations.speak([version], "en")
    return version


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("第十四条", "art. 14"), ("第一百二十四条第二款", "art. 124, para. 2"),
        ("第一千一百三十四条至第一千一百四十二条", "art. 1134 to art. 1142"), ("附件第101项", "annex, item 101"),
        ("第二条、第八条第一款第三项至第五项", "art. 2, art. 8, para. 1, item 3 to item 5"),
        ("第五章“社会优待”", ""), ("居住证", ""),
    ],
)  # fmt: skip
def test_articles_are_counted_not_translated(said, english):
    assert texts.article(said) == english


def test_rules_and_names_are_no_texts():
    said = dict(texts.texts(whole()))
    assert said["conditions.age_60.text"] == "年满60周岁"
    assert said["questions.household.choices.sichuan.label"] == "四川省内"
    assert said["form.pages.1.fields.who.choices.proxy.label"] == "家人或代办员代办"
    assert not {
        path for path in said if path.endswith((".when", ".needed_when", ".key", "name_en", "kind", ".article"))
    } - {"basis.0.article"}
    assert "不收费。" not in said.values()


def test_other_words_change_nothing_else():
    guide = whole()
    told = texts.told(guide, lambda path, said: "words")
    assert told != guide
    assert [m.needed_when for m in told.materials] == [m.needed_when for m in guide.materials]
    assert [c.when for c in told.conditions] == [c.when for c in guide.conditions]
    assert (told.name, told.fee_note) == (guide.name, guide.fee_note)


def test_a_file_begins_empty_and_follows_the_guide(folder):
    path = pofiles.folder_of(folder, "en") / "XDP0096.po"
    wanting = pofiles.write(folder, "en", {"XDP0096": whole()}, ["XDP0096"])
    assert wanting["XDP0096"] > 60
    translate(path, SAID)
    changed = whole(summary="新的说明。", conditions=[{"key": "age_60", "text": "满60岁", "when": "age >= 60"}])
    pofiles.write(folder, "en", {"XDP0096": changed})
    said = path.read_text("utf-8")
    assert "新的说明。" in said
    assert "年满60周岁" not in said
    assert pofiles.read(folder, "en", Problems())["XDP0096"] == {WHY: SAID[WHY]}


def test_what_two_guides_say_is_translated_once(folder):
    guides = {"XDP0096": whole(), "XDP0032": whole("XDP0032")}
    pofiles.write(folder, "en", guides, ["XDP0096"])
    translate(pofiles.folder_of(folder, "en") / "XDP0096.po", {"联系电话": "Telephone", "年满60周岁": "60 or older"})
    pofiles.write(folder, "en", guides, ["XDP0032"])
    found = pofiles.read(folder, "en", Problems())
    assert found["common"] == {"联系电话": "Telephone"}
    assert found["XDP0096"] == {"年满60周岁": "60 or older"}


@pytest.mark.django_db
def test_the_same_chinese_may_say_two_things(folder):
    flagship()
    pofiles.write(folder, "en", {"XDP0096": whole()}, ["XDP0096"])
    path = pofiles.folder_of(folder, "en") / "XDP0096.po"
    place = "situations.proxy.title"
    path.write_text(
        path.read_text("utf-8")
        + f'\nmsgctxt "{place}"\nmsgid "家人或代办员代办"\nmsgstr "Somebody comes for you"\n', "utf-8"
    )  # fmt: skip
    translate(path, SAID)
    pofiles.write(folder, "en", {"XDP0096": whole()})
    loaded(folder)
    guide = in_english().guide
    assert next(s.title for s in guide.situations if s.key == "proxy") == "Somebody comes for you"
    assert next(q for q in guide.questions if q.key == "who").choices[1].label == "家人或代办员代办"


@pytest.mark.django_db
def test_a_changed_text_is_in_chinese_again(folder):
    published(whole())
    pofiles.write(folder, "en", {"XDP0096": whole()}, ["XDP0096"])
    translate(pofiles.folder_of(folder, "en") / "XDP0096.po", SAID)
    assert loaded(folder) == 2
    assert loaded(folder) == 0
    assert in_english().guide.conditions[0].text == SAID["年满60周岁"]
    assert in_english().spoken.obsolete == ()
    condition = {"key": "age_60", "text": "满60岁", "when": "age >= 60"}
    published(whole(conditions=[condition]))
    now = in_english()
    assert now.number == 2
    assert now.guide.conditions[0].text == "满60岁"
    assert now.spoken.obsolete == ("年满60周岁",)
    assert "满60岁" in now.spoken.missing
    assert ItemVersion.objects.get(number=1).guide.conditions[0].text == "年满60周岁", "the version itself is Chinese"


@pytest.mark.django_db
def test_a_new_translation_counts_at_once(folder):
    flagship()
    pofiles.write(folder, "en", {"XDP0096": whole()}, ["XDP0096"])
    loaded(folder)
    assert in_english().guide.conditions[0].text == "年满60周岁"
    translate(pofiles.folder_of(folder, "en") / "XDP0096.po", SAID)
    loaded(folder)
    assert in_english().guide.conditions[0].text == SAID["年满60周岁"]
    (pofiles.folder_of(folder, "en") / "XDP0096.po").unlink()
    loaded(folder)
    assert in_english().guide.conditions[0].text == "年满60周岁"


@pytest.mark.django_db
def test_one_query_for_any_number_of_guides(folder, django_assert_num_queries):
    for code in ("XDP0096", "XDP0032", "XDP0036"):
        flagship(code)
    GuideTranslation.objects.create(language="en", texts={"联系电话": "Telephone"}, digest="1")
    translations.speak(list(ItemVersion.objects.all()), "en")
    versions = list(ItemVersion.objects.all())
    with django_assert_num_queries(1):
        translations.speak(versions, "en")
    assert {version.spoken.texts > 50 for version in versions} == {True}
    with translation.override("zh-hans"), django_assert_num_queries(0):
        translations.speak(versions)


def test_faults_are_told(folder):
    path = pofiles.folder_of(folder, "en")
    path.mkdir()
    (path / "XDP0000.po").write_text('msgid "证"\nmsgstr "card"\n', "utf-8")
    (path / "XDP0096.po").write_text('msgid "证"\ncard\n', "utf-8")
    problems = Problems()
    translations.read(folder, {"XDP0096"}, problems)
    assert len(problems.found) == 2
    assert "XDP0096.po" in problems.found[0]
    assert "没有编号为“XDP0000”的事项" in problems.found[1]


def test_doubtful_translations_do_not_count(folder):
    path = pofiles.folder_of(folder, "en")
    path.mkdir()
    (path / "common.po").write_text('#, fuzzy\nmsgid "证"\nmsgstr "card"\n\nmsgid "卡"\nmsgstr ""\n', "utf-8")
    assert pofiles.read(folder, "en", Problems()) == {"common": {}}
