"""Is the application whole? One answer for the check page, the API and the window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onewindow.cases.models import Case, CasePaper
from onewindow.catalogue.checklist import Checklist, checklist
from onewindow.kernel.forms import SECRET_KINDS, validate


@dataclass(frozen=True)
class Readiness:
    """What still stands between the draft and its submission; places as remarks name them (form:…, material:…)."""

    checklist: Checklist
    papers: dict[str, list[CasePaper]]
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return not self.problems


def variables(case: Case) -> dict[str, Any]:
    """What conditions may look at: the answers, and the form's plain values."""
    plain = {f.key: case.form[f.key] for f in case.guide.form.walk() if f.key in case.form and f.kind not in SECRET_KINDS}
    return plain | case.answers


def check(case: Case) -> Readiness:
    guide = case.guide
    listed = checklist(guide, variables(case))
    papers: dict[str, list[CasePaper]] = {}
    for paper in case.papers.filter(removed_at__isnull=True).select_related("file"):
        papers.setdefault(paper.material, []).append(paper)
    problems = {f"form:{place}": text for place, text in validate(guide.form, case.form).errors.items()}
    for condition in listed.conditions:
        if condition.answer == "not_met":
            problems[f"condition:{condition.key}"] = condition.unmet or f"不符合条件：{condition.text}"
    for material in listed.materials:
        missing = material.status == "bring" and material.material.upload and not papers.get(material.key)
        if missing and material.material.necessity != "tolerable":
            problems[f"material:{material.key}"] = f"还缺“{material.name}”，请上传"
    for remark in case.open_remarks:
        problems.setdefault(remark["on"] or "application", f"预审意见还没有改：{remark['text']}")
    return Readiness(listed, papers, problems)
