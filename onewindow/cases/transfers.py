"""划转: what a plan touches and what stands in its way; carried out by the worker on its day."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from onewindow.accounts.models import Post
from onewindow.cases.actions import transfer as acts
from onewindow.cases.models import OPEN_STATES, Case, State, Transfer
from onewindow.catalogue.models import Draft, Item
from onewindow.documents import certificates
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.models import Entry

log = logging.getLogger(__name__)
STAGES = acts.STAGES
BATCH = 50
BOOKMARKS = ("case_cursor", "moved", "certificates", "failed")


# ---- before


@dataclass(frozen=True)
class Impact:
    """What the plan would touch today."""

    items: list[Item]
    # Stage → how many applications under way, as the plan's agency holds them now.
    stages: dict[str, int]
    paused: int
    overdue: int
    soon: int
    certificates: int
    # Drafts of guides that would have to be begun anew.
    drafts: list[Draft]
    obstacles: list[str]

    @property
    def running(self) -> int:
        return sum(self.stages.values())


def impact(plan: Transfer) -> Impact:
    """A constant number of queries, whatever the plan holds."""
    items = list(Item.objects.filter(pk__in=plan.items).select_related("current", "agency").order_by("code"))
    today = clock.today()
    counted = {stage: Count("id", filter=Q(state__in=states)) for stage, states in acts.STAGE_STATES.items()}
    due = Q(state__in=acts.RUNNING_CLOCKS)
    found = _cases(plan).aggregate(
        **counted,
        paused=Count("id", filter=Q(state=State.PAUSED)),
        overdue=Count("id", filter=due & Q(due_on__lt=today)),
        soon=Count("id", filter=due & Q(due_on__range=(today, today + dt.timedelta(days=7)))),
    )
    drafts = list(Draft.objects.unfinished().filter(code__in=plan.items).select_related("author").order_by("code"))
    return Impact(
        items, {stage: found[stage] for stage in STAGES}, found["paused"], found["overdue"], found["soon"],
        _issued(plan).filter(state=Certificate.State.VALID).count(), drafts, obstacles(plan, items),
    )  # fmt: skip


def obstacles(plan: Transfer, items: Iterable[Item]) -> list[str]:
    """Sentences that say what has to be done first; none: it may go ahead."""
    items, found = list(items), []
    if not plan.items:
        found.append("还没有事项：请写上事项编号，或者导入一份清单。")
    if missing := sorted(set(plan.items) - {item.code for item in items}):
        found.append(f"没有这些事项：{'、'.join(missing[:5])}。")
    if others := [item for item in items if item.agency_id != plan.giver_id]:
        found.append(f"这些事项现在不属于{plan.giver}：{_named(others)}。")
    busy = Transfer.objects.filter(items__overlap=plan.items, state__in=Transfer.UNDER_WAY).exclude(pk=plan.pk)
    if other := busy.select_related("giver", "taker").first():
        found.append(f"有的事项已在另一份划转里：{other}。等那一份完成或取消。")
    return found + _missing_posts(plan, items)


def _named(items: Collection[Item]) -> str:
    few = "、".join(str(item) for item in list(items)[:3])
    return f"{few}等 {len(items)} 项" if len(items) > 3 else few


def _missing_posts(plan: Transfer, items: Iterable[Item]) -> list[str]:
    """Nobody at the new agency who could act: an application there would stand still while its clock runs."""
    day = max(plan.effective_on, clock.today())
    held = Post.objects.filter(Q(ends__isnull=True) | Q(ends__gte=day), starts__lte=day, user__is_active=True)
    there = set(held.filter(agency=plan.taker_id).values_list("role", flat=True))
    wanted: dict[str, Item] = {}
    for item in items:
        for step in item.guide.steps:
            at = getattr(step, "agency", "")
            if not at or at in {plan.giver_id, plan.taker_id}:
                wanted.setdefault(step.post, item)
        wanted.setdefault("clerk", item)
        wanted.setdefault("decider", item)
    return [
        f"{plan.taker}还没有人在“{Post.Role(role).label}”，“{item}”等事项到那里没有人办。请先任命，再划转。"
        for role, item in wanted.items()
        if role not in there
    ]


def _cases(plan: Transfer) -> QuerySet[Case]:
    return Case.objects.filter(item__in=plan.items, agency=plan.giver_id)


def _issued(plan: Transfer) -> QuerySet[Certificate]:
    """Looked after by the giving agency: its own, or such as came to it."""
    mine = Q(managed_by=plan.giver_id) | Q(managed_by=None, agency=plan.giver_id)
    return Certificate.objects.filter(mine, case_number__in=Case.objects.filter(item__in=plan.items).values("number"))


def _certificates(plan: Transfer) -> QuerySet[Certificate]:
    """Those that go now: not of cases the giving agency still works on."""
    working = Case.objects.filter(item__in=plan.items, agency=plan.giver_id, state__in=OPEN_STATES)
    return _issued(plan).exclude(case_number__in=working.values("number"))


# ---- on the day


def run() -> int:
    """Everything whose day has come; safe in any number of workers, and again after one was killed."""
    due = Transfer.objects.filter(state=Transfer.State.APPROVED, effective_on__lte=clock.today())
    for plan in due.select_related("giver", "taker").order_by("effective_on", "pk"):
        try:
            acts.begin(plan, by=acts.BY)
        except Conflict:  # another worker was faster
            continue
        except ValueError as problem:
            acts.stop(plan, by=acts.BY, reason=str(problem))
    done = 0
    for pk in Transfer.objects.filter(state=Transfer.State.RUNNING).order_by("pk").values_list("pk", flat=True):
        while looked_at := step(pk):
            done += looked_at
    for pk, rule in Transfer.objects.filter(state=Transfer.State.DONE).order_by("pk").values_list("pk", "rule"):
        while "stay" in rule.values() and (looked_at := _follow(pk)):
            done += looked_at
    return done


@transaction.atomic
def step(pk: int) -> int:
    """One batch with its bookmark, or nothing; 0 when there is no more to do now, or another worker is at it."""
    locked = Transfer.objects.select_for_update(skip_locked=True, of=("self",)).select_related("giver", "taker")
    plan = locked.filter(pk=pk, state=Transfer.State.RUNNING).first()
    if plan is None:
        return 0
    looked_at = _hand_over_cases(plan) or _hand_over_certificates(plan)
    if not looked_at:
        again, plan.failed = plan.failed, []
        _each(plan, _cases(plan).filter(pk__in=again))
    Transfer.objects.filter(pk=pk).update(**{name: getattr(plan, name) for name in BOOKMARKS})
    if not looked_at and not plan.failed:
        acts.complete(plan, by=acts.BY)
    return looked_at


def _hand_over_cases(plan: Transfer) -> int:
    states = [state for stage in STAGES if acts.goes(plan, stage) for state in acts.STAGE_STATES[stage]]
    rows = _cases(plan).filter(state__in=states, pk__gt=plan.case_cursor).order_by("pk")[:BATCH]
    batch = _each(plan, rows)
    plan.case_cursor = max([plan.case_cursor, *batch])
    return len(batch)


def _each(plan: Transfer, rows: QuerySet[Case]) -> list[int]:
    batch = list(rows.select_related("version", "item", "agency", "site", "mandate__agent"))
    for case in batch:
        try:
            with transaction.atomic():
                acts.hand_over(case, by=acts.BY, plan=plan)
        except Conflict:
            continue  # it ended meanwhile: right as it is
        except Exception:  # one that cannot go must not keep the others waiting at an organ without the power
            log.exception("%s 没能移送，下一次再试", case.number)
            plan.failed = [*plan.failed, case.pk]
        else:
            plan.moved += 1
    return [case.pk for case in batch]


def _hand_over_certificates(plan: Transfer) -> int:
    """Each with its file. What has gone is no longer the giving agency's: no bookmark is needed."""
    batch = list(_certificates(plan).order_by("pk")[:BATCH])
    for certificate in batch:
        certificates.hand_over(certificate, by=acts.BY, to=plan.taker, document=plan.document)
    files = _cases(plan).filter(number__in=[each.case_number for each in batch], state=State.FINISHED)
    for case in files.select_related("version", "item", "agency", "site", "mandate__agent"):
        acts.hand_over(case, by=acts.BY, plan=plan)
    plan.certificates += len(batch)
    return len(batch)


@transaction.atomic
def _follow(pk: int) -> int:
    """Certificates of what the old organ was left to finish go along once it has."""
    locked = Transfer.objects.select_for_update(skip_locked=True, of=("self",)).select_related("giver", "taker")
    plan = locked.filter(pk=pk).first()
    found = _hand_over_certificates(plan) if plan else 0
    if plan and found:
        Transfer.objects.filter(pk=pk).update(certificates=plan.certificates)
    return found


# ---- looking back


def responsible(case: Case, moment: dt.datetime) -> str:
    """The agency that had the case then: statistics count what happened with whom it happened."""
    rows = Entry.objects.filter(kind="case", subject=case.number, event="case.transferred").order_by("seq")
    found = [(row.at, row.data["from_agency"], row.data["to_agency"]) for row in rows]
    if not found:
        return str(case.agency_id)
    return str(next((to for at, _, to in reversed(found) if at <= moment), found[0][1]))
