from io import StringIO

import pytest
from django.core.management import call_command
from django.db import Error, transaction

from onewindow.accounts.models import Agency, Division, Site
from onewindow.catalogue import publish
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.kernel.models import CalendarYear, Entry

pytestmark = pytest.mark.django_db


def load(folder):
    summary, problems = publish.load(folder)
    assert problems.found == []
    return summary


def test_a_first_load_publishes_every_item_once(district):
    summary = load(district)
    assert (summary.items, summary.complete, summary.published) == (4, 1, 4)
    assert Agency.objects.count() == 77
    assert Site.objects.filter(level="town").count() == 13
    assert (
        Site.objects.filter(level="village").count()
        == Division.objects.filter(set="2017", level="village").count()
        == 255
    )
    assert CalendarYear.objects.filter(official=True).count() == 11
    entry = Entry.objects.get(kind="item", subject="XDP0096")
    assert (entry.event, entry.actor) == ("item.published", "system:loader")
    assert entry.data == {"version": 1, "digest": Item.objects.get(pk="XDP0096").current.digest}


def test_a_second_load_writes_nothing(district, django_assert_max_num_queries):
    load(district)
    with django_assert_max_num_queries(20) as queries:
        summary = load(district)
    assert (summary.published, summary.unchanged, summary.places, summary.days) == (0, 4, 0, 0)
    assert not [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert Entry.objects.count() == 4


def test_what_has_not_changed_is_not_read_again(district, edit, capsys):
    load(district)
    call_command("load", district, if_changed=True)
    assert "没有变化" in capsys.readouterr().out
    edit("items.csv", "在公路增设或改造平面交叉道口审批", "在公路增设平面交叉道口审批")
    call_command("load", district, if_changed=True)
    assert "新版本 1 个" in capsys.readouterr().out


def test_a_changed_file_becomes_a_new_version_and_the_old_one_stays(district, edit):
    load(district)
    edit("items.csv", "在公路增设或改造平面交叉道口审批", "在公路增设平面交叉道口审批")
    assert load(district).published == 1
    item = Item.objects.get(pk="XDA0001")
    assert (item.name, item.current.number) == ("在公路增设平面交叉道口审批", 2)
    assert item.versions.get(number=1).guide.name == "在公路增设或改造平面交叉道口审批"
    assert [entry.data["version"] for entry in Entry.objects.filter(subject="XDA0001").order_by("seq")] == [1, 2]


@pytest.mark.parametrize("change", [lambda old: old.update(number=9), lambda old: old.delete()])
def test_the_database_refuses_to_change_a_version(district, change):
    load(district)
    Item.objects.filter(pk="XDA0001").update(current=None)
    with pytest.raises(Error, match="只可追加"), transaction.atomic():
        change(ItemVersion.objects.filter(item="XDA0001"))


def test_the_row_fills_what_the_guide_leaves_out(district):
    load(district)
    guide = Item.objects.get(pk="XDP0096").current.guide
    assert guide.complete
    assert guide.summary.startswith("年满60周岁")
    assert (guide.ref_code, guide.provenance.name) == ("512B0357300000", "A")
    assert "证件办理" in guide.themes_person


def test_a_row_alone_is_an_incomplete_guide(district):
    load(district)
    guide = Item.objects.get(pk="XDP0036").current.guide
    assert not guide.complete
    assert guide.basis[0].law.startswith("《")
    photo = next(material for material in guide.materials if "照" in material.name)
    assert (photo.necessity, photo.why, photo.needed_when) == ("conditional", "未在现场采集人像时", "")
    assert [step.key for step in guide.steps] == ["accept", "review", "decide", "deliver"]
    assert guide.contacts.consult == "028-96123", "the district's line: the office's own number is not known"


SPOILT = [
    ("items.csv", ",20,8,承诺件,", ",abc,8,承诺件,", "items.csv 第 2 行 statutory_days：应是数字，现在是“abc”"),
    ("items.csv", ",XSPJ,", ",NIX,", "items.csv 第 2 行 agency_code：agencies.csv 里没有“NIX”"),
    ("items.csv", "XDA0001,", "XDP0036,", "items.csv 第 3 行 item_code：“XDP0036”与第 2 行重复"),
    ("items.csv", "handling,", "how,", "items.csv 第 1 行：缺少列 handling"),
    ("materials.csv", "XDP0036,", "XDP9999,", "materials.csv 第 2 行 item_code：items.csv 里没有“XDP9999”"),
    ("steps.csv", "XDP0036,", "XDP9999,", "steps.csv 第 2 行 item_code：items.csv 里没有“XDP9999”"),
    ("sites.csv", "town,510114,", "town,1,", "sites.csv 第 3 行 parent：没有编号为“1”的场所"),
    (
        "catalogue/XDP0096.yaml",
        "when: age >= 60",
        "when: age >=",
        "XDP0096.yaml 第 {line} 行 conditions.0.when：条件写法有误",
    ),
    (
        "catalogue/XDP0096.yaml",
        "when: age >= 60",
        "when: years >= 60",
        "XDP0096.yaml 第 {line} 行 conditions.0.when：不认识的变量“years”",
    ),
    (
        "catalogue/XDP0096.yaml",
        "when: who == 'proxy'",
        "when: who == 'son'",
        "XDP0096.yaml 第 {line} 行 situations.0.when：“who”没有选项“son”",
    ),
    (
        "catalogue/XDP0096.yaml",
        "现住址: address",
        "现住址: adress",
        "XDP0096.yaml 第 {line} 行 result.shows.现住址：表单里没有字段“adress”",
    ),
    (
        "catalogue/XDP0096.yaml",
        "key: phone,",
        "key: name,",
        "XDP0096.yaml 第 {line} 行 form.pages.0.fields.2.key：“name”重复",
    ),
    ("catalogue/XDP0096.yaml", "summary:", "sumary:", "XDP0096.yaml 第 {line} 行 sumary：没有这个字段"),
    ("catalogue/XDP0096.yaml", "immediate: true", "immediate: [", "YAML 写法有误"),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), SPOILT)
