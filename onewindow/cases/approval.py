"""审批表: inside the organ, who said what and when, from the first opinion to the decision; a bare signature is none.

Made at every look from the ledger. It is no paper for the applicant, and no organ seals it.
"""

from __future__ import annotations

from typing import Any

from onewindow.cases import deadlines, timeline
from onewindow.cases.models import Case
from onewindow.documents import papers
from onewindow.kernel import clock

SAID = frozenset({
    "case.accepted", "case.deemed_accepted", "case.refused", "case.reviewed", "case.paused", "case.resumed",
    "case.extension_asked", "case.extension_declined", "case.extended", "case.discussed", "case.consultation_answered",
    "case.proposed", "case.proposal_returned", "case.granted", "case.denied", "case.deemed_renewed", "case.forwarded",
    "case.terminated",
})  # fmt: skip


def pdf(case: Case) -> bytes:
    return papers.render("approval_form", facts(case))


def facts(case: Case) -> dict[str, Any]:
    told = [each for each in timeline.of(case, inner=True) if each.event in SAID]
    return {
        "title": "审批表", "item": case.guide.name, "organ": case.agency.name, "case_number": case.number,
        "applicant": case.applicant_name, "date": clock.today().isoformat(),
        "submitted_on": deadlines.on(case.submitted_at).isoformat() if case.submitted_at else "",
        "accepted_on": deadlines.on(case.accepted_at).isoformat() if case.accepted_at else "",
        "due_on": case.statutory_due.isoformat() if case.statutory_due else "",
        "outcome": case.get_outcome_display(),
        "opinions": [
            [each.label, each.words, each.actor, each.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")]
            for each in told
        ],
    }  # fmt: skip
