"""Conditions as data: CEL with three answers. A missing fact leaves it open only if the rest does not decide it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import cel


class Answer(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class ConditionError(ValueError):
    """The condition cannot be evaluated over these answers: written wrongly, or it compares text with numbers."""


class Verdict:
    """MET, NOT_MET or UNKNOWN; `missing` are the variables that would tell, worked out when asked for."""

    def __init__(self, answer: Answer, expression: str = "", facts: Mapping[str, Any] | None = None) -> None:
        self.answer = answer
        self._expression, self._facts = expression, facts or {}

    def __repr__(self) -> str:
        return f"Verdict({self.answer.value}, missing={self.missing})"

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """In the order of their names; one that can no longer change the result is left out."""
        if self.answer is not Answer.UNKNOWN:
            return ()
        met, _ = _explore(_compiled(self._expression), self._facts)
        return tuple(sorted(met))


class _Compiled(NamedTuple):
    program: Any
    variables: tuple[str, ...]
    # Values that may make a difference: the literals written in the expression, their neighbours and lists of them.
    probes: tuple[Any, ...]


MET = Verdict(Answer.MET)
NOT_MET = Verdict(Answer.NOT_MET)
UNDEFINED = re.compile(r"Undefined variable or function: '(\w+)'")
STRINGS = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
NUMBERS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)\s*,")
ARITHMETIC = {"_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%"}
KNOWN_FUNCTIONS = frozenset("size has matches contains startsWith endsWith string int double bool".split())  # noqa: SIM905
MOST_TRIES = 2000
# What the engine raises for values it cannot work with.
TROUBLE = (TypeError, ValueError, KeyError, ArithmeticError)


def evaluate(expression: str, answers: Mapping[str, Any]) -> Verdict:
    """Empty expression: MET. None and "" are unanswered; a date compares as its ISO text; a list is searched with `in`.

    ConditionError when the answers are of a kind the expression cannot compare: answers are typed where they enter,
    so this is a fault of the guide and must not pass for "cannot tell".
    """
    if not expression or expression.isspace():
        return MET
    compiled = _compiled(expression)
    facts = {}
    for name in compiled.variables:
        value = answers.get(name)
        if value is not None and value != "":
            facts[name] = value.isoformat() if isinstance(value, date) else value
    try:
        result = compiled.program.execute(facts)
    except RuntimeError as error:
        if not _undefined(error, compiled.variables):
            raise ConditionError(f"条件“{expression}”用了不认识的函数：{error}") from error
        return Verdict(Answer.UNKNOWN, expression, facts)
    except TROUBLE as error:
        raise ConditionError(f"条件“{expression}”不能用这些回答计算：{facts}") from error
    if result is True:
        return MET
    if result is False:
        return NOT_MET
    raise ConditionError(f"条件“{expression}”的结果不是“是”或“否”，而是 {result!r}")


def variables(expression: str) -> tuple[str, ...]:
    """What the expression asks for; () for an empty one."""
    return _compiled(expression).variables if expression.strip() else ()


def check(expression: str, known_variables: Collection[str]) -> list[str]:
    """What an author must mend, in Chinese; [] when the condition can be used."""
    if not expression.strip():
        return []
    try:
        compiled = _compiled(expression)
    except ConditionError as error:
        return [str(error)]
    faults = [f"不认识的变量“{name}”" for name in compiled.variables if name not in known_variables]
    functions = set(compiled.program.functions())
    named = sorted(name for name in functions if name.isidentifier() and name not in KNOWN_FUNCTIONS)
    faults += [f"不认识的函数“{name}”" for name in named]
    if signs := sorted(ARITHMETIC[name] for name in functions & ARITHMETIC.keys() if "double" not in functions):
        faults.append(f"“{'、'.join(signs)}”遇到整数和小数混用会出错：请写成 double(变量)，数字写成 1.0")
    if not named:
        faults += _result_faults(compiled)
    return faults


def _result_faults(compiled: _Compiled) -> list[str]:
    """Tries values of every kind: a condition must be able to come out as yes or no."""
    _, results = _explore(compiled, {})
    if not results:
        return ["试遍各种回答都算不出结果：可能把文字和数字相比了"]
    if not any(isinstance(result, bool) for result in results):
        return [f"结果应是“是”或“否”，现在会得到 {results[0]!r}"]
    return []


@lru_cache(maxsize=8192)
def _compiled(expression: str) -> _Compiled:
    try:
        program = cel.compile(expression)
    except ValueError as error:
        where = re.search(r"<input>:\d+:(\d+)", str(error))
        raise ConditionError(f"条件写法有误：{f'第 {where[1]} 个字附近' if where else error}") from error
    bound = set(BOUND.findall(expression))
    return _Compiled(program, tuple(sorted(set(program.variables()) - bound)), tuple(_probes(expression)))


def _probes(expression: str) -> Iterator[Any]:
    yield from (True, False)
    texts = dict.fromkeys(single or double for single, double in STRINGS.findall(expression))
    written = NUMBERS.findall(STRINGS.sub(" ", expression))
    numbers = dict.fromkeys(float(found) if "." in found else int(found) for found in written)
    for text in texts:
        yield from (text, [text])
    for number in numbers:
        yield from (number, number - 1, number + 1, [number])
    yield from ("", [], 0, list(texts))


def _explore(compiled: _Compiled, facts: Mapping[str, Any]) -> tuple[set[str], list[Any]]:
    """The variables somebody would be asked for, over all answers to those asked before, and the results reached.

    The engine names the variable it stumbles over; each probe for it either settles the result or leads to the next.
    Stops when every unanswered variable was met and a yes or no reached; after MOST_TRIES all of them count as met.
    """
    open_variables = set(compiled.variables) - facts.keys()
    met: set[str] = set()
    results: list[Any] = []
    waiting = [dict(facts)]
    for _ in range(MOST_TRIES):
        if not waiting or (met == open_variables and any(isinstance(result, bool) for result in results)):
            return met, results
        known = waiting.pop()
        try:
            results.append(compiled.program.execute(known))
        except RuntimeError as error:
            if name := _undefined(error, open_variables):
                met.add(name)
                waiting.extend(known | {name: probe} for probe in compiled.probes)
        except TROUBLE:
            continue
    return open_variables, results


def _undefined(error: RuntimeError, names: Collection[str]) -> str | None:
    found = UNDEFINED.match(str(error))
    return found[1] if found and found[1] in names else None
