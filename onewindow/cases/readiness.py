"""Is the application whole? One answer for the check page, the API and the window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onewindow.cases import bars, concerning, parties, promises
from onewindow.cases.models import EDITABLE_STATES, Case, CasePaper
from onewindow.cases.promises import Offer, Promised
from onewindow.catalogue.checklist import Checklist, ListedMaterial, checklist
from onewindow.documents.models import File
from onewindow.kernel.flow import Conflict
from onewindow.kernel.forms import SECRET_KINDS, validate


class NotReady(Conflict):
    """The application is not whole; `problems` as in `Readiness`."""

    def __init__(self, case: Case, problems: dict[str, str]) -> None:
        super().__init__(case, "；".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Readiness:
    """What still stands between the draft and its submission; places as remarks name them (form:…, material:…)."""

    checklist: Checklist
    papers: dict[str, list[CasePaper]]
    problems: dict[str, str] = field(default_factory=dict)
    # Remarks nobody has answered: they stop another pre-review, never the formal submission (行政许可法 §32).
    unanswered: dict[str, str] = field(default_factory=dict)
    # Those who apply together and have not confirmed: they stop the submission, no pre-review.
    unconfirmed: dict[str, str] = field(default_factory=dict)
    # What may be promised instead of being there now: 容缺, 告知承诺.
    offer: Offer = field(default_factory=Offer)

    @property
    def is_ready(self) -> bool:
        return not self.problems

    @property
    def is_ready_for_prereview(self) -> bool:
        return not self.problems and not self.unanswered


def variables(case: Case) -> dict[str, Any]:
    """What conditions may look at: the answers, and the form's plain values; what is declared in the form prevails."""
    plain = {each.key for each in case.guide.form.walk() if each.kind not in SECRET_KINDS}
    return case.answers | {key: value for key, value in case.form.items() if key in plain}


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
    if case.channel != Case.Channel.DESK and case.state in EDITABLE_STATES and (barring := bars.standing(case)):
        # At the window it is taken in and refused in writing (行政许可法 §32).
        problems["barred"] = bars.why(barring) + "要书面决定的，请到窗口提交。"
    if fault := concerning.fault(case, case.concerns):
        problems["certificate"] = fault
    for material in listed.materials:
        held = any(map(_is_good, papers.get(material.key, [])))
        missing = material.status == "bring" and material.material.upload and not held
        lenient = material.material.necessity in {"tolerable", "optional"} or material.material.by_promise
        if missing and not lenient:
            how = "请核对后打勾" if case.channel == Case.Channel.DESK else "请上传"
            problems[f"material:{material.key}"] = f"还缺“{material.name}”，{how}"
    there = {key for key, kept in papers.items() if any(map(_is_good, kept))}
    offer = Offer()
    if case.state in EDITABLE_STATES:
        offer = promises.offer(guide, listed, there, variables(case), case.person_id, case.organisation_id)
    if offer.barred:
        problems |= offer.lacking(Promised())
    remarks = {remark["on"] or "application": f"意见还没有改：{remark['text']}" for remark in case.open_remarks}
    unconfirmed = parties.unconfirmed(case, variables(case))
    return Readiness(listed, papers, problems, remarks, unconfirmed, offer)


def lacking(found: Readiness) -> list[ListedMaterial]:
    """Papers that have to be brought and are not there."""
    rows = [row for row in found.checklist.materials if row.status == "bring"]
    return [row for row in rows if not any(map(_is_good, found.papers.get(row.key, [])))]


def _is_good(paper: CasePaper) -> bool:
    return not paper.file or paper.file.scan != File.Scan.INFECTED


def ensure(
    case: Case, *, for_prereview: bool = False, promised: Promised | None = None, confirmed: bool = True
) -> Readiness:
    """NotReady unless the application is whole; for the acts that send it.

    `promised` is what the applicant ticked instead of handing it in; None asks for no promise (预审).
    """
    found = check(case)
    problems = (found.unanswered if for_prereview else {}) | found.problems
    if confirmed:
        problems |= found.unconfirmed
    if promised is not None:
        problems |= found.offer.lacking(promised)
    if problems:
        raise NotReady(case, problems)
    return found
