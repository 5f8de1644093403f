"""即办件: received, accepted, decided and handed over in one visit and one screen (行政许可法 §34)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards, intake, outcome, review
from onewindow.cases.actions.drafts import EDITABLE
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised


def complete(
    case: Case, *, by: Principal, way: str = "window", seen: int | None = None, promised: Promised = intake.NOTHING
) -> Case:
    """Run the whole road of an immediate item; each act still leaves its own row and paper, or none does.

    One person may hold all posts of an immediate item; where the item names a decider the clerk's post does not hold,
    the case stops there and waits on the decider's list; where a paper is to come later 容缺, it waits for the paper.
    """
    if not case.guide.immediate:
        raise ValueError("这个事项不是即办件，请按步骤办理。")
    if case.goes_outside:
        raise ValueError("这个事项在外部系统办理，不能在这里当场办结。请收件后转过去。")
    if not guards.clerk(case, by):
        raise PermissionDenied("您没有这个事项的受理岗位。")
    with transaction.atomic():
        if case.state in EDITABLE:
            intake.submit(case, by=by, seen=seen, promised=promised)
            seen = None
        intake.accept(case, by=by, seen=seen)
        while case.state == State.REVIEWING and guards.reviewer(case, by):
            review.give_opinion(case, by=by, advice="agree", opinion="材料齐全，符合法定形式，当场审查通过。")
        if case.state == State.DECIDING and not case.open_gaps and guards.decider(case, by):
            outcome.grant(case, by=by)
            outcome.deliver(case, by=by, way=way)
            outcome.finish(case, by=by)
    return case
