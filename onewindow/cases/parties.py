"""共同申请人: whom an item needs beside the applicant, and who has not confirmed the application as it stands."""

from __future__ import annotations

import hashlib
from typing import Any

from onewindow.cases.models import Case, Party
from onewindow.catalogue.procedure import CoApplicant
from onewindow.kernel import ledger
from onewindow.kernel.conditions import evaluate


def needed(case: Case, said: dict[str, Any]) -> list[CoApplicant]:
    """What its answers make of the guide's parties; one that cannot be told yet is not asked for yet."""
    return [need for need in case.guide.parties if not need.when or evaluate(need.when, said).answer == "met"]


def current(case: Case) -> list[Party]:
    return list(case.parties.current())


def unconfirmed(case: Case, said: dict[str, Any]) -> dict[str, str]:
    """Place → what stands in the way of submitting; empty where the guide asks for nobody."""
    if not case.guide.parties:
        return {}
    parties, found = current(case), {}
    for need in needed(case, said):
        lacking = need.count - sum(party.need == need.key for party in parties)
        if lacking > 0:
            found[f"party:{need.key}"] = f"还要请{need.label}一起确认（差 {lacking} 人）"
    found |= {f"party:{each.number}": f"{each}：{each.stands}" for each in parties if not each.is_confirmed}
    return found


def unanswered(case: Case) -> list[str]:
    """Who was asked again after a change, or declined."""
    return [party.name for party in current(case) if not party.is_confirmed] if case.guide.parties else []


def mark(case: Case) -> str:
    """Of what is declared: who confirms a page sends it back, and confirms nothing else.

    Empty where nobody confirms: each paper that comes and goes asks for it twice.
    """
    if not case.guide.parties:
        return ""
    papers = case.papers.filter(removed_at__isnull=True).order_by("pk").values_list("material", "file_id", "paper_form")
    kept = [case.answers, case.form, [[material, str(file), form] for material, file, form in papers]]
    return hashlib.sha256(ledger.canonical(kept).encode()).hexdigest()[:24]
