""" "My checklist": what a guide asks of this person, from whatever is known so far.

Every statement has three answers. A missing fact leaves a condition unknown only if the rest does not decide it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from onewindow.catalogue.guide import Condition, Guide, Material, Question, Situation
from onewindow.catalogue.procedure import Citation
from onewindow.kernel.conditions import Answer, evaluate

Status = Literal["bring", "ready", "not_needed", "unknown"]
STATUS_TEXT: dict[Status, str] = {
    "bring": "需要带",
    "ready": "由政府部门共享核验，不用带",
    "not_needed": "不需要",
    "unknown": "还不能确定",
}
YES = {"yes", "true", "1", "on", "是", "有"}
NO = {"no", "false", "0", "off", "否", "没有"}


@dataclass(frozen=True, slots=True)
class AnsweredCondition:
    """A condition and its answer; `ask` names the questions that would tell."""

    condition: Condition
    answer: Answer
    ask: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.condition.key

    @property
    def text(self) -> str:
        return self.condition.text

    @property
    def unmet(self) -> str:
        return self.condition.unmet

    @property
    def cites(self) -> tuple[Citation, ...]:
        return self.condition.cites

    @property
    def for_officer(self) -> bool:
        """Only an officer can judge it: no answer will tell."""
        return not self.condition.when


@dataclass(frozen=True, slots=True)
class ListedMaterial:
    """A paper and whether this person needs it; `ask` names the questions that would tell."""

    material: Material
    status: Status
    ask: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.material.key

    @property
    def name(self) -> str:
        return self.material.name

    @property
    def why(self) -> str:
        return self.material.why

    @property
    def where(self) -> str:
        return self.material.where

    @property
    def cites(self) -> tuple[Citation, ...]:
        return self.material.cites

    @property
    def status_text(self) -> str:
        return STATUS_TEXT[self.status]


@dataclass(frozen=True, slots=True)
class Checklist:
    conditions: tuple[AnsweredCondition, ...]
    situations: tuple[Situation, ...]
    materials: tuple[ListedMaterial, ...]
    # The unanswered question that settles most of what is still unknown.
    next_question: Question | None
    answered: int
    questions: int

    @property
    def answer(self) -> Answer:
        """May this person apply? Conditions left to an officer do not count."""
        answers = {condition.answer for condition in self.conditions if not condition.for_officer}
        if Answer.NOT_MET in answers:
            return Answer.NOT_MET
        return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.MET

    def having(self, status: Status) -> tuple[ListedMaterial, ...]:
        return tuple(material for material in self.materials if material.status == status)


def checklist(guide: Guide, answers: Mapping[str, Any]) -> Checklist:
    """Pure; `answers` are typed values by question key (and form key, where a form is being filled in)."""
    asked = {question.key: question for question in guide.questions}
    conditions = tuple(_condition(stated, answers, asked) for stated in guide.conditions)
    materials = tuple(_material(paper, answers, asked) for paper in guide.materials)
    applying = []
    useful: Counter[str] = Counter()
    for situation in guide.situations:
        answer, ask = _decide(situation.when, answers, asked)
        useful.update(ask)
        if answer is Answer.MET:
            applying.append(situation)
    for condition in conditions:
        useful.update(condition.ask)
    for material in materials:
        useful.update(material.ask)
    return Checklist(
        conditions=conditions,
        situations=tuple(applying),
        materials=materials,
        next_question=_most_useful(guide.questions, useful),
        answered=sum(key in answers for key in asked),
        questions=len(asked),
    )


def _decide(
    expression: str, answers: Mapping[str, Any], asked: Mapping[str, Question]
) -> tuple[Answer, tuple[str, ...]]:
    """The answer, and the questions that would tell if there is none yet."""
    verdict = evaluate(expression, answers)
    return verdict.answer, tuple(key for key in verdict.missing if key in asked)


def _condition(condition: Condition, answers: Mapping[str, Any], asked: Mapping[str, Question]) -> AnsweredCondition:
    if not condition.when:
        return AnsweredCondition(condition, Answer.UNKNOWN)
    return AnsweredCondition(condition, *_decide(condition.when, answers, asked))


def _material(material: Material, answers: Mapping[str, Any], asked: Mapping[str, Question]) -> ListedMaterial:
    if not material.needed_when and material.necessity == "conditional":
        # A paper "as the case may be" whose case the guide cannot evaluate stays unknown: `why` says when.
        return ListedMaterial(material, "unknown")
    answer, ask = _decide(material.needed_when, answers, asked)
    if answer is Answer.MET:
        return ListedMaterial(material, "ready" if material.shareable else "bring")
    return ListedMaterial(material, "not_needed" if answer is Answer.NOT_MET else "unknown", ask)


def _most_useful(questions: Iterable[Question], useful: Counter[str]) -> Question | None:
    """The first of those that settle most; None when nothing asked would tell more."""
    best = max(questions, key=lambda question: useful[question.key], default=None)
    return best if best is not None and useful[best.key] else None


def spelled(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Typed answers as forms and addresses spell them; `read_answers` reads them back."""
    yes_no = {True: "yes", False: "no"}
    return {key: yes_no[value] if isinstance(value, bool) else value for key, value in answers.items()}


def read_answers(guide: Guide, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Typed answers from a query string, a form or JSON; whatever is not a possible answer is left out."""
    found = {}
    for question in guide.questions:
        value = _read(question, mapping.get(question.key))
        if value is not None:
            found[question.key] = value
    return found


def _read(question: Question, raw: Any) -> Any:
    if question.kind == "yes_no":
        if isinstance(raw, bool):
            return raw
        word = str(raw).strip().lower()
        return True if word in YES else False if word in NO else None
    if question.kind == "choice":
        return raw if isinstance(raw, str) and raw in {choice.value for choice in question.choices} else None
    return _number(question, raw)


def _number(question: Question, raw: Any) -> int | float | None:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return None
    try:
        number = float(raw.strip().removesuffix(question.unit) if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        return None
    low = -math.inf if question.min is None else question.min
    high = math.inf if question.max is None else question.max
    if not math.isfinite(number) or not low <= number <= high:
        return None
    return int(number) if number.is_integer() else number
