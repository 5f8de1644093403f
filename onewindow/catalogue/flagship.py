"""Guides written by hand: catalogue/<ITEM>.yaml is one guide, any other file there holds several under `items`.

What a guide leaves out is taken from the catalogue's row, then from common.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from onewindow.catalogue import checks, common
from onewindow.catalogue.guide import Guide
from onewindow.kernel.tables import Problems

MEANINGS = {
    "missing": "缺少",
    "extra_forbidden": "没有这个字段",
    "string_type": "应是文字",
    "string_pattern_mismatch": "只能用小写字母、数字和下划线，字母开头",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "int_from_float": "应是整数",
    "float_type": "应是数字",
    "float_parsing": "应是数字",
    "bool_type": "应是 true 或 false",
    "bool_parsing": "应是 true 或 false",
    "tuple_type": "应是列表",
    "dict_type": "应是对照（键: 值）",
    "model_type": "应是对照（键: 值）",
}


class _Loader(yaml.CSafeLoader):
    """Refuses a key written twice: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "键重复", node.start_mark)
        return mapping


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)


@dataclass(frozen=True)
class Source:
    """Where a guide is written: the file, and the path to it inside the file."""

    file: Path
    prefix: checks.Path = ()


def read_common(folder: Path, problems: Problems) -> common.Common:
    path = folder / "common.yaml"
    return common.read(folder, _read(path, problems) if path.exists() else None, problems)


def read_overrides(folder: Path, shared: common.Common, problems: Problems) -> dict[str, tuple[Source, dict[str, Any]]]:
    """Source and content by item code, common entries written out."""
    found: dict[str, tuple[Source, dict[str, Any]]] = {}
    for path in sorted((folder / "catalogue").glob("*.yaml")):
        content = _read(path, problems)
        if content is None:
            continue
        library = shared.with_papers(content.pop("papers", {})) if "items" in content else shared
        for code, source, guide in _guides(path, content, problems):
            if code in found:
                problems.add(f"{path.name} {code}", f"{found[code][0].file.name} 里已经有这个事项")
            found[code] = (source, library.expand(guide, f"{path.name} {code}", problems))
    return found


def _guides(path: Path, content: dict[str, Any], problems: Problems) -> Iterator[tuple[str, Source, dict[str, Any]]]:
    if "items" not in content:
        if content.setdefault("code", path.stem) != path.stem:
            problems.add(f"{path.name} code", f"应与文件名相同，现在是“{content['code']}”")
        yield path.stem, Source(path), content
        return
    for extra in content.keys() - {"items"}:
        problems.add(f"{path.name} {extra}", "没有这个字段，只能是 items 和 papers")
    for code, guide in content["items"].items():
        if isinstance(guide, dict):
            yield code, Source(path, ("items", code)), {"code": code} | guide
        else:
            problems.add(f"{path.name} {code}", "应是一份办事指南（键: 值）")


def _read(path: Path, problems: Problems) -> dict[str, Any] | None:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problems.add(f"{path.name} 第 {mark.line + 1 if mark else 1} 行", f"YAML 写法有误（{error.problem}）")
        return None
    except UnicodeDecodeError as error:
        problems.add(path.name, f"不是 UTF-8 编码（第 {error.start} 个字节）")
        return None
    if not isinstance(content, dict):
        problems.add(path.name, "应是一份办事指南（键: 值）")
        return None
    return content


def build(content: dict[str, Any], source: Source | str, problems: Problems) -> Guide | None:
    """The guide, or None with every fault reported. `source` is where it is written or how a row is called."""
    try:
        guide = Guide.model_validate(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            _report(problems, source, fault["loc"], meaning(fault))
        return None
    faults = list(checks.findings(guide))
    for path, what in faults:
        _report(problems, source, path, what)
    return None if faults else guide


def meaning(fault: Any) -> str:
    if fault["type"] == "literal_error":
        return f"只能是 {fault['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}，现在是“{fault['input']}”"
    if fault["type"] in MEANINGS:
        shown = fault["type"].endswith(("_type", "_parsing", "_mismatch", "_float"))
        return MEANINGS[fault["type"]] + (f"，现在是“{fault['input']}”" if shown else "")
    return str(fault["msg"])


def _report(problems: Problems, source: Source | str, path: checks.Path, what: str) -> None:
    place = ".".join(str(part) for part in (*(source.prefix[1:] if isinstance(source, Source) else ()), *path))
    if isinstance(source, str):
        problems.add(f"{source} {place}", what)
    else:
        problems.add(f"{source.file.name} 第 {_line(source.file, (*source.prefix, *path))} 行 {place}", what)


@lru_cache(maxsize=4)
def _composed(text: str) -> yaml.Node | None:
    return yaml.compose(text, yaml.CSafeLoader)


def _line(file: Path, path: checks.Path) -> int:
    """Where the document has the value at the path, or the nearest thing around it."""
    node: Any = _composed(file.read_text(encoding="utf-8"))
    for part in path:
        following = None
        if isinstance(node, yaml.SequenceNode) and part == "pages":
            continue  # the short way of writing a form
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            following = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            following = next((value for key, value in node.value if key.value == str(part)), None)
        if following is None:
            break
        node = following
    return int(node.start_mark.line) + 1
