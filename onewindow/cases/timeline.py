"""The ledger read as a story: what happened, by whom, with which paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onewindow.cases.models import Case
from onewindow.documents.models import Certificate
from onewindow.kernel import ledger
from onewindow.kernel.flow import REGISTRY
from onewindow.kernel.models import Entry

# Events a page tells before it is asked for all: a case that ran for a year may have hundreds.
SHOWN = 40
# Acts that move no state but belong to the file.
OTHER = {
    "case.calendar_moved": "工作日历变更，期限重新计算",
    "case.opened": "开始填写",
    "case.shared": "请人一起填写",
    "case.joined": "接受邀请，一起填写",
    "case.unshared": "不再一起填写",
    "case.paper_opened": "打开文书",
    "case.party_invited": "请人一起申请",
    "case.party_joined": "接受邀请，一起申请",
    "case.party_confirmed": "共同申请人确认",
    "case.party_declined": "共同申请人不同意",
    "case.party_removed": "收回共同申请的邀请",
    "case.confirmations_voided": "内容有改动，请共同申请人重新确认",
    "case.file_opened": "查看材料",
    "case.file_fetched": "外部系统取走材料",
    "case.number_viewed": "查看完整证件号码",
    "case.dossier_exported": "导出卷宗",
}
# What an applicant does not see: officers looking at what was handed in, and what they wrote for one another.
INNER = frozenset({
    "case.file_opened", "case.file_fetched", "case.number_viewed", "case.claimed", "case.released",
    "case.handed_over", "case.recused", "case.dossier_exported", "case.extension_asked", "case.extension_declined",
    "case.proposed", "case.proposal_returned",
    "case.consulted", "case.consultation_answered", "case.discussed",
})  # fmt: skip
INNER_WORDS = {"case.reviewed": {"advice", "opinion"}}


@dataclass(frozen=True)
class Event:
    entry: int
    at: datetime
    event: str
    label: str
    actor: str
    data: dict[str, Any]

    @property
    def paper_title(self) -> str:
        paper = self.data.get("paper")
        return paper["facts"]["title"] if paper else ""

    @property
    def told_by_outside(self) -> bool:
        """Word of an outside system, whoever wrote it down here."""
        return self.event in {"case.told_outside", "case.finished_outside"}

    @property
    def words(self) -> str:
        """What was said in the act: opinion, reason, way."""
        said = ("told", "act", "step", "who", "advice", "opinion", "ground", "right_organ", "reason", "way", "words")
        return " · ".join(self.data[key] for key in said if self.data.get(key))


def of(case: Case, *, inner: bool = False) -> list[Event]:
    """Newest last."""
    return [
        Event(entry.pk, entry.at, entry.event, label(entry.event), entry.actor_name, _told(entry, inner))
        for entry in ledger.timeline("case", case.number)
        if inner or entry.event not in INNER
    ]


def newest(events: list[Event], *, every: bool = False) -> list[Event]:
    """What a page tells at first, newest first; `every` is the whole story."""
    return events[::-1] if every else events[: -SHOWN - 1 : -1]


def _told(entry: Entry, inner: bool) -> dict[str, Any]:
    hidden = set() if inner else INNER_WORDS.get(entry.event, set())
    return {key: value for key, value in entry.data.items() if key not in hidden}


def label(event: str) -> str:
    if event in REGISTRY:
        return REGISTRY[event].label
    return OTHER.get(event, event)


def certificate(case: Case) -> Certificate | None:
    found = Certificate.objects.filter(case_number=case.number).select_related("successor")
    return found.order_by("-issued_at").first()
