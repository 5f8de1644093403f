"""docs/states.md from the registry of transitions, so that the chart cannot drift from the law it shows."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from argparse import ArgumentParser
from collections.abc import Collection, Iterator
from typing import Any, TypeGuard

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.cases import actions, notices
from onewindow.cases.messages import TOLD
from onewindow.cases.models import State
from onewindow.kernel.flow import REGISTRY, Transition

CHART = settings.BASE_DIR / "docs" / "states.md"
# What each guard means, by its name.
WHO = {
    "applicant": "applicant 申请人, or who files for them under a mandate 委托",
    "filer": "applicant 申请人; what was taken in at the window also its clerk 窗口受理岗",
    "mender": "applicant 申请人; before whoever brings it to the window its clerk 窗口受理岗",
    "submitter": "applicant 申请人; of what passed 预审 or was taken in at the window also its clerk 窗口受理岗",
    "clerk": "window clerk 窗口受理岗",
    "clerk_here": "window clerk 窗口受理岗, of items not handled in an outside system",
    "courier": "the exchange with the outside system 外部系统, or a window clerk by hand",
    "registrar": "an officer of the agency, or the exchange, where the item has an outside system",
    "reviewer": "the post the item's step names: reviewer 审查岗 unless it says otherwise",
    "decider": "decider 决定岗",
    "worker": "an officer at whose post the case waits",
    "free_worker": "an officer at whose post the case waits, who has not taken it on",
    "sent": "an officer of the agency who was sent, or the chair of the hearing",
    "ender": "reviewer or decider, whoever has the case; the chair of the hearing",
    "consulted": "an officer of the organ whose opinion was asked",
    "filer_or_examiner": "applicant 申请人, or an officer who writes it down",
    "holder": "the officer who has taken it on",
    "hander": "an officer at whose post the case waits; manager or head of the agency",
    "concerned": "any officer of the case",
    "examiner": "reviewer 审查岗 or decider 决定岗, whoever has the case",
    "bearer": "applicant 申请人, or the window clerk 窗口受理岗 who has it in hand",
    "inspector": "reviewer 审查岗 or decider 决定岗, two of them",
    "asks_extension": "whoever has the case before them in review or decision",
    "extender": "head of the organ 机关负责人; of the government 区政府负责人 where handled jointly",
    "head": "head of the organ 机关负责人",
    "concluder": "decider 决定岗; what was proposed, another decider or the head signs",
    "decides": "decider 决定岗; what was proposed, another decider or the head signs",
    "second": "another decider 决定岗 or the head 机关负责人, never who proposed it",
    "signer": "decider 决定岗 or head 机关负责人",
    "principal": "the principal 委托人 of an agent's case",
    "officer": "any officer of the agency",
    "witness": "window clerk 窗口受理岗, while a change waits for the applicant",
    "serves": "window clerk 窗口受理岗; the program itself, when the day of a notice has passed or a paper was opened",
    "timer": "the program itself, when the day has passed",
}
PAPERS = {"notices.paper", "proceedings.paper"}
HEAD = """\
# States of a case 办件状态

Written by `onewindow states --write` from the transitions declared in `onewindow/cases/actions/`; not edited by hand
(`tests/test_docs.py` compares the two). Opening a draft (`case.opened`) is no transition: it makes the row.

