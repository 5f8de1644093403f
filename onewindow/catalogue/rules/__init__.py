"""Publishing rules: what inspectors run on guides (R1–R18), the elements a guide needs, and how strict a district is.

A rule yields what is wrong and where; whether that blocks or warns is data (`publishing.yaml` of the district). A guide
is complete when nothing blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as Folder
from typing import Any

from django.conf import settings

from onewindow.catalogue.checks import Path
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.rules import national, own, policy, promises
from onewindow.catalogue.rules.fault import Fault
from onewindow.catalogue.rules.policy import DEFAULT, Level, Policy
from onewindow.kernel.tables import Problems

__all__ = ["DEFAULT", "RULES", "Finding", "Policy", "Rule", "judge", "judged", "of_district", "read"]


@dataclass(frozen=True)
class Rule:
    code: str
    title: str
    faults: Callable[..., Iterator[Fault]]


RULES = {rule.code: rule for rule in [Rule(*row) for row in (*national.RULES, *own.RULES, *promises.RULES)]}


def read(folder: Folder, problems: Problems) -> Policy:
    return policy.read(folder, problems, RULES)


def of_district() -> Policy:
    """The policy of the district this program serves, read again when the file changes."""
    path = settings.DATA_DIR / policy.FILE
    return _cached(settings.DATA_DIR, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=2)
def _cached(folder: Folder, stamp: int) -> Policy:
    problems = Problems()
    found = read(folder, problems)
    if problems:
        raise ValueError("；".join(problems.found))
    return found


@dataclass(frozen=True)
class Finding:
    """One sentence for the editor, and the place in the guide where it is to be mended."""

    rule: str
    level: Level
    path: Path
    text: str

    @property
    def place(self) -> str:
        return ".".join(str(part) for part in self.path)

    @property
    def blocks(self) -> bool:
        return self.level == "block"


def judge(guide: Guide, strictness: Policy = DEFAULT) -> list[Finding]:
    """Everything the rules find, in the order of their codes."""
    found = []
    for rule in RULES.values():
        level = strictness.level(rule.code)
        if level == "off":
            continue
        arguments: tuple[Any, ...] = (guide, strictness) if rule.faults is own.codes else (guide,)
        for fault in rule.faults(*arguments):
            found.append(Finding(rule.code, "warn" if fault.soft else level, fault.path, fault.text))
    return found


def judged(guide: Guide, strictness: Policy = DEFAULT) -> Guide:
    """The guide with `complete` as the rules see it."""
    complete = not any(finding.blocks for finding in judge(guide, strictness))
    return guide if guide.complete == complete else guide.model_copy(update={"complete": complete})
