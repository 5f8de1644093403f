"""How the whole catalogue is doing: complete, incomplete by rule, stale, uncited; few queries, always as many."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, Q, QuerySet

from onewindow.accounts.models import Agency
from onewindow.catalogue import rules
from onewindow.catalogue.models import Item
from onewindow.kernel import clock

# Citations nobody has looked up, and items that cite nothing.
UNVERIFIED, UNCITED = "K1", "E1"
STATES = {
    "complete": "完整", "incomplete": "待补全", "stale": "该核对了", "unverified": "引用没核对", "uncited": "没有依据",
    "edited": "网上改过",
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What somebody wants to see; empty values mean everything."""

    state: str = ""
    rule: str = ""
    agency: str = ""
    core: bool = False
    q: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        state, rule = given.get("state", ""), given.get("rule", "")
        return cls(
            state=state if state in STATES else "",
            rule=rule if rule in rules.RULES else "",
            agency=given.get("agency", "")[:50],
            core=given.get("core") == "1",
            q=given.get("q", "").strip()[:80],
        )

    @property
    def said(self) -> dict[str, str]:
        core = {"core": "1"} if self.core else {}
        rest = {"state": self.state, "rule": self.rule, "agency": self.agency, "q": self.q}
        return core | {name: value for name, value in rest.items() if value}


def in_state(state: str) -> Q:
    return {
        "": Q(),
        "complete": Q(complete=True),
        "incomplete": Q(complete=False),
        "stale": Q(reviewed_on__isnull=True) | Q(reviewed_on__lt=stale_before()),
        "unverified": _breaks(UNVERIFIED),
        "uncited": _breaks(UNCITED),
        "edited": Q(edited=True),
    }[state]


def _breaks(rule: str) -> Q:
    return Q(blocked_by__contains=[rule]) | Q(warned_by__contains=[rule])


def stale_before() -> dt.date:
    """So many months ago as the district says."""
    return clock.add_months(clock.today(), -rules.of_district().stale_months)


def items(wanted: Filter, *, but: str = "") -> QuerySet[Item]:
    """`but`: the part of the filter left out, so that its own choices can be counted."""
    found = Item.objects.filter(current__isnull=False)
    if wanted.state and but != "state":
        found = found.filter(in_state(wanted.state))
    if wanted.rule and but != "rule":
        found = found.filter(_breaks(wanted.rule))
    if wanted.agency and but != "agency":
        found = found.filter(agency=wanted.agency)
    if wanted.core:
        found = found.filter(core=True)
    if wanted.q:
        found = found.filter(Q(name__contains=wanted.q) | Q(short_name__contains=wanted.q) | Q(code=wanted.q.upper()))
    return found


@dataclass(frozen=True)
class Health:
    total: int
    states: dict[str, int]
    # Rule code, title, items it blocks, items it only warns of; most blocked first.
    by_rule: list[tuple[str, str, int, int]]
    # Agency, items, of which complete; least complete first.
    by_agency: list[tuple[Agency, int, int]]


def of(wanted: Filter) -> Health:
    figures = {f"in_{state}": Count("pk", filter=in_state(state)) for state in STATES}
    counted = items(wanted, but="state").aggregate(total=Count("pk"), **figures)
    states = {state: counted[f"in_{state}"] for state in STATES}
    return Health(counted["total"], states, _by_rule(wanted), _by_agency(wanted))


def _by_rule(wanted: Filter) -> list[tuple[str, str, int, int]]:
    counts = {}
    for column in ("blocked_by", "warned_by"):
        broken = (
            items(wanted, but="rule").annotate(rule=Func(F(column), function="unnest")).values_list("rule", flat=True)
        )
        counts[column] = Counter(broken)
    rows = [(r.code, r.title, counts["blocked_by"][r.code], counts["warned_by"][r.code]) for r in rules.RULES.values()]
    return sorted((row for row in rows if row[2] or row[3]), key=lambda row: (-row[2], -row[3]))


def _by_agency(wanted: Filter) -> list[tuple[Agency, int, int]]:
    counts = {"total": Count("pk"), "whole": Count("pk", filter=Q(complete=True))}
    rows = items(wanted, but="agency").order_by().values_list("agency").annotate(**counts)
    agencies = Agency.objects.in_bulk()
    found: list[tuple[Agency, int, int]] = [(agencies[code], total, whole) for code, total, whole in rows]
    return sorted(found, key=lambda row: (row[2] / row[1], -row[1]))


HEADINGS = (
    "事项编号", "事项名称", "类型", "实施主体", "核心", "完整", "不合规则", "提醒", "最近核对", "版本", "要改什么",
)  # fmt: skip


def sheet(wanted: Filter) -> list[tuple[Any, ...]]:
    """The list as rows of a workbook, with every sentence."""
    policy = rules.of_district()
    rows: list[tuple[Any, ...]] = [HEADINGS]
    for item in items(wanted).select_related("agency", "current").order_by("agency", "code"):
        assert item.current is not None
        findings = rules.judge(item.guide, policy)
        told = "\n".join(f"{f.rule} {f.text}" for f in findings if f.blocks)
        rows.append((
            item.code, item.name, item.kind, str(item.agency), "是" if item.core else "否",
            "是" if item.complete else "否", "、".join(item.blocked_by), "、".join(item.warned_by),
            item.reviewed_on.isoformat() if item.reviewed_on else "", item.current.number, told,
        ))  # fmt: skip
    return rows