"""


def of_cases() -> list[Transition]:
    """In the order of the road: by the first state an act leads to."""
    for module in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}."):
        importlib.import_module(module.name)
    road = list(State)
    specs = [spec for spec in REGISTRY.values() if spec.event.startswith("case.")]
    return sorted(specs, key=lambda spec: (min(map(road.index, targets(spec))), *_place(spec)))


def _place(spec: Transition) -> tuple[str, int]:
    """Where it is written: which module is imported first must not change the page."""
    return spec.body.__module__, spec.body.__code__.co_firstlineno


def targets(spec: Transition) -> list[State]:
    """Where the act leads; a body that chooses for itself names its states in `case.state = …`."""
    if spec.target is not None:
        return [State(spec.target)]
    found = {State(source) for source in spec.source} if not any(_chooses(node) for node in _surely(spec)) else set()
    for node in filter(_chooses, _whole(spec)):
        found |= {State[part.attr] for part in ast.walk(node) if _names_a_state(part)}
    return _ordered(found)


def stays(spec: Transition) -> bool:
    """Noted in whatever state the case is in; it moves nothing."""
    return spec.target is None and not any(map(_chooses, _whole(spec)))


def papers(spec: Transition) -> list[str]:
    """Titles of the papers the act issues: `notices.paper(case, "…")`; 证照 where it makes a certificate."""
    found = []
    for call in _whole(spec):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in PAPERS:
            kind = next(each.value for each in call.args if isinstance(each, ast.Constant))
            found.append(notices.KINDS[str(kind)].title)
        elif isinstance(call, ast.Call) and ast.unparse(call.func) == "certifying.certify":
            found.append("证照")
    return found


def _body(spec: Transition) -> ast.FunctionDef:
    function = ast.parse(textwrap.dedent(inspect.getsource(spec.body))).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function


def _called(spec: Transition) -> list[ast.FunctionDef]:
    """Functions of the same module that the body hands the case to, such as `begin`."""
    names = {ast.unparse(node.func) for node in ast.walk(_body(spec)) if isinstance(node, ast.Call)}
    found = [inspect.unwrap(spec.body).__globals__.get(name) for name in names]
    sources = [inspect.getsource(each) for each in found if inspect.isfunction(each)]
    return [node for source in sources for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def _whole(spec: Transition) -> Iterator[ast.AST]:
    for function in [_body(spec), *_called(spec)]:
        yield from ast.walk(function)


def _surely(spec: Transition) -> Iterator[ast.AST]:
    """Statements that run whatever the case is like."""
    for function in [_body(spec), *_called(spec)]:
        yield from function.body


def _moves(spec: Transition) -> bool:
    """Otherwise the case stays where it is, whichever of the sources that was."""
    return spec.target is not None or any(map(_chooses, ast.walk(_body(spec))))


def _chooses(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "case.state"


def _names_a_state(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "State"


def _ordered(states: Collection[str]) -> list[State]:
    return [state for state in State if state in states]


def diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    for state in State:
        yield f'    state "{state.label} {state.value}" as {state.value}'
    yield f"    [*] --> {State.DRAFT.value}"
    ends = set(State)
    for spec in of_cases():
        ends -= set(spec.source)
        if stays(spec):
            continue  # no arrow: it is in the table
        for source in _ordered(spec.source):
            for target in targets(spec) if _moves(spec) else [source]:
                yield f"    {source.value} --> {target.value}: {spec.label}"
    for state in _ordered(ends):
        yield f"    {state.value} --> [*]"


def table() -> Iterator[str]:
    yield "| act | 中文 | ledger event | from | to | who | paper 文书 | notice |"
    yield "|---|---|---|---|---|---|---|---|"
    for spec in of_cases():
        cells = [
            f"`{spec.name}`", spec.label, f"`{spec.event}`", _said(_ordered(spec.source)),
            "—" if stays(spec) else _said(targets(spec)),
            WHO[spec.allowed.__name__], "、".join(papers(spec)) or "—",
            f"`{TOLD[spec.event]}`" if spec.event in TOLD else "—",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _said(states: list[State]) -> str:
    return "、".join(state.label for state in states)


def text() -> str:
    chart = "\n".join(diagram())
    return f"{HEAD}```mermaid\n{chart}\n```\n\n" + "\n".join(table()) + "\n"


class Command(BaseCommand):
    help = "办件状态图：按代码里的动作写出 docs/states.md"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="写入 docs/states.md（否则输出到屏幕）")
        parser.add_argument("--check", action="store_true", help="与 docs/states.md 比较，不同即报错")

    def handle(self, *args: Any, write: bool, check: bool, **options: Any) -> None:
        if write:
            CHART.write_text(text(), encoding="utf-8")
        elif not check:
            self.stdout.write(text(), ending="")
        elif CHART.read_text(encoding="utf-8") != text():
            raise CommandError("docs/states.md 与代码不一致，请运行 onewindow states --write")
