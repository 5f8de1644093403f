"""The publishing rules, each with a guide that breaks it and one that keeps it."""

import pytest
from django.conf import settings

from onewindow.accounts import loading
from onewindow.catalogue import publish, rules
from onewindow.catalogue.guide import Guide
from onewindow.kernel.tables import Problems
from tests.factories.catalogue import whole

PERSON, LICENCE = "XDP0096", "XDA0106"
STEPS = [
    {"key": key, "name": key, "post": "clerk"} for key in ("accept", "review", "decide", "certify", "deliver")
]  # fmt: skip
FEE = {"name": "工本费", "standard": "每证 10 元", "basis": "川发改价格〔2017〕1 号"}
LATE = {"materials": [{"key": "rules", "name": "制度", "necessity": "tolerable"}], "statutory": {"days": 10}}
PAPER = {"key": "plan", "name": "平面图", "cites": [{"law": "《某条例》", "article": "第三条", "confidence": "V"}]}
# rule, item, what breaks it, where, what keeps it
CASES = [
    ("R1", PERSON, {"immediate": False}, "immediate", {"immediate": True, "promised": {"days": 0}}),
    ("R1", PERSON, {"promised": {"days": 3}}, "promised.days", {"immediate": False, "promised": {"days": 3}}),
    ("R2", PERSON, {"result": {"name": "老年人优待证", "kind": "record"}}, "result.kind",
     {"result": {"name": "老年人优待证", "kind": "certificate"}}),
    ("R2", PERSON, {"result": {"name": "关于某事的批复", "kind": "certificate"}}, "result.kind",
     {"result": {"name": "关于某事的批复", "kind": "document"}}),
    ("R3", PERSON, {"visits": {"count": 1}}, "visits.reason", {"visits": {"count": 1, "reason": "要现场照相"}}),
    ("R3", PERSON, {"visits": {"count": 0, "reason": "照相"}}, "visits.reason", {"visits": {"count": 0}}),
    ("R4", PERSON, {"online": {"depth": 3}, "mail": {"papers": False}}, "mail.papers",
     {"online": {"depth": 3}, "mail": {"papers": True}}),
    ("R5", PERSON, {"online": {"depth": 5}, "visits": {"count": 1, "reason": "照相"}}, "visits.count",
     {"online": {"depth": 4}, "visits": {"count": 1, "reason": "照相"}}),
    ("R6", PERSON, {"fees": [FEE | {"basis": ""}]}, "fees.0.basis", {"fees": [FEE], "online": {"payment": True}}),
    ("R6", PERSON, {"online": {"depth": 5, "payment": True}}, "online.payment",
     {"online": {"depth": 5, "payment": False}}),
    ("R6", PERSON, {"fee_note": "按规定收取。"}, "fee_note", {"fee_note": "不收费。"}),
    ("R7", PERSON, {"contacts": {"consult": "83990000", "complain": "028-12345"}}, "contacts.consult",
     {"contacts": {"consult": "028-83990000", "complain": "028-12345"}}),
    ("R7", PERSON, {"contacts": {"consult": "028-12345", "complain": "028-12345"}}, "contacts.complain",
     {"contacts": {"consult": "028-96123", "complain": "028-12345"}}),
    ("R8", PERSON, {"contacts": {"complain": "028-12345", "places": [{"name": "大厅", "phone": "028-12345"}]}},
     "contacts.places.0.phone",
     {"contacts": {"complain": "028-12345", "places": [{"name": "大厅", "phone": "028-83990000"}]}}),
    ("R9", PERSON, {"themes_business": ["设立变更"]}, "themes_business", {"themes_business": []}),
    ("R9", LICENCE, {"target": ["法人"], "themes_person": ["生育收养"]}, "themes_person",
     {"target": ["法人", "自然人"], "themes_person": ["生育收养"]}),
    ("R10", LICENCE, {"faq": []}, "faq", {"faq": [{"q": "要多久？", "a": "当场。"}]}),
    ("R11", LICENCE, {"steps": STEPS[:4]}, "steps", {"steps": STEPS}),
    ("R12", PERSON, {"result": {"name": "登记结果", "kind": "none"}}, "result.kind",
     {"result": {"name": "登记结果", "kind": "record"}}),
    ("R13", PERSON, {"contacts": {"places": [{"name": "大厅", "hours": "9:00–17:00"}]}}, "contacts.places.0.hours",
     {"contacts": {"places": [{"name": "大厅", "hours": "工作日 9:00–17:00"}]}}),
    ("R14", PERSON, {"promised": {"days": 6}, "statutory": {"days": 8, "unit": "natural"}}, "promised.days",
     {"promised": {"days": 5}, "statutory": {"days": 8, "unit": "natural"}}),
    ("R14", PERSON, {"promised": None, "statutory": None}, "promised", {"promised": None, "statutory": {"days": 5}}),
    ("R15", PERSON, {"basis": [], "materials": [PAPER | {"cites": []}]}, "materials.0.cites",
     {"basis": [], "materials": [PAPER]}),
    ("R16", PERSON, {"materials": [PAPER | {"name": "法律法规规定的其他材料"}]}, "materials.0.name",
     {"materials": [PAPER | {"name": "与其他共有人的协议"}]}),
    ("R16", PERSON, {"materials": [PAPER | {"name": "有关证明材料"}]}, "materials.0.name",
     {"materials": [PAPER | {"name": "有关主管部门的批准文件"}]}),
    ("R17", PERSON, {"questions": [{"key": "who", "ask": "谁去办？", "choices": [
        {"value": "self", "label": "自己"}, {"value": "x", "label": "别人"},
    ]}], "conditions": [], "situations": [], "materials": []}, "questions.0.choices", {}),
    ("R18", LICENCE, {"remedies": {"reconsideration": "可以申请行政复议。", "suit": "可以起诉。"}},
     "remedies.reconsideration",
     {"remedies": {"reconsideration": "可以向新都区人民政府申请行政复议。", "suit": "可以向人民法院提起诉讼。"}}),
    ("E1", PERSON, {"basis": []}, "basis", {}),
    ("E2", PERSON, {"conditions": []}, "conditions", {}),
    ("E3", PERSON, {"steps": STEPS[:1]}, "steps", {}),
    ("E4", PERSON, {"result": {"name": "", "kind": "none"}}, "result.name", {}),
    ("E5", PERSON, {"form": {"pages": []}, "result": {"name": "证", "kind": "certificate"}}, "form.pages", {}),
    ("E6", PERSON, {"summary": ""}, "summary", {}),
    ("Q1", PERSON, {"materials": [PAPER | {"necessity": "conditional"}]}, "materials.0.needed_when",
     {"materials": [PAPER | {"necessity": "conditional", "needed_when": "who == 'proxy'"}]}),
    ("Q1", PERSON, {"materials": [PAPER | {"needed_when": "pickup == 'post'"}]}, "materials.0.needed_when",
     {"materials": [PAPER | {"needed_when": "age > 80"}]}),
    ("T1", PERSON, {"promise": {"licence": True}}, "promise.areas", {"promise": {"licence": True, "areas": ["none"]}}),
    ("T1", PERSON, {"promise": {"licence": True, "areas": ["finance"]}}, "promise.areas",
     {"promise": {"licence": True, "areas": ["finance"], "basis": [{"law": "《某法》", "article": "第三条"}]}}),
    ("T1", PERSON, {"materials": [PAPER | {"by_promise": True}]}, "promise.areas",
     {"materials": [PAPER | {"by_promise": True}], "promise": {"areas": ["none"]}}),
    ("T2", PERSON, {"promise": {"licence": True, "consequences": "撤销。"}}, "promise.terms",
     {"promise": {"licence": True, "consequences": "撤销。", "terms": ["场地符合卫生标准"]}}),
    ("T2", PERSON, {"promise": {"licence": True, "terms": ["场地符合卫生标准"]}}, "promise.consequences", {}),
    ("T3", PERSON, {"materials": [PAPER | {"necessity": "tolerable"}, PAPER | {"key": "b", "necessity": "tolerable"}]},
     "materials", {"materials": [PAPER | {"necessity": "tolerable"}, PAPER | {"key": "b"}]}),
    ("T3", PERSON, {"materials": [PAPER | {"necessity": "optional", "by_promise": True}]}, "materials.0.by_promise",
     {"materials": [PAPER | {"by_promise": True}]}),
    ("T4", PERSON, LATE | {"gaps": {"days": 10}}, "gaps.days", LATE | {"gaps": {"days": 9}}),
    ("T4", PERSON, LATE | {"gaps": {"days": 10}, "statutory": {"days": 14, "unit": "natural"}}, "gaps.days",
     LATE | {"gaps": {"days": 10}, "statutory": {"days": 15, "unit": "natural"}}),
]  # fmt: skip


