"""裁量: which row of the item's written standard the facts lead to, and what it allows. Pure; pages and acts ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onewindow.cases import readiness
from onewindow.cases.models import Case
from onewindow.catalogue.afterwards import Discretion, Standing
from onewindow.kernel import conditions, forms
from onewindow.kernel.forms import FormPage, FormSchema


@dataclass(frozen=True)
class Weighing:
    """The row that applies, or the factors that would tell; `labels` of what is still to be found out."""

    row: Standing | None
    labels: tuple[str, ...] = ()

    def allows(self, outcome: str, amount: float | None) -> bool:
        """Within the row's outcomes, and within its range where it has one and something is granted."""
        if self.row is None or outcome not in self.row.outcomes:
            return False
        if outcome == "deny" or (self.row.least is None and self.row.most is None):
            return True
        low, high = self.row.least, self.row.most
        return amount is not None and (low is None or amount >= low) and (high is None or amount <= high)


def schema(standard: Discretion) -> FormSchema:
    return FormSchema(pages=(FormPage(title=standard.title, fields=standard.factors),))


def weigh(case: Case, facts: Mapping[str, Any]) -> Weighing:
    """The first row that applies; a row that cannot be told yet keeps those below it from being taken."""
    standard = case.guide.discretion
    assert standard is not None
    known = readiness.variables(case) | dict(facts)
    names = {factor.key: factor.label for factor in standard.factors}
    for row in standard.rows:
        found = conditions.evaluate(row.when, known)
        if found.answer is conditions.Answer.MET:
            return Weighing(row)
        if found.answer is conditions.Answer.UNKNOWN:
            return Weighing(None, tuple(names.get(key, key) for key in found.missing))
    return Weighing(None)


def words(standard: Discretion, facts: Mapping[str, Any]) -> list[list[str]]:
    """(factor, what was found) as papers and pages say it."""
    said = forms.display_values(schema(standard), dict(facts))
    return [[factor.label, said[factor.key]] for factor in standard.factors if said.get(factor.key)]
