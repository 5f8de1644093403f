"""Filling in a draft together 共同填写: the applicant asks, the other accepts; who sends it stays the applicant."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.actions.drafts import EDITABLE
from onewindow.cases.models import Case, CoFiller
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import WrongState

MOST = 5


@transaction.atomic
def invite(case: Case, label: str, *, by: Principal) -> CoFiller:
    if not guards.filer(case, by):
        raise PermissionDenied("只有申请人可以请人一起填写。")
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if locked.state not in EDITABLE:
        raise WrongState(case, "申请已经提交，不能再请人一起填写。")
    if not label:
        raise ValueError("请写一个称呼，例如“女儿”。")
    if locked.co_fillers.filter(ended_at__isnull=True).count() >= MOST:
        raise ValueError(f"最多请 {MOST} 个人一起填写。")
    made = CoFiller.objects.create(case=case, label=label)
    ledger.record(case, "case.shared", by=by, data={"with": label})
    return made


@transaction.atomic
def join(invitation: CoFiller, *, by: Principal) -> Case:
    """Whoever opens the link first; a second account is refused, the same one again changes nothing."""
    locked = CoFiller.objects.select_for_update().select_related("case").get(pk=invitation.pk)
    case = locked.case
    if locked.ended_at or case.state not in EDITABLE:
        raise WrongState(case, "这份申请已经提交，或者邀请已经收回。")
    if guards.filler(case, by):
        return case
    if locked.user_id is not None:
        raise WrongState(case, "这份邀请已经有人接受了，请申请人再发一份。")
    locked.user_id, locked.joined_at = by.user_id, clock.now()
    try:
        with transaction.atomic():
            locked.save(update_fields=["user", "joined_at"])
    except IntegrityError:
        return case
    ledger.record(case, "case.joined", by=by, data={"as": locked.label})
    return case


@transaction.atomic
def end(invitation: CoFiller, *, by: Principal) -> None:
    if not guards.filer(invitation.case, by) and invitation.user_id != by.user_id:
        raise PermissionDenied("只有申请人可以收回邀请。")
    open_ones = CoFiller.objects.filter(pk=invitation.pk, ended_at__isnull=True)
    if open_ones.update(ended_at=clock.now()):
        ledger.record(invitation.case, "case.unshared", by=by, data={"with": invitation.label})
