from datetime import date

import pytest

from onewindow.kernel.conditions import Answer, ConditionError, check, evaluate, variables

ELDER = "age >= 80 && household == 'xindu' && !paid_elsewhere"


@pytest.mark.parametrize(
    ("expression", "answers", "answer"),
    [
        ("", {}, "met"),
        ("  ", {}, "met"),
        ("age >= 80", {"age": 82}, "met"),
        ("age >= 80", {"age": 79.5}, "not_met"),
        ("age >= 80", {}, "unknown"),
        ("age >= 80", {"age": None}, "unknown"),
        ("kind == 'a'", {"kind": ""}, "unknown"),
        ("kind in ['a', 'b']", {"kind": "b"}, "met"),
        ("'a' in kinds", {"kinds": ["b", "a"]}, "met"),
        ("'a' in kinds", {"kinds": []}, "not_met"),
        ("has_children == true", {"has_children": False}, "not_met"),
        ("has_children == true", {"has_children": True}, "met"),
        ("born_on < '1946-01-01'", {"born_on": date(1945, 12, 31)}, "met"),
        ("born_on < '1946-01-01'", {"born_on": "1946-01-01"}, "not_met"),
        ("area > 300 || place == 'street'", {"area": 400}, "met"),
        ("area > 300 || place == 'street'", {"area": 100}, "unknown"),
        ("area > 300 && place == 'street'", {"place": "yard"}, "not_met"),
        ("name == '香城'", {"name": "香城"}, "met"),
        (ELDER, {"age": 70}, "not_met"),
        (ELDER, {"age": 81, "household": "xindu", "paid_elsewhere": False}, "met"),
    ],
)
def test_three_answers(expression, answers, answer):
    assert evaluate(expression, answers).answer == Answer(answer)


@pytest.mark.parametrize(
    ("expression", "answers", "missing"),
    [
        (ELDER, {}, ("age", "household", "paid_elsewhere")),
        (ELDER, {"age": 81}, ("household", "paid_elsewhere")),
        (ELDER, {"age": 70}, ()),
        ("(a && b) || c", {"a": False}, ("c",)),
        ("(a && b) || c", {"a": True}, ("b", "c")),
        ("(kind == 'x' && age > 60) || poor", {"kind": "y"}, ("poor",)),
        ("(kind == 'x' && age > 60) || poor", {}, ("age", "kind", "poor")),
        ("kind == 'home' ? area > 90 : staff > 3", {"kind": "shop", "area": 100}, ("staff",)),
        ("'person' in kinds && age < 18", {}, ("age", "kinds")),
        ("kinds.exists(k, k == 'person') && age < 18", {"kinds": ["person"]}, ("age",)),
        ("a == 1 || a != 1 || b", {"b": False}, ("a",)),
    ],
)
def test_only_what_would_tell_is_asked(expression, answers, missing):
    assert evaluate(expression, answers).missing == missing


def test_many_open_questions_are_answered_quickly_and_none_is_lost():
    names = [f"q{i}" for i in range(12)]
    expression = " && ".join(f"({name} == 'a' || {name} in ['b', 'c'])" for name in names)
    assert evaluate(expression, {}).missing == tuple(sorted(names))


@pytest.mark.parametrize(
    ("expression", "answers"),
    [
        ("age >= 80", {"age": "八十"}),
        ("age >= 80", {"age": True}),
        ("'a' in kinds", {"kinds": "a"}),
        ("age", {"age": 3}),
        ("a / b > 1", {"a": 1, "b": 0}),
        ("worth(a)", {"a": 1}),
    ],
)
def test_what_cannot_be_compared_is_a_fault_not_a_maybe(expression, answers):
    with pytest.raises(ConditionError, match="条件“"):
        evaluate(expression, answers)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", []),
        (ELDER, []),
        ("'a' in household && age in [1, 2]", []),
        ("double(age) / 2.0 > 40.0", []),
        ("age => 80", ["条件写法有误：第 5 个字附近"]),
        ("age >= 80 && paid", ["不认识的变量“paid”"]),
        ("paid_elsewhere", []),
        ("size(household)", ["结果应是“是”或“否”，现在会得到 0"]),
        ("worth(age) > 1", ["不认识的函数“worth”"]),
        ("age + 1 > 80", ["“+”遇到整数和小数混用会出错：请写成 double(变量)，数字写成 1.0"]),
        ("'80' > 80", ["试遍各种回答都算不出结果：可能把文字和数字相比了"]),
    ],
)
def test_the_author_is_told_what_to_mend(expression, said):
    assert check(expression, {"age", "household", "paid_elsewhere"}) == said


def test_variables_are_those_asked_for():
    assert variables("kinds.exists(k, k == kind) || age > 1") == ("age", "kind", "kinds")
    assert variables("") == ()
