"""A workbook becomes drafts, all of them or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.catalogue import actions, drafting, rules, sheets
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Draft, Item
from onewindow.catalogue.shape import place_in_words
from onewindow.kernel.flow import Conflict


@dataclass
class Outcome:
    drafts: list[Draft] = field(default_factory=list)
    # Items the workbook says the same of as the current version.
    same: int = 0
    faults: list[str] = field(default_factory=list)
    # Odd codes: mentioned, never refused.
    warnings: list[str] = field(default_factory=list)


def take_in(data: bytes, *, by: Principal) -> Outcome:
    contents = sheets.read(data)
    outcome = Outcome(faults=contents.faults)
    readings = {} if outcome.faults else {code: _read(code, said, outcome) for code, said in contents.found.items()}
    if not readings and not outcome.faults:
        outcome.faults.append(f"工作表“{sheets.BASE}”里没有事项。")
    if outcome.faults:
        return outcome
    there = Item.objects.select_related("current").in_bulk(list(readings))
    try:
        with transaction.atomic():
            for code, guide in readings.items():
                assert guide is not None
                _open(guide, there.get(code), outcome, by)
            if outcome.faults:
                raise _NothingHalfDone
    except _NothingHalfDone:
        outcome.drafts = []
    return outcome


class _NothingHalfDone(Exception):
    pass


def _read(code: str, content: dict[str, Any], outcome: Outcome) -> Guide | None:
    """A workbook is taken in only when every guide of it can be read; the rules speak later, at the draft."""
    reading = drafting.read(content)
    for fault in reading.faults:
        outcome.faults.append(f"{code} {place_in_words(fault.path)}：{fault.text}")
    for finding in reading.findings:
        if finding.rule == "C1":
            outcome.warnings.append(f"{code} {finding.text}")
    agency = str(content.get("agency", ""))
    if agency and not Agency.objects.filter(pk=agency).exists():
        outcome.faults.append(f"{code} 实施主体：没有代码为“{agency}”的部门。")
    return rules.judged(reading.guide) if reading.guide else None


def _open(guide: Guide, item: Item | None, outcome: Outcome, by: Principal) -> None:
    content = drafting.content_of(guide)
    if item and content == drafting.content_of(item.guide):
        outcome.same += 1
        return
    try:
        base = item.current if item else None
        outcome.drafts.append(actions.begin(content, by=by, base=base))
    except PermissionDenied:
        outcome.faults.append(f"{guide.code}：您没有编辑这件事项的权限。")
    except Conflict as conflict:
        outcome.faults.append(f"{guide.code}：{conflict.message}")
