"""Guides written by hand, one YAML file an item; what a file leaves out is taken from the catalogue's row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from onewindow.catalogue import checks
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


def read_overrides(folder: Path, problems: Problems) -> dict[str, tuple[Path, dict[str, Any]]]:
    """File and content by item code, from catalogue/<item_code>.yaml."""
    found = {}
    for path in sorted((folder / "catalogue").glob("*.yaml")):
        content = _read(path, problems)
        if content is None:
            continue
        if content.setdefault("code", path.stem) != path.stem:
            problems.add(f"{path.name} code", f"应与文件名相同，现在是“{content['code']}”")
        found[path.stem] = (path, content)
    return found


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


def build(content: dict[str, Any], source: Path | str, problems: Problems) -> Guide | None:
    """The guide, or None with every fault reported. `source` is the YAML file or how a row is called."""
    try:
        guide = Guide.model_validate(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            _report(problems, source, fault["loc"], _meaning(fault))
        return None
    faults = list(checks.findings(guide))
    for path, what in faults:
        _report(problems, source, path, what)
    return None if faults else guide


def _meaning(fault: Any) -> str:
    if fault["type"] == "literal_error":
        return f"只能是 {fault['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}，现在是“{fault['input']}”"
    if fault["type"] in MEANINGS:
        shown = fault["type"].endswith(("_type", "_parsing", "_mismatch", "_float"))
        return MEANINGS[fault["type"]] + (f"，现在是“{fault['input']}”" if shown else "")
    return str(fault["msg"])


def _report(problems: Problems, source: Path | str, path: checks.Path, what: str) -> None:
    place = ".".join(str(part) for part in path)
    if isinstance(source, str):
        problems.add(f"{source} {place}", what)
    else:
        problems.add(f"{source.name} 第 {_line(source, path)} 行 {place}", what)


def _line(file: Path, path: checks.Path) -> int:
    """Where the document has the value at the path, or the nearest thing around it."""
    node: Any = yaml.compose(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for part in path:
        following = None
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            following = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            following = next((value for key, value in node.value if key.value == str(part)), None)
        if following is None:
            break
        node = following
    return int(node.start_mark.line) + 1
