"""How strict a district is: publishing.yaml beside its catalogue."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from onewindow.kernel.tables import Problems

Level = Literal["block", "warn", "off"]
FILE = "publishing.yaml"
KNOWN = {"rules", "codes", "stale_months"}


@dataclass(frozen=True)
class CodeForm:
    """How a code is built here; the standards disagree about lengths, so an odd one is only mentioned."""

    pattern: re.Pattern[str]
    said: str


@dataclass(frozen=True)
class Policy:
    levels: Mapping[str, Level] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, CodeForm] = field(default_factory=dict)
    # A guide nobody has checked for so long is stale.
    stale_months: int = 12

    def level(self, rule: str) -> Level:
        return self.levels.get(rule, "block")


DEFAULT = Policy()


def read(folder: Path, problems: Problems, rules: Collection[str]) -> Policy:
    """A district without the file takes every rule at its word."""
    path = folder / FILE
    if not path.exists():
        return DEFAULT
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return _policy(content, problems, rules)
    except (yaml.YAMLError, UnicodeDecodeError, re.error, KeyError, TypeError, AttributeError) as error:
        problems.add(FILE, f"写法有误（{error}）")
        return DEFAULT


def _policy(content: dict[str, Any], problems: Problems, known: Collection[str]) -> Policy:
    for name in content.keys() - KNOWN:
        problems.add(f"{FILE} {name}", f"没有这一部分，只能是{'、'.join(sorted(KNOWN))}")
    rules = content.get("rules", {})
    for code, said in rules.items():
        if code not in known:
            problems.add(f"{FILE} rules.{code}", "没有这条规则")
        if said["level"] not in get_args(Level):
            problems.add(f"{FILE} rules.{code}", f"只能是 {'、'.join(get_args(Level))}，现在是“{said['level']}”")
    return Policy(
        levels={code: said["level"] for code, said in rules.items()},
        why={code: said.get("why", "") for code, said in rules.items()},
        codes={
            name: CodeForm(re.compile(said["pattern"]), said["said"]) for name, said in content.get("codes", {}).items()
        },
        stale_months=int(content.get("stale_months", DEFAULT.stale_months)),
    )
