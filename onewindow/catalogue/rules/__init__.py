"""Publishing rules: what inspectors run on guides (R1–R18), the elements a guide needs, and how strict a district is.

A rule yields what is wrong and where; whether that blocks or warns is data (`publishing.yaml` of the district). A guide
is complete when nothing blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from onewindow.catalogue.checks import Path
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.rules import national, own
from onewindow.catalogue.rules.fault import Fault
from onewindow.catalogue.rules.policy import DEFAULT, Level, Policy, of_district, read

__all__ = ["DEFAULT", "RULES", "Finding", "Policy", "Rule", "judge", "judged", "of_district", "read"]


@dataclass(frozen=True)
class Rule:
    code: str
    title: str
    faults: Callable[..., Iterator[Fault]]


RULES = {rule.code: rule for rule in [Rule(*row) for row in (*national.RULES, *own.RULES)]}


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

    def kept(self) -> dict[str, str]:
        return {"rule": self.rule, "level": self.level, "place": self.place, "text": self.text}


def judge(guide: Guide, policy: Policy = DEFAULT) -> list[Finding]:
    """Everything the rules find, in the order of their codes."""
    found = []
    for rule in RULES.values():
        level = policy.level(rule.code)
        if level == "off":
            continue
        arguments: tuple[Any, ...] = (guide, policy) if rule.faults is own.codes else (guide,)
        for fault in rule.faults(*arguments):
            found.append(Finding(rule.code, "warn" if fault.soft else level, fault.path, fault.text))
    return found


def judged(guide: Guide, policy: Policy = DEFAULT) -> Guide:
    """The guide with `complete` as the rules see it."""
    complete = not any(finding.blocks for finding in judge(guide, policy))
    return guide if guide.complete == complete else guide.model_copy(update={"complete": complete})
