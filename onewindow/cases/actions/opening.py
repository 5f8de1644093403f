"""打开文书: the addressee's first look is noted; where only that counts, it delivers the decision."""

from __future__ import annotations

from contextlib import suppress

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import outcome, serving
from onewindow.cases.models import Case, State
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry


def open_paper(case: Case, entry: Entry, *, by: Principal) -> None:
    """Officers who look open nothing; of two looks at once one is the first."""
    row = serving.note_opening(case, entry, by=by)
    decided = row is not None and row.kind in {"granted", "denied"} and row.party_id is None
    if decided and row and row.is_effective and case.state == State.DECIDED:
        with suppress(Conflict):  # the clerk was faster
            outcome.deliver(case, by=System("delivery", "系统（打开即送达）"), way="")
