"""Answers as people give them: read, refused in words, hidden, sealed and said."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from onewindow.kernel import forms
from onewindow.kernel.forms import Choice, FormField, FormPage, FormSchema

NUMBER, OTHER = "11010519491231002X", "510125195603070023"
TWINS = ("110105195001020114", "110105195001100114")
HOME = {"division": "510114001000", "detail": "香城大道 1 号"}
YES_NO = (Choice(value="a", label="甲"), Choice(value="b", label="乙"))


def schema(*fields, more=()):
    pages = [FormPage(title="一", fields=tuple(FormField(**f) if isinstance(f, dict) else f for f in fields))]
    if more:
        pages.append(FormPage(title="二", fields=tuple(FormField(**f) for f in more)))
    return FormSchema(pages=tuple(pages))


def read(kind, value, **options):
    options = {"choices": YES_NO} | options if kind in {"choice", "choices"} else options
    checked = forms.validate(schema({"key": "x", "label": "这一项", "kind": kind} | options), {"x": value})
    return checked.clean.get("x"), checked.errors.get("x", "")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", "  张三 ", "张三"),
        ("text", "一\n二", "一 二"),
        ("long_text", "一\n二", "一\n二"),
        ("number", "１２", 12),
        ("number", "1,200.50元", 1200.5),
        ("number", 3, 3),
        ("date", "2026-1-5", "2026-01-05"),
        ("date", "２０２６年１月５日", "2026-01-05"),
        ("date", "2026/01/05", "2026-01-05"),
        ("choice", "b", "b"),
        ("choices", ["b", "a", "b"], ["a", "b"]),
        ("yes_no", "yes", True),
        ("yes_no", "否", False),
        ("yes_no", False, False),
        ("person_number", " １１０１０５１９４９１２３１００２ｘ", NUMBER),
        ("credit_code", "91110000600037341l", "91110000600037341L"),
        ("phone", "138 8000 1234", "13880001234"),
        ("phone", "+8613880001234", "13880001234"),
        ("phone", "（028）83971234", "02883971234"),
        ("phone", "028-83971234", "028-83971234"),
        ("address", HOME | {"detail": " 香城大道 1 号"}, HOME),
        ("file", ["6f1c2f0e-95b5-4a60-8d5b-0f2f4d3c2b1a"], ["6f1c2f0e-95b5-4a60-8d5b-0f2f4d3c2b1a"]),
    ],
)  # fmt: skip
def test_an_answer_is_kept_in_one_shape(kind, value, kept):
    assert read(kind, value, unit="元" if kind == "number" else "") == (kept, "")


@pytest.mark.parametrize(
    ("kind", "value", "options", "said"),
    [
        ("text", "", {}, "请填写这一项"),
        ("choice", "", {}, "请选择这一项"),
        ("yes_no", None, {"label": "有孩子吗？"}, "请选择：有孩子吗？"),
        ("text", "一二三", {"max_length": 2}, "最多 2 个字，现在是 3 个"),
        ("text", "a\x00b", {}, "不能保存的字符"),
        ("text", "a\ud800", {}, "不能保存的字符"),
        ("text", "ABC", {"pattern": "[a-z]+", "pattern_hint": "请用小写"}, "请用小写"),
        ("text", ["a"], {}, "应是文字"),
        ("number", "十二", {}, "应是数字"),
        ("number", "٣", {}, "应是数字"),
        ("number", "0", {"min": 1, "unit": "岁"}, "不能小于 1岁"),
        ("number", 2000001, {"max": 2000000}, "不能大于 2000000"),
        ("number", float("nan"), {}, "应是数字"),
        ("date", "2026-02-30", {}, "应是日期"),
        ("date", "2999-01-01", {"when": "past"}, "不能晚于今天"),
        ("date", "1999-01-01", {"when": "future"}, "不能早于今天"),
        ("choice", "c", {}, "请从列出的选项中选择"),
        ("choices", [{"a": 1}], {}, "请从列出的选项中选择"),
        ("yes_no", "也许", {}, "请选择是或否"),
        ("person_number", NUMBER[:-1] + "1", {}, "最后一位应是 X"),
        ("person_number", "110105194913310024", {}, "出生日期（第 7 到 14 位）不对"),
        ("person_number", "1101**********002X", {}, "应是 18 位"),
        ("person_number", NUMBER[:-1], {}, "现在是 17 位"),
        ("person_number", "110105491231002", {}, "15 位的旧号码"),
        ("person_number", {"cipher": "k1:AAAA", "masked": "1", "index": "1"}, {}, "请重新填写"),
        ("person_number", {"cipher": 1, "masked": "1", "index": "1"}, {}, "请填写"),
        ("credit_code", "911100006000373410", {}, "有一位不对"),
        ("credit_code", "123", {}, "应是 18 位"),
        ("phone", "12345", {}, "11 位手机号"),
        ("address", {"division": "", "detail": "一号"}, {}, "请选择这一项所在的镇（街道）"),
        ("address", {"division": "510114001000", "detail": ""}, {}, "门牌号"),
        ("address", "一号", {}, "请选择"),
        ("file", ["../etc"], {}, "请重新上传"),
        ("group", "x", {}, "格式不对"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(kind, value, options, said):
    kept, error = read(kind, value, **options)
    assert kept is None
    assert said in error


MARRIAGE = schema(
    {"key": "married", "label": "结婚了吗？", "kind": "yes_no"},
    {"key": "spouse", "label": "配偶姓名", "shown_when": "married == true"},
    {"key": "age", "label": "年龄", "kind": "number"},
    {"key": "guardian", "label": "监护人", "shown_when": "age < 18"},
    more=[{"key": "note", "label": "备注", "shown_when": "married == true", "required": False}],
)


@pytest.mark.parametrize(
    ("data", "clean", "errors"),
    [
        ({"married": "no", "spouse": "李四", "age": 20}, {"married": False, "age": 20}, set()),
        ({"married": "yes", "age": 20}, {"married": True, "age": 20}, {"spouse"}),
        ({"married": "yes", "spouse": "李四", "age": 17}, {"married": True, "spouse": "李四", "age": 17}, {"guardian"}),
        ({"spouse": "李四", "age": "abc", "guardian": "王五"}, {}, {"married", "age"}),
    ],
)
def test_a_hidden_field_is_neither_asked_nor_kept(data, clean, errors):
    checked = forms.validate(MARRIAGE, data)
    assert (checked.clean, set(checked.errors)) == (clean, errors)


def test_a_page_is_checked_alone_but_knows_the_answers_before_it():
    data = {"married": "yes", "note": "甲"}
    assert forms.validate(MARRIAGE, data, page=1).clean == {"note": "甲"}
    assert forms.validate(MARRIAGE, data, page=1).is_valid
    assert forms.validate(MARRIAGE, data | {"married": "no"}, page=1).clean == {}


def test_a_draft_may_lack_answers_but_not_hold_wrong_ones():
    assert forms.validate(MARRIAGE, {}, partial=True).is_valid
    assert set(forms.validate(MARRIAGE, {"age": "abc"}, partial=True).errors) == {"age"}


def test_an_unknown_key_of_the_api_is_named():
    assert forms.validate(MARRIAGE, {"marired": True}, partial=True).errors == {"marired": "这张表里没有这一项"}


SHARES = schema(
    {
        "key": "holders", "label": "股东", "kind": "group", "min_items": 1, "max_items": 2,
        "fields": [
            FormField(key="name", label="姓名"),
            FormField(key="number", label="身份证号码", kind="person_number"),
            FormField(key="kinds", label="出资方式", kind="choices", choices=YES_NO, required=False),
            FormField(key="home", label="住址", kind="address", required=False),
        ],
    }
)  # fmt: skip


def test_a_group_is_read_from_a_page_row_by_row():
    posted = QueryDict(
        f"holders.0.name=&holders.0.number=&holders.2.name=张三&holders.2.number={NUMBER}&holders.2.kinds=a"
        "&holders.2.kinds=b&holders.2.home.division=510114001000&holders.2.home.detail=一号&holders.x.name=无"
    )
    checked = forms.validate(SHARES, forms.from_post(SHARES, posted))
    home = {"division": "510114001000", "detail": "一号"}
    assert checked.errors == {}
    assert checked.clean == {"holders": [{"name": "张三", "number": NUMBER, "kinds": ["a", "b"], "home": home}]}


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([], {"holders": "请填写股东"}),
        ([{"name": "张三"}], {"holders.0.number": "股东第 1 项：请填写身份证号码"}),
        ([{"name": "张三", "number": NUMBER}] * 3, {"holders": "股东最多填 2 项"}),
        (["张三"], {"holders": "股东的格式不对"}),
    ],
)
def test_a_group_names_the_place_of_each_error(rows, places):
    assert forms.validate(SHARES, {"holders": rows}).errors == places


IDENTITY = schema(
    {"key": "name", "label": "姓名"},
    {"key": "number", "label": "身份证号码", "kind": "person_number"},
    {"key": "born", "label": "出生", "kind": "date", "required": False},
    {"key": "income", "label": "收入", "kind": "number", "unit": "元", "required": False},
    {"key": "way", "label": "方式", "kind": "choice", "choices": YES_NO, "required": False},
)


def test_a_personal_number_is_sealed_and_an_untouched_mask_keeps_it():
    stored = forms.seal(IDENTITY, {"name": "张三", "number": NUMBER})
    assert NUMBER not in str(stored)
    assert forms.unseal(stored["number"]) == NUMBER
    shown = forms.masked(IDENTITY, stored)
    assert shown == {"name": "张三", "number": "1101**********002X"}
    again = forms.validate(IDENTITY, forms.restore(IDENTITY, shown, stored))
    assert forms.seal(IDENTITY, again.clean)["number"] == stored["number"]


def test_a_mask_that_belongs_to_no_number_is_refused():
    stored = forms.seal(IDENTITY, {"number": NUMBER})
    typed = forms.restore(IDENTITY, {"name": "张三", "number": "5101**********0023"}, stored)
    assert "number" in forms.validate(IDENTITY, typed).errors


def test_a_sealed_number_with_a_foreign_index_is_refused():
    mine, other = forms.seal_value(NUMBER), forms.seal_value(OTHER)
    assert forms.validate(IDENTITY, {"name": "张三", "number": mine}).is_valid
    assert not forms.validate(IDENTITY, {"name": "张三", "number": mine | {"index": other["index"]}}).is_valid


def test_rows_of_a_group_keep_their_numbers_when_one_is_dropped():
    rows = [{"name": "张三", "number": NUMBER}, {"name": "李四", "number": OTHER}]
    stored = forms.seal(SHARES, {"holders": rows})
    assert NUMBER not in str(stored) and OTHER not in str(stored)
    shown = forms.masked(SHARES, stored)
    again = forms.restore(SHARES, {"holders": shown["holders"][1:]}, stored)
    assert forms.unseal(again["holders"][0]["number"]) == OTHER


def test_answers_are_said_in_words():
    answers = {"name": "张三", "number": NUMBER, "born": "1949-12-31", "income": 1234567, "way": "b"}
    stored = forms.seal(IDENTITY, answers)
    assert forms.display(IDENTITY, stored) == [
        ("一", [("姓名", "张三"), ("身份证号码", "1101**********002X"), ("出生", "1949年12月31日"),
                ("收入", "1234567元"), ("方式", "乙")]),
    ]  # fmt: skip
    assert forms.display_values(IDENTITY, stored)["born"] == "1949年12月31日"


def test_changes_name_what_differs_but_not_a_number_sealed_again():
    old = forms.seal(IDENTITY, {"name": "张三", "number": NUMBER, "income": 1})
    new = forms.seal(IDENTITY, {"name": "张四", "number": NUMBER})
    assert forms.changes(IDENTITY, old, new) == [("name", "姓名", "张三", "张四"), ("income", "收入", "1元", "")]
    other = forms.changes(IDENTITY, old, forms.seal(IDENTITY, {"number": OTHER}))
    assert [change.key for change in other] == ["name", "number", "income"]


def test_a_mask_that_fits_two_numbers_must_be_typed_again():
    twins = [{"name": "甲", "number": TWINS[0]}, {"name": "乙", "number": TWINS[1]}]
    stored = forms.seal(SHARES, {"holders": twins})
    shown = forms.masked(SHARES, stored)
    assert "holders.0.number" in forms.validate(SHARES, forms.restore(SHARES, shown, stored)).errors


def test_a_group_sealed_again_has_not_changed():
    rows = {"holders": [{"name": "张三", "number": NUMBER}]}
    assert forms.changes(SHARES, forms.seal(SHARES, rows), forms.seal(SHARES, rows)) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["division", "detail", "name"]), inner),
    max_leaves=6,
)
WHENS = {"date": "k_number > 3", "person_number": "'a' in k_choices || k_yes_no", "file": "k_choice == 'a'"}
KINDS = [
    "text", "long_text", "number", "date", "choice", "choices", "yes_no", "person_number", "credit_code", "phone",
    "address", "file",
]  # fmt: skip
EVERY = schema(
    *(
        {"key": f"k_{kind}", "label": kind, "kind": kind, "choices": YES_NO, "shown_when": WHENS.get(kind, "")}
        for kind in KINDS
    ),
    SHARES.pages[0].fields[0],
)


@given(st.dictionaries(st.sampled_from([field.key for field in EVERY.walk()]), anything, max_size=4))
def test_nothing_a_client_sends_breaks_the_form(data):
    checked = forms.validate(EVERY, data)
    stored = forms.seal(EVERY, checked.clean)
    forms.display(EVERY, stored)
    assert forms.validate(EVERY, stored).clean.keys() == stored.keys()
