"""The work list: what waits for this officer, by due date, paged by key."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import QueryDict

from onewindow.accounts.principal import Principal
from onewindow.cases import deliveries, steps
from onewindow.cases.actions import extension, later_check, second
from onewindow.cases.models import CLOSED_STATES, Case, CaseQuerySet, Delivery, Proceeding, State
from onewindow.kernel import clock
from onewindow.kernel.models import Entry

PAGE = 50
# How many visits and hearings stand above the list.
COMING = 6
# What a row of the list shows, and no form, answers or guide beside it.
SHOWN = [
    "number", "state", "outcome", "channel", "due_on", "applicant_name", "organisation_id", "item__name",
    "item__short_name", "agency__name", "agency__short_name", "agency_id", "open_steps", "proposed_by",
    "check_on", "later_check", "stops",
]  # fmt: skip
VIEWS = {
    "mine": "等我办的", "post": "本岗位的", "open": "在办", "unopened": "文书没看", "checks": "事后核查",
    "finished": "已办结",
}  # fmt: skip
# 效能监管: what the law lets happen because an organ was late; after the end of the case for some time yet.
WATCHED = {"watch": "要过问的"}
WATCHED_FOR = timedelta(days=90)
SILENT = ("case.deemed_accepted", "case.deemed_renewed")


def waiting_for(principal: Principal) -> Q:
    """Cases whose next act is the person's: at one of the posts, and not taken on by a colleague.

    And what somebody else proposed for a second signature 第二人签字, or asked the head to extend 提请延期.
    """
    waiting = Q(awaits__overlap=steps.free_places_of(principal))
    if agencies := principal.agencies("decider", "head"):
        proposed = ~Q(proposed_by="") & ~Q(proposed_by=principal.key)
        waiting |= proposed & Q(agency_id__in=agencies, state__in=second.STATES)
    asked = Q(extension__has_key="asked", state__in=extension.RUNNING)
    if agencies := principal.agencies("head"):
        waiting |= asked & Q(extension__asked__to="head", agency_id__in=agencies)
    if principal.has_at(None, "governor"):
        waiting |= asked & Q(extension__asked__to="governor")
    return waiting & ~Q(recused__contains=[{"user": principal.user_id}])


def hands(case: Case, principal: Principal) -> list[tuple[str, str]]:
    """(whose, note) of the steps at the person's posts that somebody has taken on."""
    at = steps.places_of(principal)
    held = [step for step in case.open_steps if step["user"] and steps.place(case, step) in at]
    return [("我" if step["user"] == principal.user_id else step["holder"], step["note"]) for step in held]


def page(principal: Principal, params: QueryDict) -> dict[str, Any]:
    views = VIEWS | WATCHED if principal.has("supervisor") else VIEWS
    asked = params.get("view", "")
    view = asked if asked in views else "mine"
    mine = Case.objects.open_to(principal)
    cases = mine.select_related("item", "agency").only(*SHOWN)
    chosen = _filtered(cases, principal, view, params.get("q", "").strip())
    rows = list(_after(chosen, params.get("after", ""))[: PAGE + 1])
    counts = mine.filter(waiting_for(principal)).aggregate(
        waiting=Count("id"),
        today=Count("id", filter=Q(due_on=clock.today())),
        late=Count("id", filter=Q(due_on__lt=clock.today())),
    )
    return {
        "cases": [(case, _left(getattr(case, _waited(view))), hands(case, principal)) for case in rows[:PAGE]],
        "next": _key(rows[PAGE - 1], view) if len(rows) > PAGE else "",
        "coming": list(Proceeding.objects.coming_up(principal)[:COMING]),
        "view": view, "views": views, "check_states": later_check.STATES, "q": params.get("q", ""), "counts": counts,
    }  # fmt: skip


def _filtered(cases: CaseQuerySet, principal: Principal, view: str, q: str) -> CaseQuerySet:
    if view == "mine":
        cases = cases.filter(waiting_for(principal))
    elif view == "post":
        cases = cases.filter(awaits__overlap=steps.places_of(principal))
    elif view == "unopened":
        # By the slip of paper: sent online and never opened, or not sent at all, for some days.
        waiting = Delivery.objects.unnoticed(deliveries.unnoticed_before())
        cases = cases.filter(pk__in=waiting.values("case"), agency_id__in=principal.agencies("clerk", "manager"))
    elif view == "checks":
        own = Q(agency_id__in=principal.agencies("reviewer", "decider", "head", "supervisor"))
        cases = cases.filter(Q() if principal.has_at(None, "supervisor") else own, check_on__isnull=False)
    elif view == "watch":
        cases = _watched(cases)
    elif view == "open":
        cases = cases.exclude(state__in=[State.DRAFT, *CLOSED_STATES])
    else:
        cases = cases.filter(state__in=CLOSED_STATES)
    if q:
        number = q.replace(" ", "")
        numbers = Q(number=number) | Q(outside_number=number)
        cases = cases.filter(numbers | Q(applicant_name__startswith=q) | Q(item__name__contains=q))
    return cases.order_by("-id") if view == "finished" else cases.order_by(_waited(view), "id")


def _watched(cases: CaseQuerySet) -> CaseQuerySet:
    """A stop longer than announced, an acceptance or a renewal by silence; a clerk's acceptance after the days too."""
    rows = Entry.objects.filter(kind="case", subject=OuterRef("number"))
    silent = Q(event__in=SILENT) | Q(event="case.accepted", data__deemed=True)
    recent = Q(finished_at=None) | Q(finished_at__gte=clock.now() - WATCHED_FOR)
    cases = cases.filter(recent).annotate(by_silence=Exists(rows.filter(silent)))
    return cases.filter(Q(by_silence=True) | Q(stops__contains=[{"overrun": True}]))


def _waited(view: str) -> str:
    """The date a view is ordered by: the next one of the case, or of the check afterwards 事后核查."""
    return "check_on" if view == "checks" else "due_on"


def _after(cases: CaseQuerySet, key: str) -> CaseQuerySet:
    try:
        due, pk = json.loads(base64.urlsafe_b64decode(key.encode()))
        day = date.fromisoformat(due) if due else None
    except (ValueError, TypeError, RecursionError):
        return cases
    if not isinstance(pk, int):
        return cases
    if not cases.query.order_by or cases.query.order_by[0] == "-id":
        return cases.filter(pk__lt=pk)
    field = str(cases.query.order_by[0])
    none = Q(**{f"{field}__isnull": True})
    if day is None:
        return cases.filter(none, pk__gt=pk)
    return cases.filter(Q(**{f"{field}__gt": day}) | Q(**{field: day}, pk__gt=pk) | none)


def _key(case: Case, view: str) -> str:
    day = getattr(case, _waited(view))
    value = [day.isoformat() if day else "", case.pk]
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def days_left(case: Case) -> int | None:
    return _left(case.due_on)


def _left(day: date | None) -> int | None:
    return None if day is None else clock.calendar().working_days_left(clock.today(), day)
