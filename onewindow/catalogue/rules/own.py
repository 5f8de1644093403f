"""What this program asks beyond the inspectors: the key elements, papers a question can decide, codes, citations."""

from __future__ import annotations

from collections.abc import Iterator

from onewindow.catalogue.checks import Path
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.procedure import Citation
from onewindow.catalogue.rules.fault import Fault
from onewindow.catalogue.rules.policy import Policy
from onewindow.kernel import conditions

# Looked up in the text of the law, or taken from a public catalogue.
VERIFIED = {"A", "B", "V"}


def basis(guide: Guide) -> Iterator[Fault]:
    if not guide.basis:
        yield Fault(("basis",), "没有设定依据。")


def who_may_apply(guide: Guide) -> Iterator[Fault]:
    if not guide.conditions:
        yield Fault(("conditions",), "没有受理条件：写明什么人、什么情况可以办。")


def road(guide: Guide) -> Iterator[Fault]:
    there = {step.key for step in guide.steps}
    if not {"accept", "decide"} <= there:
        yield Fault(("steps",), "环节里至少要有受理和决定。")


def outcome(guide: Guide) -> Iterator[Fault]:
    if not guide.result.name:
        yield Fault(("result", "name"), "没有写办完拿到什么。")


def form(guide: Guide) -> Iterator[Fault]:
    if not guide.form.walk():
        yield Fault(("form", "pages"), "没有申请表单，网上和窗口都没法申请。")


def plain_words(guide: Guide) -> Iterator[Fault]:
    if not guide.summary:
        yield Fault(("summary",), "请用一句大白话说明这是什么事、谁能办。")
    if not guide.plain_names:
        yield Fault(("plain_names",), "没有日常用语，群众不容易搜到。", soft=True)
    if not guide.materials:
        yield Fault(("materials",), "没有列材料。真不要材料的，请在常见问题里说明。", soft=True)


def decidable(guide: Guide) -> Iterator[Fault]:
    """Every paper that is needed only sometimes: one of the questions tells."""
    asked = {question.key for question in guide.questions}
    for i, paper in enumerate(guide.materials):
        path: Path = ("materials", i, "needed_when")
        if paper.needed_when:
            if unasked := sorted(_variables(paper.needed_when) - asked):
                yield Fault(path, f"“{paper.name}”要不要，取决于没有问到的“{'、'.join(unasked)}”，请加一个问题。")
        elif paper.necessity == "conditional":
            yield Fault(path, f"“{paper.name}”有时才要，但没有写什么时候要，问题判断不了。")


def _variables(expression: str) -> set[str]:
    try:
        return set(conditions.variables(expression))
    except conditions.ConditionError:  # catalogue.checks has said so already
        return set()


def codes(guide: Guide, policy: Policy) -> Iterator[Fault]:
    for name, form in policy.codes.items():
        for code in filter(None, getattr(guide, name).split("|")):
            if not form.pattern.fullmatch(code.strip()):
                yield Fault((name,), f"“{code.strip()}”不像{form.said}，请核对（不影响发布）。", soft=True)


def looked_up(guide: Guide) -> Iterator[Fault]:
    doubtful = {citation.law for citation in _citations(guide) if citation.confidence not in VERIFIED}
    if doubtful:
        text = f"{len(doubtful)} 部法律法规的引用还没有核对原文：{'、'.join(sorted(doubtful)[:3])}"
        yield Fault(("basis",), text + (" 等。" if len(doubtful) > 3 else "。"), soft=True)


def _citations(guide: Guide) -> Iterator[Citation]:
    yield from guide.basis
    for condition in guide.conditions:
        yield from condition.cites
    for paper in guide.materials:
        yield from paper.cites
    for limit in (guide.statutory, guide.promised):
        if limit:
            yield from limit.basis


RULES = (
    ("E1", "有设定依据", basis),
    ("E2", "有受理条件", who_may_apply),
    ("E3", "有受理和决定环节", road),
    ("E4", "写明办理结果", outcome),
    ("E5", "有申请表单", form),
    ("E6", "说大白话", plain_words),
    ("Q1", "视情形的材料能判断", decidable),
    ("C1", "编码合格式", codes),
    ("K1", "引用核对过原文", looked_up),
)
