import time
from timeit import timeit

import pytest

from onewindow.catalogue.checklist import checklist, read_answers
from onewindow.catalogue.guide import Guide

GUIDE = Guide.model_validate(
    {
        "code": "X1",
        "name": "申领老年人优待证",
        "kind": "公共服务",
        "agency": "WJJ",
        "questions": [
            {"key": "age", "ask": "多少周岁？", "kind": "number", "unit": "岁", "min": 0, "max": 130},
            {
                "key": "household",
                "ask": "户口在哪里？",
                "choices": [{"value": "sichuan", "label": "四川"}, {"value": "elsewhere", "label": "外省"}],
            },
            {"key": "resident_year", "ask": "在四川住满一年了吗？", "kind": "yes_no"},
        ],
        "conditions": [
            {
                "key": "age_60",
                "text": "年满60周岁",
                "when": "age >= 60",
                "unmet": "还不到60周岁",
                "cites": [{"law": "《中华人民共和国老年人权益保障法》", "article": "第二条"}],
            },
            {
                "key": "residence",
                "text": "四川户籍或住满一年",
                "when": "household == 'sichuan' || resident_year == true",
            },
            {"key": "truth", "text": "材料真实"},
        ],
        "situations": [{"key": "elsewhere", "title": "外省户籍", "when": "household == 'elsewhere'"}],
        "materials": [
            {"key": "photo", "name": "照片"},
            {"key": "id_card", "name": "身份证", "source": "government", "shareable": True},
            {"key": "proof", "name": "居住证", "needed_when": "household == 'elsewhere'", "necessity": "conditional"},
            {"key": "other", "name": "委托书", "why": "委托办理时", "necessity": "conditional"},
        ],
    }
)


def statuses(**answers):
    return {material.key: material.status for material in checklist(GUIDE, answers).materials}


def answers_of(**answers):
    return {condition.key: condition.answer for condition in checklist(GUIDE, answers).conditions}


def test_nothing_is_known_yet():
    assert statuses() == {"photo": "bring", "id_card": "ready", "proof": "unknown", "other": "unknown"}
    assert answers_of() == {"age_60": "unknown", "residence": "unknown", "truth": "unknown"}
    listed = checklist(GUIDE, {})
    assert listed.answer == "unknown"
    assert listed.materials[2].ask == ("household",)
    assert listed.next_question.key == "household"  # settles a paper, a condition and a situation at once


@pytest.mark.parametrize(
    ("answers", "proof", "situations"),
    [({"household": "sichuan"}, "not_needed", []), ({"household": "elsewhere"}, "bring", ["elsewhere"])],
)
def test_an_answer_decides_a_paper(answers, proof, situations):
    listed = checklist(GUIDE, answers)
    assert statuses(**answers)["proof"] == proof
    assert [situation.key for situation in listed.situations] == situations


def test_what_is_decided_asks_nothing_more():
    assert answers_of(household="sichuan")["residence"] == "met"
    listed = checklist(GUIDE, {"household": "sichuan", "age": 70})
    assert (listed.answer, listed.next_question, listed.answered) == ("met", None, 2)


def test_an_unmet_condition_says_why_and_by_which_law():
    condition = checklist(GUIDE, {"age": 59}).conditions[0]
    assert (condition.answer, condition.unmet) == ("not_met", "还不到60周岁")
    assert condition.cites[0].article == "第二条"


def test_what_only_an_officer_can_judge_does_not_decide():
    condition = checklist(GUIDE, {"age": 70, "household": "sichuan"}).conditions[2]
    assert condition.for_officer
    assert (condition.answer, condition.ask) == ("unknown", ())


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (
            {"age": "70", "household": "sichuan", "resident_year": "yes"},
            {"age": 70, "household": "sichuan", "resident_year": True},
        ),
        ({"age": "70.5岁", "resident_year": "否"}, {"age": 70.5, "resident_year": False}),
        ({"age": 70, "resident_year": False}, {"age": 70, "resident_year": False}),
        ({"age": "nan", "household": "moon", "resident_year": "?"}, {}),
        ({"age": "-1", "household": ["sichuan"], "other": "x"}, {}),
        ({"age": "9" * 5000, "household": ""}, {}),
    ],
)
def test_only_possible_answers_are_read(raw, read):
    assert read_answers(GUIDE, raw) == read


def test_a_checklist_takes_less_than_a_millisecond():
    checklist(GUIDE, {})
    # Of the processor: how long it takes on the wall is a matter of who else is at work.
    assert timeit(lambda: checklist(GUIDE, {"age": 70}), timer=time.process_time, number=200) / 200 < 0.001
