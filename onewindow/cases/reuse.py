"""少交材料: how many of the papers an application needed were not asked of the applicant again.

The figure is (taken from the vault + verified by sharing) ÷ papers needed, counted once, at the submission.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncMonth

from onewindow.cases.models import Case
from onewindow.cases.readiness import Readiness
from onewindow.kernel import clock

# Fewer cases of an agency in a month are not published.
FEWEST = 5
KINDS = ("needed", "vault", "shared", "new")
DEFINITION = "免交比例 =（从“以前交过的、发过的”里取用的 + 共享核验不用交的）÷ 需要的材料份数，提交时按每件申请计一次。"


def count(ready: Readiness) -> dict[str, int]:
    """Of each paper that was needed: taken from what was there, verified by sharing, or handed in anew."""
    found = dict.fromkeys(KINDS, 0)
    for row in ready.checklist.materials:
        kept = ready.papers.get(row.key, [])
        if row.status not in {"bring", "ready"} or not (kept or row.status == "ready"):
            continue
        kind = "vault" if any(paper.taken_from for paper in kept) else "new" if kept else "shared"
        found[kind] += 1
        found["needed"] += 1
    return found


def figures(since: date, until: date, agencies: set[str] | None = None) -> list[dict[str, Any]]:
    """By agency, item and month of the submission."""
    counted = Case.objects.filter(reuse__isnull=False, submitted_at__date__range=(since, until))
    if agencies is not None:
        counted = counted.filter(agency_id__in=agencies)
    sums = {name: Sum(Cast(KT(f"reuse__{name}"), IntegerField())) for name in KINDS}
    month = TruncMonth("submitted_at", tzinfo=clock.SHANGHAI)
    grouped = counted.annotate(month=month).values("month", organ=F("agency__name"), name=F("item__name"))
    return [dict(row) for row in grouped.annotate(cases=Count("pk"), **sums).order_by("-month", "organ", "name")]


def published(since: date) -> list[dict[str, Any]]:
    """For everybody: by agency and month only, so that no row is about one person's matter."""
    sums: dict[tuple[Any, str], dict[str, Any]] = {}
    for row in figures(since, clock.today()):
        whole = sums.setdefault((row["month"], row["organ"]), dict.fromkeys(("cases", *KINDS), 0))
        for name in whole:
            whole[name] += row[name]
    found = [{"month": month, "organ": organ, **whole} for (month, organ), whole in sums.items()]
    return [row | {"share": share(row)} for row in found if row["cases"] >= FEWEST]


def share(row: dict[str, Any]) -> float | None:
    """Percent; None where nothing was needed."""
    return round(100 * (row["vault"] + row["shared"]) / row["needed"], 1) if row["needed"] else None