def test_one_bad_row_loads_nothing(district, edit, name, old, new, message):
    before = (district / name).read_text(encoding="utf-8").partition(old)[0]
    edit(name, old, new)
    out = StringIO()
    with pytest.raises(SystemExit) as exit_code:
        call_command("load", district, stderr=out)
    assert exit_code.value.code == 1
    assert message.format(line=before.count("\n") + 1) in out.getvalue()
    assert not Item.objects.exists()
    assert not Agency.objects.exists()
    assert not Entry.objects.exists()


def test_all_problems_are_reported_together(district, edit):
    edit("items.csv", ",20,8,承诺件,", ",abc,8,随便,")
    edit("materials.csv", "原件", "原本")
    edit("catalogue/XDP0096.yaml", "depth: 5", "depth: 9")
    _, problems = publish.load(district)
    assert len(problems.found) == 4


AGENCY = """
papers:
  plan: {name: 升放方案, source: applicant, why: 说明时间和地点}
items:
  XDA0001:
    questions: [agent, {key: balloon, ask: 放哪种气球？, choices: {free: 自由气球, tethered: 系留气球}}]
    materials:
      - {use: application, name: "{item}申请书"}
      - {use: plan, needed_when: balloon == 'tethered'}
      - agent_letter
    form: [organisation, {title: 情况, fields: [{key: site, label: 地点, kind: address}]}]
    promised: {days: 9}
    steps: licence
"""


def test_an_agency_file_names_what_is_said_once_for_all(district):
    (district / "catalogue" / "XSPJ.yaml").write_text(AGENCY, encoding="utf-8")
    load(district)
    guide = Item.objects.get(pk="XDA0001").current.guide
    assert [paper.name for paper in guide.materials] == [f"{guide.name}申请书", "升放方案", "单位授权委托书"]
    assert [paper.necessity for paper in guide.materials] == ["required", "conditional", "conditional"]
    assert guide.questions[1].choices[0].value == "free"
    assert [page.title for page in guide.form.pages] == ["单位情况", "情况"]
    assert [(step.key, step.days) for step in guide.steps] == [
        ("accept", 1), ("review", 7), ("decide", 1), ("certify", 0), ("deliver", 0)
    ]  # fmt: skip
    assert "新都区人民政府" in guide.remedies.reconsideration


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("use: plan", "use: plam", "XSPJ.yaml XDA0001 materials.1：common.yaml 和本文件里没有“plam”"),
        ("balloon == 'tethered'", "balloon == 'tied'", "XSPJ.yaml 第 9 行 XDA0001.materials.1.needed_when"),
        ("kind: address", "kind: adress", "XSPJ.yaml 第 11 行 XDA0001.form.pages.1.fields.0.kind"),
        ("  XDA0001:", "  XDX0001:", "XSPJ.yaml 第 6 行 XDX0001.name：缺少"),
    ],
)
def test_a_fault_in_an_agency_file_is_found_at_its_line(district, old, new, message):
    (district / "catalogue" / "XSPJ.yaml").write_text(AGENCY.replace(old, new), encoding="utf-8")
    _, problems = publish.load(district)
    assert [line for line in problems.found if message in line], problems.found
