"""外部办结: matters completed in an outside system that never were a case here, kept to be counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import transaction

from onewindow.catalogue.models import Item
from onewindow.exchange.models import Batch, Completion
from onewindow.kernel import clock, ledger, secrecy
from onewindow.kernel.ledger import Actor

Kept = Literal["new", "changed", "same"]
WORDS: dict[str, str] = {"new": "新增", "changed": "更新", "same": "已有，没有变化"}


@dataclass(frozen=True)
class Done:
    system: str
    number: str
    item: str
    done_on: date
    outcome: str
    # As told; only its mask is kept.
    applicant: str = ""


@transaction.atomic
def keep(done: Done, *, by: Actor, batch: Batch | None = None) -> Kept:
    """The same row again changes nothing; another one of the same number replaces it and leaves a trace."""
    item = Item.objects.filter(pk=done.item).only("code", "agency_id").first()
    if item is None:
        raise ValueError(f"没有编号为“{done.item or '（空）'}”的事项")
    facts = {
        "item_id": item.pk, "agency_id": item.agency_id, "done_on": done.done_on, "outcome": done.outcome,
        "applicant": secrecy.mask_name(done.applicant) if done.applicant else "",
    }  # fmt: skip
    key = {"system": done.system, "number": done.number}
    row, fresh = Completion.objects.get_or_create(**key, defaults=facts | {"batch": batch})
    if fresh:
        return "new"
    row = Completion.objects.select_for_update().get(pk=row.pk)
    if all(getattr(row, name) == value for name, value in facts.items()):
        return "same"
    before = {name: str(getattr(row, name)) for name in facts if getattr(row, name) != facts[name]}
    for name, value in facts.items():
        setattr(row, name, value)
    row.batch, row.changed_at = batch, clock.now()
    row.save()
    after = {name: str(facts[name]) for name in before}
    data = {"system": row.system, "number": row.number, "before": before, "after": after}
    ledger.record(("completion", str(row.pk)), "completion.changed", by=by, data=data)
    return "changed"
