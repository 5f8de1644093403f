"""A published version meets the applications under way: shown before, carried out in batches afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from onewindow.cases import versions
from onewindow.cases.actions import version as acts
from onewindow.cases.models import Case, CasePaper, Changeover
from onewindow.catalogue.models import ItemVersion
from onewindow.catalogue.running import STAGES, Rule
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry

log = logging.getLogger(__name__)
BY = System("changeover", "系统（规程换版）")
# Cases in one transaction: a worker that is killed loses so many steps, and repeats none.
BATCH = 50
# A preview compares so many one by one (about a millisecond each) and says how many it left out.
COMPARED = 500


def touched(item: str, number: int | None = None) -> QuerySet[Case]:
    """Applications under way that a version with this number (or any newer one) means something to."""
    cases = Case.objects.filter(item_id=item, state__in=versions.MOVABLE)
    return cases if number is None else cases.filter(version__number__lt=number)


def counts(items: Iterable[str]) -> dict[str, dict[str, int]]:
    """Item → stage → how many, in one query; for loading many items at once."""
    stages = {stage: Count("id", filter=Q(state__in=states)) for stage, states in versions.STAGE_STATES.items()}
    cases = Case.objects.filter(item__in=list(items), state__in=versions.MOVABLE).order_by("item")
    rows = cases.values("item").annotate(**stages).values_list("item", *STAGES)
    return {code: dict(zip(STAGES, found, strict=True)) for code, *found in rows}


# ---- before


@dataclass
class Group:
    """Cases of one stage for which the same things change."""

    stage: str
    verdict: versions.Verdict
    effects: list[versions.Effect]
    numbers: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return versions.VERDICTS[self.verdict]

    def moves(self, rule: Rule) -> bool:
        return versions.moves(rule, self.stage, self.verdict)


@dataclass
class Preview:
    counts: dict[str, int]
    groups: list[Group]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def compared(self) -> int:
        return sum(len(group.numbers) for group in self.groups)

    def of(self, stage: str) -> list[Group]:
        return [group for group in self.groups if group.stage == stage]

    def moving(self, stage: str, rule: str) -> int:
        """Of those compared, how many the rule would move."""
        return sum(len(group.numbers) for group in self.of(stage) if group.moves({stage: rule}))


def preview(version: ItemVersion) -> Preview:
    """Whom the version (not published yet) touches, and what differs for them; a constant number of queries."""
    found: dict[tuple[str, tuple[versions.Effect, ...]], Group] = {}
    rows = touched(version.item_id)
    stages = counts([version.item_id]).get(version.item_id, dict.fromkeys(STAGES, 0))
    for case in _compared(rows.order_by("pk")[:COMPARED]):
        effects = versions.compare(case, version, {paper.material for paper in case.papers.all()})
        stage, verdict = versions.STAGE_OF[case.state], versions.verdict(effects)
        group = found.setdefault((stage, tuple(effects)), Group(stage, verdict, effects))
        group.numbers.append(case.number)
    order = list(STAGES)
    groups = sorted(found.values(), key=lambda group: (order.index(group.stage), -len(group.numbers)))
    return Preview(stages, groups)


def _compared(rows: QuerySet[Case]) -> QuerySet[Case]:
    handed_in = CasePaper.objects.filter(removed_at__isnull=True)
    return rows.select_related("version", "agency").prefetch_related(Prefetch("papers", queryset=handed_in))


# ---- afterwards


def on_entry(entry: Entry) -> None:
    """item.published with a rule: the cases begun before are all there, because opening one holds the item's row."""
    if entry.event != "item.published" or not entry.data.get("running"):
        return
    from onewindow.cases import tasks  # it imports this module

    version = ItemVersion.objects.get(item_id=entry.subject, number=entry.data["version"])
    begin(version)
    tasks.change_over.defer()


def begin(version: ItemVersion) -> Changeover:
    total = touched(version.item_id, version.number).count()
    return Changeover.objects.get_or_create(version=version, defaults={"total": total})[0]


def run() -> int:
    """How many cases were looked at; safe in any number of workers, and again after one was killed."""
    done, tried = 0, set[int]()
    while (row := _next(tried)) is not None:
        looked_at = step(row)
        done += looked_at
        if not looked_at:
            tried.add(row)
    return done


def _next(tried: set[int]) -> int | None:
    """The versions of one item one after the other."""
    before = Q(version__item=OuterRef("version__item"), version__number__lt=OuterRef("version__number"))
    earlier = Changeover.objects.filter(before, finished_at=None, failed=[])
    rows = Changeover.objects.filter(finished_at=None).exclude(pk__in=tried).exclude(Exists(earlier))
    return rows.order_by("pk").values_list("pk", flat=True).first()


@transaction.atomic
def step(pk: int) -> int:
    """One batch with its bookmark, or nothing; 0 when there is no more to do here, or another worker is at it."""
    locked = Changeover.objects.select_for_update(skip_locked=True, of=("self",)).select_related("version__item")
    row = locked.filter(pk=pk, finished_at=None).first()
    if row is None:
        return 0
    rows = touched(row.version.item_id, row.version.number)
    batch = list(_whole(rows.filter(pk__gt=row.cursor).order_by("pk")[:BATCH]))
    fresh = bool(batch)
    if not batch:
        batch = list(_whole(rows.filter(pk__in=row.failed)))
        row.failed = []
    for case in batch:
        _carry_out(row, case)
        row.cursor = max(row.cursor, case.pk)
    if not fresh and not row.failed:
        row.finished_at = clock.now()
    row.save()
    return len(batch) if fresh else 0


def _whole(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.select_related("version", "item", "agency", "site", "mandate__agent")


def _carry_out(row: Changeover, case: Case) -> None:
    try:
        with transaction.atomic():
            acts.move(case, by=BY, version=row.version)
    except Conflict:
        row.kept += 1  # the rule keeps it, or it was decided meanwhile: right as it is
    except Exception:  # one case nobody can judge must not keep the others on the old version
        log.exception("%s 没能按新版规程比对，下一次再试", case.number)
        row.failed = [*row.failed, case.pk]
    else:
        row.moved += 1
