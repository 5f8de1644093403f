"""Due dates and conditions a second, in one process without the database: `python -m benchmarks.clock [--quick]`."""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import datetime as dt
import random
from collections.abc import Callable, Iterator
from itertools import cycle
from time import process_time
from typing import Any

import yaml
from django.conf import settings

from onewindow.catalogue.checklist import checklist
from onewindow.catalogue.guide import Guide
from onewindow.kernel.clock import read_file
from onewindow.kernel.conditions import Answer, evaluate

SECONDS = 0.3 if ground.QUICK else 2.0


def rate(one: Callable[[], object]) -> tuple[str, str]:
    """Runs a second of CPU, and µs each; ten to a look at the clock."""
    one()
    began, runs = process_time(), 0
    while process_time() - began < SECONDS:
        for _ in range(10):
            one()
        runs += 10
    spent = process_time() - began
    return f"{runs / spent:,.0f}", f"{spent / runs * 1e6:.1f}"


def dates() -> Iterator[tuple[str, Callable[[], object]]]:
    calendar, chance = read_file(settings.DATA_DIR / "holidays.json"), random.Random(3)
    starts = cycle([dt.date(2025, 1, 1) + dt.timedelta(days=chance.randrange(700)) for _ in range(500)])

    def stopped() -> object:
        start = next(starts)
        pauses = [(start + dt.timedelta(days=n), start + dt.timedelta(days=n + 6)) for n in (3, 20, 60)]
        return calendar.due(start, 20, "working", pauses)

    yield "due(20 working days)", lambda: calendar.due(next(starts), 20)
    yield "due(60 natural days)", lambda: calendar.due(next(starts), 60, "natural")
    yield "due(20 working days, 3 stops)", stopped
    yield "due(20 working days), derivation day by day", lambda: calendar.due(next(starts), 20).days
    yield "working_days_left", lambda: calendar.working_days_left(start := next(starts), start + dt.timedelta(days=30))


def read(folder: str, code: str) -> Any:
    return yaml.safe_load((settings.DATA_DIR / folder / f"{code}.yaml").read_text(encoding="utf-8"))


def expressions(guide: Guide) -> Iterator[str]:
    yield from filter(None, (condition.when for condition in guide.conditions))
    yield from filter(None, (material.needed_when for material in guide.materials))


def conditions() -> Iterator[tuple[str, Callable[[], object]]]:
    lists = []
    for path in sorted((settings.DATA_DIR / "examples").glob("*.yaml")):
        guide = Guide.model_validate(read("catalogue", path.stem))
        lists += [(guide, example["answers"]) for example in read("examples", path.stem)]
    asked = [(when, answers) for guide, answers in lists for when in expressions(guide)]
    known = cycle([one for one in asked if evaluate(*one).answer is not Answer.UNKNOWN])
    fresh, answered = cycle([(when, {}) for when, _ in asked]), cycle(lists)
    yield f"evaluate, {len(asked)} conditions of the guides, answered", lambda: evaluate(*next(known))
    yield "evaluate with no answers, and what to ask", lambda: evaluate(*next(fresh)).missing
    yield "checklist of a worked example", lambda: checklist(*next(answered))
    yield "checklist with no answers", lambda: checklist(next(answered)[0], {})


def main() -> None:
    ground.table(("one process", "a second", "µs"), [(name, *rate(one)) for name, one in (*dates(), *conditions())])


if __name__ == "__main__":
    main()