def found(guide, rule):
    return [finding for finding in rules.judge(guide) if finding.rule == rule and finding.blocks]


@pytest.mark.parametrize(("rule", "code", "bad", "place", "good"), CASES)
def test_a_rule_finds_what_is_wrong_and_where(rule, code, bad, place, good):
    finding = next(iter(found(whole(code, **bad), rule)))
    assert finding.place == place
    assert finding.text.endswith("。")
    assert not any("a" <= letter <= "z" for letter in finding.text.replace("who", "").replace("pickup", ""))
    assert found(whole(code, **good), rule) == []


def test_every_rule_of_the_list_is_tried():
    national = {f"R{n}" for n in range(1, 19)}
    assert set(rules.RULES) == national | {"E1", "E2", "E3", "E4", "E5", "E6", "Q1", "C1", "K1", "T1", "T2", "T3", "T4"}
    assert {case[0] for case in CASES} == set(rules.RULES) - {"C1", "K1"}


@pytest.mark.parametrize(("name", "odd", "right"), [
    ("basic_code", "12345", "442199806003"),
    ("implementation_code", "511A0138000000-511602000000", "12441500196720244T3442199806003"),
    ("handling_code", "12441500196720244T3442199806003", "12441500196720244T344219980600301"),
    ("ref_code", "370117002011", "511A0138000000"),
])  # fmt: skip
def test_an_odd_code_is_mentioned_and_never_blocks(name, odd, right):
    policy = rules.of_district()
    finding = next(f for f in rules.judge(whole(PERSON, **{name: odd}), policy) if f.rule == "C1")
    assert (finding.level, finding.place) == ("warn", name)
    assert not [f for f in rules.judge(whole(PERSON, **{name: right}), policy) if f.rule == "C1"]


