"""What the counter takes beside form and originals: a mandate 代办人, who applies together, papers here already."""

from __future__ import annotations

import datetime as dt
from typing import Any

from onewindow.accounts.acting import SEEN_FOR_ANOTHER, come_to_window_for
from onewindow.accounts.counter import person_at_window
from onewindow.accounts.models import Mandate, Person
from onewindow.cases import vault
from onewindow.cases.actions import drafts, parties
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.web.account.guards import SignedIn
from onewindow.web.desk import applicant

# Rows for each kind of 共同申请人; more of them apply online or sign one after the other.
ROWS = 3


def context(item: Item) -> dict[str, Any]:
    return {
        "by_agent": by_agent(item),
        "grounds": [(ground.value, ground.label, papers) for ground, papers in SEEN_FOR_ANOTHER.items()],
    }


def by_agent(item: Item) -> bool:
    """Whether somebody may come instead of the applicant; for a firm whoever comes is the one who acts for it."""
    return item.target != ["法人"]


def sent(request: SignedIn) -> dict[str, str]:
    """Name, number and phone of the agent, as typed."""
    return {key: request.POST.get(f"agent-{key}", "").strip() for key in ("name", "number", "phone")}


def mandate(request: SignedIn, item: Item, person: Person) -> Mandate | None:
    """As the paper in hand says; None where the applicant came in person."""
    posted, agent = request.POST, sent(request)
    if not any(agent.values()):
        return None
    if not (agent["name"] and agent["number"]):
        raise ValueError("代办人的姓名和身份证号码都要填。")
    if posted.get("agent-cards") != "yes":
        raise ValueError("请核对申请人和代办人双方的身份证件。")
    ground, _, paper = posted.get("agent-paper", "").partition(":")
    return come_to_window_for(
        person, person_at_window(**agent), by=request.principal, ground=ground, paper=paper,
        scope=[] if posted.get("agent-scope") == "all" else [item.code], starts=_day(posted.get("agent-starts", "")),
        ends=_day(posted.get("agent-ends", "")), relation=posted.get("agent-relation", ""),
    )  # fmt: skip


def kept_before(request: SignedIn, wanted: dict[str, int | None]) -> dict[str, list[vault.Kept]]:
    """What the person whose card was typed has handed in or been issued before; nobody else learns of it."""
    said = applicant.said(request)
    others = any(request.POST.get(name, "").strip() for name in ("applicant-organisation", "agent-number"))
    if not said["number"] or others:
        return {}
    person = Person.find(said["number"].upper())
    return vault.offers_at_window(person, wanted) if person and person.name == said["name"] else {}


def take_over(request: SignedIn, case: Case) -> None:
    """Ticked with the person's consent: "<material> <offer>" each."""
    names = {paper.key: paper.name for paper in case.guide.materials}
    for ticked in request.POST.getlist("take-kept"):
        key, _, offer = ticked.partition(" ")
        file = vault.take_at_window(case, offer, names.get(key, ""), request.principal)
        if file is None:
            raise ValueError("以前的材料刚刚有变化，或者来的不是本人，不能取用。请看过原件再收。")
        drafts.add_paper(case, key, file, by=request.principal, taken_from=offer)


def _day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed) if typed else None
    except ValueError:
        raise ValueError("委托书的日期请写成 2026-03-02 这样。") from None


def sign(request: SignedIn, case: Case) -> None:
    """共同申请人 at the counter: each with card and signature. An empty row is nobody."""
    for need in case.guide.parties:
        for row in range(ROWS):
            said = {
                key: request.POST.get(f"party.{need.key}.{row}.{key}", "").strip()
                for key in ("name", "number", "phone")
            }
            if said["name"] or said["number"]:
                signed = request.POST.get(f"party.{need.key}.{row}.signed") == "yes"
                parties.confirm_at_window(case, need.key, person_at_window(**said), by=request.principal, signed=signed)
