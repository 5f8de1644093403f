"""What a draft says so far: a guide when it is valid, and everything that is still wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from onewindow.catalogue import checks, rules
from onewindow.catalogue.flagship import meaning
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.publish import body, digest
from onewindow.catalogue.rules import Finding

# The code of findings that are not a rule's: the guide cannot be read as it stands.
SCHEMA = "格式"


@dataclass(frozen=True)
class Reading:
    guide: Guide | None
    faults: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def blocking(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocks]

    @property
    def all(self) -> list[Finding]:
        return self.faults + self.findings


def read(content: Mapping[str, Any]) -> Reading:
    try:
        guide = Guide.model_validate(without_blank(content))
    except ValidationError as error:
        return Reading(None, [_fault(fault["loc"], meaning(fault)) for fault in error.errors(include_url=False)])
    faults = [_fault(path, what) for path, what in checks.findings(guide)]
    policy = rules.of_district()
    return Reading(None if faults else rules.judged(guide, policy), faults, rules.judge(guide, policy))


def _fault(path: Iterable[Any], what: str) -> Finding:
    return Finding(SCHEMA, "block", tuple(path), f"{what}。" if not what.endswith("。") else what)


def content_of(guide: Guide) -> dict[str, Any]:
    """What an editor starts from: the version without what is computed."""
    return {name: said for name, said in body(guide).items() if name not in {"complete", "updated"}}


def mark(content: Mapping[str, Any], names: Iterable[str]) -> str:
    """Of a part of a draft as somebody saw it: two who write in different parts do not disturb each other."""
    return digest({name: content[name] for name in names if name in content})


def without_blank(value: Any) -> Any:
    """Rows that were added and never filled in do not count."""
    if isinstance(value, Mapping):
        return {name: without_blank(said) for name, said in value.items()}
    return [without_blank(each) for each in value if each != {}] if isinstance(value, list) else value


def blank(value: Any) -> bool:
    """Nothing was typed: such a part is left out, as in a version."""
    return value in (None, "", [], {})
