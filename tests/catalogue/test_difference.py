"""What a checker sees: field by field, word by word."""

from onewindow.catalogue.difference import compare

OLD = {
    "code": "X", "name": "某证核发", "summary": "年满60周岁可以办。", "promised": {"days": 5},
    "materials": [{"key": "id", "name": "身份证"}, {"key": "photo", "name": "照片"}],
    "faq": [{"q": "收费吗？", "a": "不收。"}],
    "steps": [{"key": "review", "name": name, "post": "reviewer"} for name in ("初审", "复审")],
}  # fmt: skip


def changes(**new):
    return [(change.how, change.place, change.label) for change in compare(OLD, OLD | new)]


def test_the_same_is_the_same():
    assert changes(updated="2026-11-28") == []
    assert changes(core=True, scope="", faq=OLD["faq"]) == []


def test_the_words_that_differ_are_marked():
    change = compare(OLD, OLD | {"summary": "年满65周岁可以办。"})[0]
    assert change.label == "一句话说明"
    assert "".join(piece for piece, _ in change.before) == "年满60周岁可以办。"
    assert [piece for piece, differs in change.before if differs] == ["60"]
    assert [piece for piece, differs in change.after if differs] == ["65"]


def test_rows_are_followed_by_their_key_and_not_by_their_place():
    paper = {"key": "proxy", "name": "委托书"}
    assert changes(materials=[paper, *OLD["materials"]]) == [("added", "materials.0", "材料：委托书")]
    assert changes(materials=OLD["materials"][1:]) == [("removed", "materials", "材料：身份证")]
    assert changes(materials=OLD["materials"][::-1]) == [("moved", "materials", "材料的顺序")]
    renamed = [{"key": "id", "name": "居民身份证"}, OLD["materials"][1]]
    assert changes(materials=renamed) == [("changed", "materials.0.name", "材料 · 居民身份证 · 材料名称")]


def test_rows_without_a_key_are_followed_by_their_name_or_place():
    assert changes(faq=[{"q": "收费吗？", "a": "分文不收。"}]) == [("changed", "faq.0.a", "常见问题 · 收费吗？ · 答")]
    assert changes(faq=[{"q": "要钱吗？", "a": "不收。"}]) == [("changed", "faq.0.q", "常见问题 · 要钱吗？ · 问")]


def test_steps_share_keys():
    last = {"key": "decide", "name": "决定", "post": "decider"}
    assert changes(steps=[*OLD["steps"], last]) == [("added", "steps.2", "环节：决定")]


def test_a_draft_that_cannot_be_read_is_compared_too():
    assert changes(promised={"days": "三"}) == [("changed", "promised.days", "承诺办结时限 · 天数")]
    assert changes(promised="x", materials=["乱写"])[0][0] == "changed"
