"""词库: editors teach the search new words, at once and on record; what found nothing is kept without persons."""

import pytest
from django.test import Client
from django.urls import reverse

from onewindow.catalogue import search, tasks, unanswered, words
from onewindow.catalogue.models import Unanswered, Word
from onewindow.kernel.models import Entry
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
LIST = reverse("manage-vocabulary")


@pytest.fixture
def card(db):
    return flagship()


def found(text):
    return [hit.code for hit in search.answer(text).hits]


def test_a_new_name_is_found_at_once_and_is_on_record(card, editor):
    assert found("耍公园本本") == []
    response = editor.client.post(LIST, {"kind": "name", "word": "耍公园本本", "item": card.code})
    row = Word.objects.get(word="耍公园本本")
    assert response.status_code == 302
    assert found("耍公园本本") == [card.code]
    entry = Entry.objects.get(kind="word", subject=str(row.pk))
    assert (entry.event, entry.actor_name, entry.data["item"]) == ("word.added", "苏文", card.code)
    assert "苏文" in editor.client.get(reverse("manage-word", args=[row.pk])).content.decode()


def test_a_retired_word_is_forgotten_and_can_come_back(card, editor):
    row = words.add("widen", "耍耍本", ["老年证"], by=editor.principal)
    assert found("耍耍本") == [card.code]
    editor.client.post(reverse("manage-word-retirement", args=[row.pk]))
    assert found("耍耍本") == []
    editor.client.post(reverse("manage-word", args=[row.pk]), {"means": "老年证"})
    assert found("耍耍本") == [card.code]
    assert [entry.event for entry in Entry.objects.filter(kind="word").order_by("seq")] == [
        "word.added",
        "word.retired",
        "word.changed",
    ]


def test_a_name_of_the_guide_can_be_taken_away(card, editor):
    assert search.answer("老年证").hits[0].why == "老年证"
    words.retire_name(card, "老年证", by=editor.principal)
    assert search.answer("老年证").hits[0].why != "老年证"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "widen", "word": "敬老本", "means": ""}, "写它等于目录里的什么词"),
        ({"kind": "name", "word": "敬老本", "item": "NOPE"}, "没有这件事项"),
        ({"kind": "nonsense", "word": "敬老本"}, "请选择是哪一类词"),
        ({"kind": "widen", "word": "", "means": "老年证"}, "请填写 1 至"),
        ({"kind": "asked", "word": "整丢", "means": "不存在"}, "写一个动作"),
        ({"kind": "age", "word": "很老", "means": "老年证"}, "年龄请填"),
    ],
)
def test_what_says_nothing_is_refused_and_what_was_typed_stays(card, editor, typed, sentence):
    response = editor.client.post(LIST, typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert f'value="{typed["word"]}"' in page
    assert not Word.objects.exists()


def test_the_second_person_reads_and_changes_nothing(card, checker, editor):
    row = words.add("widen", "敬老本", ["老年证"], by=editor.principal)
    assert "敬老本" in checker.client.get(LIST).content.decode()
    assert checker.client.post(LIST, {"kind": "widen", "word": "x", "means": "y"}).status_code == 404
    assert checker.client.post(reverse("manage-word", args=[row.pk]), {"means": "别的"}).status_code == 404
    assert checker.client.post(reverse("manage-word-retirement", args=[row.pk])).status_code == 404
    assert checker.client.post(reverse("manage-unanswered"), {"text": "x", "drop": "1"}).status_code == 404
    assert Word.objects.get().means == ["老年证"]


def test_files_do_not_undo_what_an_editor_did(editor):
    seed = [("widen", "敬老本", ("老年证",)), ("stop", "请问", ())]
    assert words.store(seed) == 2
    assert words.store(seed) == 0
    words.change(Word.objects.get(word="敬老本"), ["高龄津贴"], by=editor.principal)
    words.retire(Word.objects.get(word="请问"), by=editor.principal)
    own = words.add("widen", "长寿本", ["老年证"], by=editor.principal)
    assert words.store([*seed, ("widen", "新词", ("老年证",))]) == 1
    assert Word.objects.get(word="敬老本").means == ["高龄津贴"]
    assert Word.objects.get(word="请问").retired
    assert Word.objects.filter(pk=own.pk).exists()
    assert words.store(seed) == 1, "a seed that left the file leaves the vocabulary"


def test_what_found_nothing_is_counted_without_numbers_and_names(card, client):
    for _ in range(2):
        client.get("/search/", {"q": "我叫张三丰 身份证510114199001011234 拖鞋 13800000001 a@b.cn"})
    row = Unanswered.objects.get()
    assert (row.text, row.asked) == ("身份证 拖鞋", 2)
    client.get("/search/", {"q": "老年证"})
    client.get("/search/", {"q": "13800000001"})
    assert Unanswered.objects.count() == 1


def test_a_day_keeps_a_bounded_number_of_questions(card, client, monkeypatch):
    monkeypatch.setattr(unanswered, "A_DAY", 2)
    for word in ("拖鞋", "雨伞", "火箭"):
        client.get("/search/", {"q": word})
    assert Unanswered.objects.count() == 2


def test_questions_are_forgotten_after_ninety_days(card, client, time_machine):
    time_machine.move_to("2026-06-01 10:00+08:00")
    client.get("/search/", {"q": "拖鞋"})
    time_machine.move_to("2026-09-01 10:00+08:00")
    tasks.forget_unanswered(0)
    assert not Unanswered.objects.exists()


def test_an_editor_makes_a_question_the_name_of_an_item(card, editor, client):
    client.get("/search/", {"q": "耍公园卡卡儿"})
    address = reverse("manage-unanswered")
    assert "耍公园卡卡儿" in editor.client.get(address).content.decode()
    editor.client.post(address, {"text": "耍公园卡卡儿", "word": "耍公园卡卡儿", "item": card.code, "name": "1"})
    assert found("耍公园卡卡儿") == [card.code]
    assert not Unanswered.objects.exists()


def test_an_item_that_does_not_exist_keeps_the_question(card, editor, client):
    client.get("/search/", {"q": "拖鞋"})
    typed = {"text": "拖鞋", "word": "拖鞋", "other": "NOPE", "name": "1"}
    page = editor.client.post(reverse("manage-unanswered"), typed, follow=True).content.decode()
    assert "没有这件事项" in page
    assert Unanswered.objects.exists()


def test_nobody_else_comes_in(citizen):
    assert Client().get(LIST).status_code == 302
    assert citizen.client.get(LIST).status_code == 404
