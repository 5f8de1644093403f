"""告知承诺: what was promised with the submission, and taking the promise back before the decision."""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines
from onewindow.cases.actions import gap, guards
from onewindow.cases.models import Case, State
from onewindow.cases.promises import GAP_PROMISE, LICENCE_PROMISE, PROOF_PROMISE, Offer, Promised
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor


def make(case: Case, offer: Offer, promised: Promised) -> dict[str, Any]:
    """Write onto the case what it promises; facts of the 承诺书, none when nothing is."""
    licence = promised.licence and bool(offer.licence)
    if not (offer.gaps or offer.proofs or licence):
        return {}
    guide = case.guide
    if offer.gaps:
        gap.promise_papers(case, offer.gaps)
    if offer.proofs or licence:
        proofs = [paper.key for paper in offer.proofs]
        case.promise = {
            "licence": licence, "proofs": proofs, "promised_at": clock.now().isoformat(), "withdrawn_at": "",
        }  # fmt: skip
    rule = guide.promise
    return {
        "title": "告知承诺书" if licence or offer.proofs else "容缺受理承诺书",
        "terms": list(rule.terms) if licence else [],
        "proofs": [{"name": paper.name, "standard": paper.standard} for paper in offer.proofs],
        "gaps": [{"name": paper.name, "standard": paper.standard} for paper in offer.gaps],
        "gap_days": guide.gaps.days, "gap_consequence": gap.consequence(case) if offer.gaps else "",
        "consequences": rule.consequences if licence or offer.proofs else "",
        "check_days": rule.check_days if licence or offer.proofs else 0,
        "promise_basis": [str(cite) for cite in rule.basis] if licence or offer.proofs else [],
        "sentences": _sentences(licence, offer),
        "signed_how": "" if case.channel == Case.Channel.DESK else "网上勾选承诺后提交",
    }  # fmt: skip


def _sentences(licence: bool, offer: Offer) -> list[str]:
    said = [(licence, LICENCE_PROMISE), (bool(offer.proofs), PROOF_PROMISE), (bool(offer.gaps), GAP_PROMISE)]
    return [words for there, words in said if there]


def _is_licence(case: Case) -> bool:
    return case.by_promise


@transition(
    "case.promise_withdrawn", label="撤回承诺，改走一般程序",
    source={State.SUBMITTED, State.RECEIVED, State.CORRECTING, State.REVIEWING, State.DECIDING}, target=None,
    allowed=guards.filer,
    when=_is_licence,
)  # fmt: skip
def withdraw_promise(case: Case, *, by: Actor) -> dict[str, Any]:
    """Before the decision: the matter then takes the ordinary way, and nothing is lost (国办发〔2020〕42号)."""
    case.promise = {**case.promise, "withdrawn_at": clock.now().isoformat()}
    if case.state == State.DECIDING and case.review_steps:
        case.step, case.open_steps = 0, []
        case.state = State.REVIEWING
    deadlines.refresh(case)
    due = case.promised_due or case.statutory_due
    return {"due_on": due.isoformat() if due else ""}
