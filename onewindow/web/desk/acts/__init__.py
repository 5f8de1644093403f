"""The acts of the desk as resources: each slug is one action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onewindow.cases.models import Case
from onewindow.web.desk.acts import afterwards, amendment, holding, intake, outcome, outside, promises, review
from onewindow.web.desk.acts.act import Act, Words

__all__ = ["ACTS", "Act", "Offer", "Words", "offers", "unsent"]

# In the order an officer is likely to need them; the first possible one stands on top.
ORDER = [
    afterwards.SIGNATURE,
    afterwards.RETURN,
    intake.SUBMISSION,
    intake.ACCEPTANCE,
    outside.HANDOVER,
    intake.RECEIPT,
    intake.CORRECTION,
    review.RESUMPTION,
    promises.LATER_CHECK,
    promises.CORRECTION_ORDER,
    intake.PREREVIEW_PASS,
    intake.PREREVIEW_RETURN,
    review.OPINION,
    afterwards.FORWARD,
    afterwards.UPPER,
    outcome.GRANT,
    outcome.DELIVERY,
    outcome.COMPLETION,
    outside.WORD,
    outside.RESULT,
    outside.NUMBER,
    holding.CLAIM,
    holding.RELEASE,
    holding.HAND_OVER,
    promises.GAP_PAPER,
    promises.PROMISE_WITHDRAWAL,
    promises.CORRECTION_REPORT,
    review.PAUSE,
    review.ASK_EXTENSION,
    review.EXTENSION,
    review.DECLINE,
    amendment.CONSENT,
    amendment.PROPOSAL,
    intake.REFUSAL,
    intake.WITHDRAWAL,
    review.TERMINATION,
    outcome.DENIAL,
    afterwards.CANCELLATION,
    afterwards.REVOCATION,
    afterwards.RECALL,
    afterwards.WITHDRAWAL,
    afterwards.LIFTING,
    holding.RECUSAL,
]
ACTS = {act.slug: act for act in ORDER}


@dataclass(frozen=True)
class Offer:
    """An act open to this officer now, with its form as typed or fresh."""

    act: Act
    form: Words


def unsent(offered: list[Offer], typed: tuple[str, Words] | None, data: Mapping[str, str]) -> list[tuple[str, str]]:
    """(label, words) of a refused act that is no longer possible: there is no form left to keep them in."""
    if typed is None or typed[0] in {offer.act.slug for offer in offered}:
        return []
    kept = [(str(field.label), str(field.value() or "")) for field in typed[1] if field.widget_type != "radioselect"]
    kept += [("意见", text) for name, text in data.items() if name.startswith("remark.")]
    return [(label, words) for label, words in kept if words.strip()]


def offers(case: Case, by: Any, typed: tuple[str, Words] | None = None) -> list[Offer]:
    found = []
    for act in ACTS.values():
        if act.fits(case) and act.transition.possible(case, by):
            form = typed[1] if typed and typed[0] == act.slug else act.form()
            if not form.is_bound:
                form.fit(case, by)
            found.append(Offer(act, form))
    return found
