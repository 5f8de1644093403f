"""Under which version of its guide a case runs, and what an earlier one asked for."""

from __future__ import annotations

from typing import Any

from onewindow.cases import versions
from onewindow.cases.models import Case
from onewindow.cases.readiness import Readiness
from onewindow.catalogue.running import SPOKEN


def context(case: Case, ready: Readiness) -> dict[str, Any]:
    """One query, and only where the version is not the current one."""
    asked = {material.key for material in case.guide.materials}
    spare = [paper for key, papers in ready.papers.items() if key not in asked for paper in papers]
    if case.version_id == case.item.current_id or case.state not in versions.MOVABLE:
        return {"newer": None, "newer_rule": "", "spare": spare}
    newer = case.item.versions.only("number", "running", "published_at").order_by("-number").first()
    assert newer is not None
    rule = newer.running.get(versions.stage_at(case, newer.published_at), "")
    return {"newer": newer, "newer_rule": SPOKEN.get(rule, ""), "spare": spare}
