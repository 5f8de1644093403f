"""One application under two versions of its guide: what would be better, worse, or only different for this applicant.

Pure but for the papers handed in: preview, rule and act all ask here, so that what was shown is what happens.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from onewindow.cases import deadlines, readiness
from onewindow.cases.models import Case, State
from onewindow.catalogue.checklist import AnsweredCondition, ListedMaterial, checklist, read_answers
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import ItemVersion
from onewindow.catalogue.procedure import UNITS, Limit
from onewindow.catalogue.running import HARMLESS, Rule
from onewindow.kernel import clock
from onewindow.kernel.conditions import Answer
from onewindow.kernel.forms import FormField, validate

Verdict = Literal["better", "worse", "unclear", "even"]
VERDICTS: dict[Verdict, str] = {
    "better": "对申请人有利",
    "worse": "有对申请人不利的变化",
    "unclear": "有系统判断不了的变化",
    "even": "对申请人没有影响",
}
# By the stage the rule names; a decision and what follows it stay as they are.
STAGE_STATES: dict[str, tuple[str, ...]] = {
    "draft": (State.DRAFT,),
    "prereview": (State.PREREVIEW, State.RETURNED, State.PASSED),
    "filed": (State.SUBMITTED, State.RECEIVED, State.CORRECTING),
    "accepted": (State.REVIEWING, State.PAUSED, State.DECIDING),
}
STAGE_OF: dict[str, str] = {state: stage for stage, states in STAGE_STATES.items() for state in states}
MOVABLE = tuple(STAGE_OF)


def stage_at(case: Case, moment: datetime) -> str:
    """How far it had come when a version was published."""
    reached = (("accepted", case.accepted_at), ("filed", case.submitted_at), ("prereview", case.declared_at))
    return next((stage for stage, since in reached if since and since <= moment), "draft")


@dataclass(frozen=True)
class Effect:
    """One thing that differs for this applicant, in words for the applicant."""

    aspect: Literal["limit", "papers", "form", "conditions", "fees", "visits", "result"]
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Carried:
    """Answers and form as the new version can hold them; what it has no place for is set aside, never thrown away."""

    answers: dict[str, Any]
    form: dict[str, Any]
    set_aside: dict[str, Any]
    gone: tuple[str, ...]


def carry(case: Case, new: ItemVersion) -> Carried:
    """What was typed stays where the new form asks the same; what was set aside comes back if it is asked again."""
    old_fields = {field.key: field for field in case.guide.form.walk()}
    fields = {field.key: field for field in new.guide.form.walk()}
    kept, aside, gone = {}, dict(case.set_aside), []
    for key, value in case.form.items():
        if key in fields and key in old_fields and _shape(fields[key]) == _shape(old_fields[key]):
            kept[key] = value
            continue
        label = old_fields[key].label if key in old_fields else key
        shape = _shape(old_fields[key]) if key in old_fields else ""
        aside[key] = {"label": label, "shape": shape, "value": value, "version": case.version.number}
        gone.append(label)
    for key, field in fields.items():
        if key not in kept and key in aside and aside[key]["shape"] == _shape(field):
            kept[key] = aside.pop(key)["value"]
    asked = {question.key for question in new.guide.questions}
    answers = {key: value for key, value in case.answers.items() if key not in asked}
    return Carried(answers | read_answers(new.guide, case.answers), kept, aside, tuple(gone))


def _shape(field: FormField) -> str:
    """Values of one shape can stand in the other field; the options of a choice are checked by the form."""
    return f"{field.kind}({','.join(f'{sub.key}:{_shape(sub)}' for sub in field.fields)})"


def renamed(old: Guide, new: Guide) -> dict[str, str]:
    """Papers that only got another key: what was handed in for them counts."""
    before, after = ({paper.key: paper.name for paper in guide.materials} for guide in (old, new))
    fresh = {name: key for key, name in after.items() if key not in before}
    return {key: fresh[name] for key, name in before.items() if key not in after and name in fresh}


def under(case: Case, new: ItemVersion) -> Case:
    """The case as it would be; never saved."""
    carried, other = carry(case, new), copy.copy(case)
    other.version, other.answers, other.form = new, carried.answers, carried.form
    return other


def compare(case: Case, new: ItemVersion, held: Collection[str] | None = None) -> list[Effect]:
    """Everything that differs for this applicant. `held`: keys of papers handed in, read here when not given."""
    if held is None:
        held = set(case.papers.filter(removed_at__isnull=True).values_list("material", flat=True))
    other = under(case, new)
    aspects: tuple[Callable[..., Iterator[Effect]], ...] = (_limits, _conditions, _fees, _visits, _result)
    found = [effect for aspect in aspects for effect in aspect(case, other)]
    return [*found, *_papers(case, other, held), *_form(case, other)]


def verdict(effects: list[Effect]) -> Verdict:
    """A case runs under one version as a whole: one thing worse, or one nobody can judge by rule, is enough to stay."""
    found = {effect.verdict for effect in effects}
    worst: tuple[Verdict, ...] = ("worse", "unclear", "better")
    return next((each for each in worst if each in found), "even")


def moves(rule: Rule, stage: str, found: Verdict) -> bool:
    """old: never; better: something is better and nothing worse or unclear; all: always; harmless: nothing is worse."""
    said = rule.get(stage, "old")
    allowed: dict[str, set[str]] = {"all": set(VERDICTS), "better": {"better"}, HARMLESS: {"better", "even"}}
    return found in allowed.get(said, set())


def as_data(effects: list[Effect]) -> list[dict[str, str]]:
    return [asdict(effect) for effect in effects]


# ---- aspects


def _limits(case: Case, other: Case) -> Iterator[Effect]:
    """Running clocks by their dates, those that have not begun by their length from today."""
    before, after = ({each.key: each for each in deadlines.all_of(one)} for one in (case, other))
    clocks = {"accepted": ("statutory", "promised"), "filed": ("intake", "correction")}.get(STAGE_OF[case.state], ())
    for key in clocks:
        if key in before or key in after:
            yield from _dates(key, before.get(key), after.get(key))
    if case.accepted_at is None:
        yield from _length("法定办结", case.guide.statutory, other.guide.statutory)
        yield from _length("承诺办结", case.guide.promised, other.guide.promised)


def _dates(key: str, old: deadlines.Deadline | None, new: deadlines.Deadline | None) -> Iterator[Effect]:
    """The organ's period is the better the shorter it is, the applicant's own the longer."""
    own = key == "correction"
    if old and new and old.date != new.date:
        found: Verdict = "better" if (new.date < old.date) != own else "worse"
        yield Effect("limit", found, f"{new.title}的最后期限由{_day(old)}改为{_day(new)}")
    elif new and not old:
        yield Effect("limit", "worse" if own else "better", f"{new.title}有了期限：{_day(new)}")
    elif old and not new:
        yield Effect("limit", "better" if own else "worse", f"{old.title}不再有期限")


def _day(deadline: deadlines.Deadline) -> str:
    return f"{deadline.date.month}月{deadline.date.day}日"


def _length(title: str, old: Limit | None, new: Limit | None) -> Iterator[Effect]:
    said = [f"{limit.days} 个{UNITS[limit.unit]}" if limit else "没有规定" for limit in (old, new)]
    if said[0] == said[1]:
        return
    today, calendar = clock.today(), clock.calendar()
    ends = [calendar.due(today, limit.days, limit.unit).date if limit else None for limit in (old, new)]
    if ends[0] == ends[1]:
        found: Verdict = "even"
    else:
        found = "better" if ends[0] is None or (ends[1] is not None and ends[1] < ends[0]) else "worse"
    yield Effect("limit", found, f"{title}时限由{said[0]}改为{said[1]}")


def _papers(case: Case, other: Case, held: Collection[str]) -> Iterator[Effect]:
    before, after = _asked(case), _asked(other)
    names = renamed(case.guide, other.guide)
    has = set(held) | {names[key] for key in held if key in names}
    before |= {names[key]: row for key, row in before.items() if key in names}
    for key, row in after.items():
        if key not in before:
            if key in has:
                yield Effect("papers", "even", f"要交“{row.name}”，您已经交过")
            elif row.status == "unknown":
                yield Effect("papers", "unclear", f"视情况可能要交“{row.name}”")
            else:
                yield Effect("papers", "worse", f"还要交“{row.name}”")
        elif key not in has and (more := _count(row) - _count(before[key])):
            found: Verdict = "worse" if more > 0 else "better"
            yield Effect("papers", found, f"“{row.name}”由 {_count(before[key])} 份改为 {_count(row)} 份")
    for key, row in before.items():
        if key not in after and key not in names:
            done = key in has or case.submitted_at is not None
            words = f"不再要“{row.name}”" + ("，已经交的仍保留" if key in has else "")
            yield Effect("papers", "even" if done else "better", words)


def _asked(case: Case) -> dict[str, ListedMaterial]:
    listed = checklist(case.guide, readiness.variables(case)).materials
    return {row.key: row for row in listed if row.status in {"bring", "unknown"}}


def _count(row: ListedMaterial) -> int:
    return row.material.originals + row.material.copies


def _form(case: Case, other: Case) -> Iterator[Effect]:
    """What is still to be filled in, and what was filled in for nothing."""
    before, after = _lacking(case), _lacking(other)
    for key in after.keys() - before.keys():
        yield Effect("form", "worse", f"还要填“{after[key]}”")
    for key in before.keys() - after.keys():
        yield Effect("form", "better", f"不用再填“{before[key]}”")
    for label in carry(case, other.version).gone:
        if label not in after.values():
            yield Effect("form", "even", f"不再问“{label}”，您填的仍保留")


def _lacking(case: Case) -> dict[str, str]:
    labels = {field.key: field.label for field in case.guide.form.walk()}
    places = (place.partition(".")[0] for place in validate(case.guide.form, case.form).errors)
    return {key: labels[key] for key in places if key in labels}


def _conditions(case: Case, other: Case) -> Iterator[Effect]:
    before, after = (
        {each.key: each for each in checklist(one.guide, readiness.variables(one)).conditions} for one in (case, other)
    )
    for key, now in after.items():
        if found := _condition(before.get(key), now):
            yield Effect("conditions", found, f"受理条件：{now.text}")
    for key, was in before.items():
        if key not in after:
            eased = was.answer is not Answer.MET
            yield Effect("conditions", "better" if eased else "even", f"不再要求：{was.text}")


def _condition(was: AnsweredCondition | None, now: AnsweredCondition) -> Verdict | None:
    """None: it means the same for this applicant. What only an officer can judge cannot be compared by rule."""
    if was is not None and (was.condition.when, was.text if now.for_officer else "") == (
        now.condition.when, now.text if now.for_officer else "",
    ):  # fmt: skip
        return None
    before = was.answer if was else Answer.MET
    if now.answer is before:
        return "unclear" if now.answer is Answer.UNKNOWN else None
    if now.answer is Answer.UNKNOWN:
        return "unclear"
    return "worse" if now.answer is Answer.NOT_MET else "better"


def _fees(case: Case, other: Case) -> Iterator[Effect]:
    before, after = ({fee.name: fee.standard for fee in one.guide.fees} for one in (case, other))
    for name in after.keys() - before.keys():
        yield Effect("fees", "worse", f"新增收费“{name}”：{after[name]}")
    for name in before.keys() - after.keys():
        yield Effect("fees", "better", f"不再收“{name}”")
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            yield Effect("fees", "unclear", f"“{name}”的收费标准由“{before[name]}”改为“{after[name]}”")


def _visits(case: Case, other: Case) -> Iterator[Effect]:
    old, new = case.guide.visits.count, other.guide.visits.count
    if old != new:
        yield Effect("visits", "better" if new < old else "worse", f"要到现场的次数由 {old} 次改为 {new} 次")


def _result(case: Case, other: Case) -> Iterator[Effect]:
    old, new = case.guide.result, other.guide.result
    if (old.name, old.kind) != (new.name, new.kind):
        yield Effect("result", "unclear", f"办理结果由“{old.name}”改为“{new.name}”")
    if old.valid_months != new.valid_months:
        longer = new.valid_months is None or (old.valid_months is not None and new.valid_months > old.valid_months)
        said = [f"{months} 个月" if months else "长期" for months in (old.valid_months, new.valid_months)]
        yield Effect("result", "better" if longer else "worse", f"有效期由{said[0]}改为{said[1]}")
    refused = [text for text in other.guide.refusals if text not in case.guide.refusals]
    if refused:
        yield Effect("conditions", "unclear", f"不予批准的情形有增改：{refused[0]}")
