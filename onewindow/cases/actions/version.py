"""换版: an application under way goes on under a newer version of its guide, as the rule of the publication says."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines, steps, versions
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, State
from onewindow.catalogue.models import ItemVersion
from onewindow.catalogue.running import SPOKEN
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor


@transition(
    "case.version_moved",
    label="换用新版办理规程",
    source=versions.MOVABLE,
    target=None,
    allowed=guards.timer,
    writes=True,
)
def move(case: Case, *, by: Actor, version: ItemVersion) -> dict[str, Any]:
    """Papers stay, what was typed stays or is set aside, dates are computed anew. Refused where the rule says stay."""
    if case.item_id != version.item_id or case.version.number >= version.number:
        raise WrongState(case, "这件申请已经按这一版或更新的版本办理。")
    stage = versions.STAGE_OF[case.state]
    effects = versions.compare(case, version)
    if not versions.moves(version.running, stage, versions.verdict(effects)):
        raise WrongState(case, "按发布时选的规则，这件申请仍按原来的版本办理。")
    old, carried = case.version, versions.carry(case, version)
    for key, now in versions.renamed(old.guide, version.guide).items():
        case.papers.filter(material=key).update(material=now)
    _go_on(case, version)
    case.answers, case.form, case.set_aside = carried.answers, carried.form, carried.set_aside
    case.remarks = _answerable(case)
    case.gaps = _lacking(case, versions.renamed(old.guide, version.guide))
    deadlines.refresh(case)
    said = [effect.words for effect in effects]
    return {
        "from_version": old.number, "to_version": version.number, "stage": stage,
        "rule": SPOKEN[version.running[stage]], "why": version.running.get("why", ""),
        "effects": versions.as_data(effects), "set_aside": list(carried.gone), "told": "；".join(said),
        # Nothing that concerns the applicant: the row says so, nobody is rung up for it.
        "quiet": not said, "due_on": case.due_on.isoformat() if case.due_on else "",
    }  # fmt: skip


def _go_on(case: Case, version: ItemVersion) -> None:
    """Opinions given are given: the review goes on at the step of the same name, else after as many as are done.

    Of steps that run at once the open ones stay open, with whoever has taken them on; one that is new is opened.
    """
    left = [step.name for step in case.review_steps[case.step :]]
    known = {step.name for _, step in steps.group_at(case, case.step)}
    waiting = {each["name"]: each for each in steps.reviews(case)}
    case.version = version
    names = [step.name for step in case.review_steps]
    same = left[0] if left else None
    case.step = names.index(same) if same in names else min(case.step, len(names)) if left else len(names)
    if waiting:
        case.open_steps = [
            waiting[step.name] | {"key": f"review-{n}"} if step.name in waiting else steps.opened(f"review-{n}", step)
            for n, step in steps.group_at(case, case.step)
            if step.name in waiting or step.name not in known
        ]
    if case.state == State.REVIEWING and case.step >= len(names):
        case.state = State.DECIDING


def _lacking(case: Case, renamed: dict[str, str]) -> dict[str, Any]:
    """容缺: what only got another key is lacking under that; what is no longer asked for is not lacking."""
    asked = {each.key for each in case.guide.materials if each.necessity != "optional"}
    papers = [paper | {"key": renamed.get(paper["key"], paper["key"])} for paper in case.gaps.get("papers", [])]
    kept = [paper for paper in papers if paper["closed_at"] or paper["key"] in asked]
    return case.gaps | {"papers": kept} if kept else {}


def _answerable(case: Case) -> list[dict[str, Any]]:
    """A remark at a place the new version no longer has could never be answered: it counts as done."""
    places = {f"form:{field.key}" for field in case.guide.form.walk()} | {""}
    places |= {f"material:{each.key}" for each in case.guide.materials}
    return [each if each["on"] in places else each | {"fixed": True} for each in case.remarks]