def test_what_nobody_has_looked_up_only_warns():
    finding = next(f for f in rules.judge(whole(PERSON)) if f.rule == "K1")
    assert finding.level == "warn"
    assert "没有核对原文" in finding.text


def test_a_paper_under_the_items_own_basis_counts_and_is_mentioned():
    findings = [f for f in rules.judge(whole(PERSON, materials=[PAPER | {"cites": []}])) if f.rule == "R15"]
    assert [(f.level, "平面图" in f.text) for f in findings] == [("warn", True)]


def test_complete_is_what_the_rules_say_and_not_what_a_file_claims():
    assert not rules.judged(whole(PERSON, complete=True, basis=[])).complete
    assert rules.judged(whole(PERSON, complete=False)).complete


def test_a_district_softens_a_rule_as_data_and_says_why(tmp_path):
    (tmp_path / "publishing.yaml").write_text("rules:\n  E2: {level: warn, why: 试点期间}\n", encoding="utf-8")
    policy = rules.read(tmp_path, Problems())
    guide = whole(PERSON, conditions=[])
    assert not rules.judged(guide).complete
    assert rules.judged(guide, policy).complete
    assert [f.level for f in rules.judge(guide, policy) if f.rule == "E2"] == ["warn"]
    assert policy.why["E2"] == "试点期间"


@pytest.mark.parametrize(("text", "said"), [
    ("rules:\n  R1: {level: maybe}\n", "只能是 block、warn、off"), ("rule: {}\n", "没有这一部分"),
    ("rules: [", "写法有误"), ("rules:\n  R99: {level: off}\n", "没有这条规则"),
])  # fmt: skip
def test_a_fault_in_the_policy_is_reported(tmp_path, text, said):
    (tmp_path / "publishing.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    rules.read(tmp_path, problems)
    assert said in problems.found[0]


def test_every_softened_rule_of_the_district_has_its_reason():
    policy = rules.of_district()
    assert all(policy.why[code] for code in policy.levels)


def test_the_districts_guides_show_what_is_missing():
    """The rows of the catalogue are findable items; none becomes complete by itself."""
    problems = Problems()
    agencies = {agency.code for agency in loading.read_agencies(settings.DATA_DIR, problems)}
    guides = publish.read_guides(settings.DATA_DIR, agencies, problems)
    assert problems.found == []
    policy = rules.of_district()
    for guide in guides:
        assert guide.complete == (not any(finding.blocks for finding in rules.judge(guide, policy)))
        assert not guide.complete or (guide.conditions and guide.form.walk() and guide.basis), guide.code


def test_a_version_digest_does_not_change_with_the_schema():
    """Versions published before a field existed keep their digest: only what was said is kept."""
    guide = Guide(code="X", name="某事", kind="公共服务", agency="WJJ")
    assert publish.body(guide) == {"code": "X", "name": "某事", "kind": "公共服务", "agency": "WJJ"}
