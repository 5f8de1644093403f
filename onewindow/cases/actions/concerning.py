"""Which certificate a change, renewal, reissue or cancellation is about; and renewal by silence (行政许可法 §50)."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import concerning, deadlines, notices
from onewindow.cases.actions import certifying, drafts, guards
from onewindow.cases.models import Case, State
from onewindow.documents import verification
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

WRONG = "没有查到相符的证照。请核对证照编号和持证人姓名（名称），要和证照上一模一样。"


def find(case: Case, number: str, holder: str, *, by: Principal) -> Certificate:
    """By number and holder's name, as on the certificate; a citizen only finds what is the applicant's own.

    The caller limits how often one may try.
    """
    found = verification.by_number_and_name(number, holder).certificate
    if found is None or not (guards.clerk(case, by) or found.holder == case.applicant_name or _own(case, found)):
        raise ValueError(WRONG)
    return found


def _own(case: Case, certificate: Certificate) -> bool:
    """Issued to the applicant, whatever name is on it: a shop's licence is in the name of the shop."""
    return concerning.held(case).filter(pk=certificate.pk).exists()


def choose(case: Case, certificate: Certificate, *, by: Principal) -> None:
    """The draft is about this certificate, and its form takes over what is known; what was typed already stays."""
    if problem := concerning.fault(case, certificate):
        raise ValueError(f"{problem.rstrip('。')}。")
    own = guards.clerk(case, by) or _own(case, certificate)
    form = concerning.filled(case, certificate, whole=own) | {k: v for k, v in case.form.items() if v not in (None, "")}
    drafts.save_concerned(case, certificate, form, by=by)


@transition(
    "case.deemed_renewed", label="到期未答复，视为准予延续",
    source={State.SUBMITTED, State.RECEIVED, State.REVIEWING, State.PAUSED, State.DECIDING}, target=State.DECIDED,
    allowed=guards.timer, writes=True,
)  # fmt: skip
def deem_renewed(case: Case, *, by: Actor) -> dict[str, Any]:
    """视为准予延续: applied for in time, no answer before expiry (行政许可法 §50); supervision reads the row."""
    if not concerning.lapsed_into_renewal(case):
        raise WrongState(case, "还不到视为准予延续的时候。")
    expired = case.concerns.valid_until.isoformat() if case.concerns and case.concerns.valid_until else ""
    case.outcome, case.decided_at = Case.Outcome.GRANTED, clock.now()
    case.accepted_at = case.accepted_at or case.complete_at or case.submitted_at
    case.proposal, case.proposed_by = {}, ""
    case.state = State.DECIDED
    deadlines.refresh(case)
    facts = certifying.certify(case, by) | {"outcome": "准予", "deemed": True, "expired": expired}
    issued = notices.paper(case, "granted", by=by, **facts)
    return {"deemed": True, "expired": expired, "certificate": facts["certificate"], "paper": issued}
