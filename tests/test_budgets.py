"""Budgets of docs/architecture.md: a file that grows past them is split by concept."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    p
    for part in ("onewindow", "config", "tests", "benchmarks")
    for p in (ROOT / part).rglob("*.py")
    if "migrations" not in p.parts
]
TEMPLATES = list((ROOT / "onewindow" / "web" / "templates").rglob("*.html"))


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(("paths", "limit"), [(SOURCES, 400), (TEMPLATES, 150)], ids=["python", "templates"])
def test_files_stay_small(paths, limit):
    assert [f"{path.relative_to(ROOT)}: {lines(path)}" for path in paths if lines(path) > limit] == []


def functions():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_functions_stay_short():
    sizes = dict(functions())
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert statistics.quantiles(sizes.values(), n=10)[-1] <= 30


def test_views_stay_thin():
    views = {}
    for path in (ROOT / "onewindow" / "web").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            takes_request = isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "request"
            if takes_request and node.end_lineno - node.lineno + 1 > 25:
                views[f"{path.relative_to(ROOT)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert views == {}
