"""卷宗: everything that proves what happened to a case, as one file that verifies without us (docs/decisions/0023).

Inside are the rows of the ledger with their hashes and the paths to the daily seals, the papers with their signed
facts, what was handed in, the public keys, and the script that checks it all. It is sent while it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.actions import view_number
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.dossier.content import Content
from onewindow.cases.models import Case, State
from onewindow.kernel import ledger

EVENT = "case.dossier_exported"


@dataclass(frozen=True)
class Dossier:
    name: str
    chunks: Iterator[bytes]


def may_export(case: Case, by: ledger.Actor) -> bool:
    """Who decides, heads or supervises; the command line is the operator's."""
    if isinstance(by, ledger.System):
        return True
    return guards.dossier(case, by)


def export(case: Case, *, by: ledger.Actor, reason: str = "", numbers: bool = False) -> Dossier:
    """On record before the first byte leaves; the row that says so is the last one inside.

    The applicant needs no reason, gets what the applicant may see (inner rows only by their hash), and no numbers but
    the masked ones. `numbers` puts the applicant's full number in: it is on record with the person as well.
    """
    if case.state == State.DRAFT:
        raise ValueError("草稿还没有提交，没有卷宗。")
    own = guards.applicant(case, by)
    if not own and not may_export(case, by):
        raise PermissionDenied("只有申请人、作出决定的人、机关负责人和监督人员可以导出卷宗。")
    reason = wording(reason, least=0 if own else 4, otherwise="请写明导出的理由，至少四个字。")
    full = ""
    with transaction.atomic():
        if numbers and case.person is not None:
            if own or not isinstance(by, Principal):
                raise PermissionDenied("完整证件号码只提供给办理这件事的人员。")
            full = view_number(case.person, by=by, reason=reason, case_number=case.number)
        ledger.record(case, EVENT, by=by, data={"reason": reason, "numbers": bool(full), "whole": not own})
    content = Content(case, upto=case.chain_seq, whole=not own, full_number=full, reason=reason)
    return Dossier(f"卷宗 {case.number}.zip", content.chunks())
