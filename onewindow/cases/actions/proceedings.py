"""What all proceedings have in common: opened, closed, called off; and what must be done before a decision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db.models import Q

from onewindow.accounts.models import Absence, Post, User
from onewindow.cases import notices, readiness
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, Proceeding
from onewindow.cases.models.proceedings import UNDER_WAY, said_day
from onewindow.kernel import clock, conditions
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

Rows = list[tuple[str, str]]
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def opened(case: Case, kind: Proceeding.Kind, on: date, rows: Rows, **values: Any) -> Proceeding:
    """Within an act, so with the case locked: two at once get two numbers."""
    nth = Proceeding.objects.filter(case=case, kind=kind).count() + 1
    if (time := values.get("time", "")) and not TIME.fullmatch(time):
        raise ValueError("时间请写成 09:30 这样。")
    return Proceeding.objects.create(case=case, kind=kind, nth=nth, on=on, rows=_kept(rows), **values)


def of(case: Case, pk: Any, *states: str) -> Proceeding:
    """The proceeding in one of these states, or WrongState: it moved meanwhile."""
    found = Proceeding.objects.select_for_update().get(case=case, pk=pk)
    if found.state not in states:
        raise WrongState(case, f"{found.get_kind_display()}现在是“{found.get_state_display()}”，请看过最新情况再办。")
    return found


def close(found: Proceeding, result: Rows, conclusion: str, *, state: str = Proceeding.State.DONE) -> None:
    found.result, found.conclusion, found.state, found.closed_at = _kept(result), conclusion, state, clock.now()
    found.save(update_fields=["result", "conclusion", "state", "closed_at"])


def _kept(rows: Rows) -> list[list[str]]:
    return [[label, text] for label, text in rows if text]


def paper(
    case: Case, found: Proceeding, kind: str, *, by: Actor, body: Iterable[str] = (), signers: Iterable[str] = (),
    to: str = "", nth: int = 0, **facts: Any,
) -> dict[str, Any]:  # fmt: skip
    """The paper of an act: its rows, the paragraphs the law wants, and lines to sign. `nth` where there are several."""
    said = {"rows": [*found.rows, *found.result], "body": list(body), "signers": list(signers), "to": to}
    return notices.paper(case, kind, by=by, nth=nth or found.nth, **(said | facts))


# Who examines; a hearing may also be chaired by who directs the work and reviews nothing.
EXAMINERS, CHAIRS = ("reviewer", "decider"), ("reviewer", "decider", "manager")


def officers_of(case: Case, roles: tuple[str, ...] = EXAMINERS) -> list[User]:
    """Who can be sent or chair: officers of the case's agency at work, free of bias."""
    today, biased = clock.today(), [each["user"] for each in case.recused]
    posts = Post.objects.filter(Q(ends__isnull=True) | Q(ends__gte=today), starts__lte=today, role__in=roles)
    staff = User.objects.filter(pk__in=posts.filter(agency=case.agency_id).values("user"), is_active=True)
    away = Absence.objects.on(today).values("user")
    return list(staff.exclude(pk__in=[*biased, case.filed_by_id]).exclude(pk__in=away).order_by("name", "pk"))


def people(ids: Iterable[int]) -> list[User]:
    return list(User.objects.filter(pk__in=list(ids)).order_by("name", "pk"))


def chosen(
    case: Case, ids: Iterable[int], *, least: int, otherwise: str, roles: tuple[str, ...] = EXAMINERS
) -> list[User]:
    """The officers of these ids who may do it; ValueError `otherwise` where they are too few."""
    wanted = set(ids)
    found = [user for user in officers_of(case, roles) if user.pk in wanted]
    if len(found) < max(least, len(wanted)):
        raise ValueError(otherwise)
    return found


def coming(day: date, *, what: str) -> date:
    if day < clock.today():
        raise ValueError(f"{what}的日期不能早于今天。")
    return day


@transition(
    "case.proceeding_cancelled", label="取消安排", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def cancel(case: Case, *, by: Actor, proceeding: Any, reason: str) -> dict[str, Any]:
    """Called off before it took place; the applicant sees why."""
    reason = wording(reason, least=4, otherwise="请写明取消的原因，至少四个字。")
    found = of(case, proceeding, Proceeding.State.PLANNED)
    close(found, [("取消原因", reason)], "取消", state=Proceeding.State.CANCELLED)
    return {"words": f"{found.get_kind_display()}（{said_day(found.on, found.time)}）", "reason": reason}


def obstacles(case: Case, *, grant: bool) -> Iterator[str]:
    """What must be done before the decision: by the guide's word, and whatever has been begun."""
    rule = case.guide.scrutiny
    kept = list(Proceeding.objects.filter(case=case))
    done = [each for each in kept if each.state == Proceeding.State.DONE]
    for each in kept:
        if each.is_open and not each.may_wait:
            yield f"{each.get_kind_display()}还没有结束（{each.get_state_display()}，{said_day(each.on, each.time)}）"
    begun = {each.kind for each in kept if each.is_open} | {each.kind for each in done}
    # What was promised 告知承诺 is looked at afterwards (actions.later_check).
    visit = grant and rule.visit_when and not case.by_promise and Proceeding.Kind.SITE_VISIT not in begun
    if visit and _holds(rule.visit_when, case):
        yield "按规程应当现场核查，还没有核查笔录"
    if rule.hearing and Proceeding.Kind.HEARING not in begun and not any(map(_heard, kept)):
        yield {"offered": "按规程应当告知听证的权利", "required": "按规程应当举行听证"}[rule.hearing] + "，还没有办"
    if rule.collective and not any(each.kind == Proceeding.Kind.DISCUSSION for each in done):
        yield "按规程应当集体讨论，还没有讨论记录"
    last = next((each for each in reversed(done) if each.kind == Proceeding.Kind.DISCUSSION), None)
    if last and last.conclusion != ("准予" if grant else "不予") and last.conclusion in {"准予", "不予"}:
        yield f"集体讨论的结论是“{last.conclusion}”，要作不同的决定，请重新讨论"


def _holds(condition: str, case: Case) -> bool:
    """Unless the answers say otherwise: what cannot be told is done."""
    return conditions.evaluate(condition, readiness.variables(case)).answer != "not_met"


def _heard(each: Proceeding) -> bool:
    used = {Proceeding.State.DONE, Proceeding.State.WAIVED}
    return each.kind == Proceeding.Kind.HEARING and (each.state in used or each.may_wait)


def ensure_done(case: Case, *, grant: bool) -> None:
    """For the acts that decide (行政许可法 §34, §46–48). An immediate item has no proceedings: no statement."""
    if case.guide.immediate:
        return
    if missing := list(obstacles(case, grant=grant)):
        raise ValueError("现在还不能决定：" + "；".join(missing) + "。")
