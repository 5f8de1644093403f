"""Every kind of field as it is drawn, and what a browser would send back from it."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.template import engines

from onewindow.kernel import forms
from onewindow.kernel.forms import Choice, FormField, FormPage, FormSchema

MANY = tuple(Choice(value=f"v{n}", label=f"选项{n}") for n in range(8))
FEW = (Choice(value="a", label="甲", hint="头一个"), Choice(value="b", label="乙"))
FIELDS = (
    FormField(key="name", label="姓名", prefill="person.name", hint="与身份证一致"),
    FormField(key="story", label="经过", kind="long_text", required=False),
    FormField(key="age", label="年龄", kind="number", unit="岁"),
    FormField(key="born", label="出生日期", kind="date", when="past"),
    FormField(key="way", label="方式", kind="choice", choices=FEW),
    FormField(key="place", label="地点", kind="choice", choices=MANY),
    FormField(key="wants", label="需要", kind="choices", choices=FEW),
    FormField(key="married", label="结婚了吗？", kind="yes_no"),
    FormField(key="spouse", label="配偶", shown_when="married == true"),
    FormField(key="number", label="身份证号码", kind="person_number"),
    FormField(key="code", label="信用代码", kind="credit_code"),
    FormField(key="phone", label="电话", kind="phone", prefill="person.phone"),
    FormField(key="home", label="住址", kind="address", prefill="person.address"),
    FormField(key="proof", label="证明", kind="file"),
    FormField(
        key="family", label="家人", kind="group", max_items=3,
        fields=(FormField(key="name", label="姓名"), FormField(key="tie", label="关系", kind="choice", choices=FEW)),
    ),
)  # fmt: skip
SCHEMA = FormSchema(pages=(FormPage(title="一", fields=FIELDS),))
STORED = {
    "name": "张三", "story": "一行\n<b>两行</b>", "age": 81, "born": "1944-02-03", "way": "b", "place": "v7",
    "wants": ["a", "b"], "married": True, "spouse": "李四", "number": "11010519491231002X",
    "code": "91110000600037341L", "phone": "13880001234", "home": {"division": "510114001000", "detail": "一号"},
    "proof": ["6f1c2f0e-95b5-4a60-8d5b-0f2f4d3c2b1a"],
    "family": [{"name": "王五", "tie": "a"}],
}  # fmt: skip
OPTIONS = {"divisions": [("510114001000", "大丰街道"), ("510114003000", "三河街道")]}
PAGE = """{% from "ui/forms.html" import field, summary %}{% if errors %}{{ summary(errors) }}{% endif %}
{% for f in fields %}{{ field(f, values.get(f.key), errors, remarks.get(f.key, ""), options) }}{% endfor %}"""


def draw(values, errors="", remarks=None, fields=FIELDS, options=OPTIONS):
    context = {"fields": fields, "values": values, "errors": errors, "remarks": remarks or {}, "options": options}
    return engines["jinja2"].from_string(PAGE).render(context)


class Browser(HTMLParser):
    """The controls of a page and what a browser without JavaScript would send."""

    def __init__(self, html):
        super().__init__()
        self.sent, self.ids, self.controls, self.labels, self.described, self.buttons = [], [], [], set(), set(), []
        self.select = self.text = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.described |= set(attrs.get("aria-describedby", "").split())
        if tag == "label":
            self.labels.add(attrs["for"])
        if tag == "button":
            self.buttons.append(attrs.get("name"))
        if tag in {"input", "select", "textarea"} and attrs.get("type") != "hidden":
            self.controls.append(attrs)
        if tag == "select":
            self.select = [attrs["name"], ""]
        elif tag == "option" and "selected" in attrs:
            self.select[1] = attrs["value"]
        elif tag == "textarea":
            self.text = [attrs["name"], ""]
        elif tag == "input" and (attrs["type"] not in {"radio", "checkbox"} or "checked" in attrs):
            self.sent.append((attrs["name"], attrs["value"]))

    def handle_data(self, data):
        if self.text:
            self.text[1] += data

    def handle_endtag(self, tag):
        if tag == "select":
            self.sent.append(tuple(self.select))
        elif tag == "textarea":
            self.sent.append(tuple(self.text))
            self.text = None


def test_what_is_drawn_comes_back_the_same():
    sent = QueryDict(urlencode(Browser(draw(STORED)).sent))
    checked = forms.validate(SCHEMA, forms.from_post(SCHEMA, sent))
    assert checked.errors == {}
    assert checked.clean == STORED


@pytest.mark.parametrize("values", [{}, STORED], ids=["empty", "filled"])
def test_every_control_has_one_id_a_label_and_notes_that_exist(values):
    errors = {field.key: f"请改{field.label}" for field in FIELDS} | {"family.0.name": "请填写姓名"}
    page = Browser(draw(values, errors, {"name": "与证件不符"}))
    assert len(page.ids) == len(set(page.ids))
    assert {control["id"] for control in page.controls} == page.labels
    assert page.described <= set(page.ids)
    assert {"f-name-hint", "f-name-remark", "f-name-error"} <= page.described
    assert {f"f-{place}" for place in errors if place != "family.0.name"} <= set(page.ids)


def test_a_wrong_field_is_marked_and_reachable_from_the_summary():
    html = draw(STORED, {"phone": "请填写电话", "family.0.name": "请填写姓名"})
    wrong = [control["name"] for control in Browser(html).controls if control.get("aria-invalid")]
    assert wrong == ["phone", "family.0.name"]
    assert re.findall(r'href="#(f-[^"]+)">', html) == ["f-phone", "f-family.0.name"]
    assert "有 2 处要改" in html


def test_words_mark_what_may_be_left_out():
    def head(key, **options):
        return draw({}, fields=[FormField(key=key, label="甲", **options)])

    assert "（选填）" in head("a", required=False)
    assert "（选填）" not in head("a") and " required" in head("a")
    assert "（视情况填写）" in head("a", shown_when="b == 1") and " required" not in head("a", shown_when="b == 1")


def test_markup_in_an_answer_stays_text():
    assert "&lt;b&gt;两行" in draw(STORED) and "<b>" not in draw(STORED)


def test_controls_know_what_they_are_for():
    by_name = {control["name"]: control for control in Browser(draw({})).controls}
    assert by_name["name"]["autocomplete"] == "name"
    assert by_name["phone"] | {"type": "tel", "inputmode": "tel", "autocomplete": "tel"} == by_name["phone"]
    assert by_name["age"]["inputmode"] == "decimal"
    assert by_name["home.detail"]["autocomplete"] == "street-address"
    assert by_name["number"]["autocomplete"] == "off"


@pytest.mark.parametrize(
    ("minimum", "rows", "drawn", "more"),
    [(0, 0, 1, True), (0, 1, 2, True), (1, 0, 1, True), (1, 1, 2, True), (2, 1, 2, True), (0, 3, 3, False)],
)
def test_a_group_shows_what_is_filled_and_one_row_to_go_on_with(minimum, rows, drawn, more):
    group = FIELDS[-1].model_copy(update={"min_items": minimum})
    page = Browser(draw({"family": [{"name": "王五", "tie": "a"}] * rows}, fields=[group]))
    assert len([control for control in page.controls if control["name"].endswith(".name")]) == drawn
    assert ("_more.family" in page.buttons) is more
    # Enter in a field must not press “再加一项”.
    assert page.buttons[0] is None


def test_a_simple_condition_is_offered_to_the_script_and_a_long_one_is_not():
    assert 'data-shown-when="married == true"' in draw({})
    long = FormField(key="a", label="甲", shown_when="b == 1 && c == 2")
    assert "data-shown-when" not in draw({}, fields=[long])
