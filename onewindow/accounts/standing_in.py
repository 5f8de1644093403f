"""A/B 角: who stands in for whom at a post, and when."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from onewindow.accounts import principal as principals
from onewindow.accounts.models import Absence, Post, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock, ledger

DIRECTS = ("manager", "head")


def directs(by: Principal, agency: str | None) -> bool:
    """The head of the organ, or a manager of it or of the whole hall."""
    return by.has_at(agency, *DIRECTS) or by.over_district("manager")


def may_set(by: Principal, user: User) -> bool:
    """For oneself, or for somebody whose work one directs."""
    return by.user_id == user.pk or any(directs(by, post.agency_id) for post in user.posts.all())


@transaction.atomic
def name_backup(post: Post, backup: User | None, *, by: Principal) -> None:
    """B 角 of a post; another officer, and of the same agency where that is known."""
    if not directs(by, post.agency_id):
        raise PermissionDenied("B 角由本部门负责人或大厅管理指定。")
    if backup is not None and (backup.pk == post.user_id or not backup.posts.filter(agency=post.agency_id).exists()):
        raise ValidationError("B 角应当是同一部门的另一位同事。")
    former, post.backup = post.backup_id, backup
    post.save(update_fields=["backup"])
    for user_id in (former, backup.pk if backup else None):
        if user_id is not None:
            principals.forget(user_id)
    data = {"role": post.role, "agency": post.agency_id, "backup": backup and backup.pk}
    ledger.record(("user", str(post.user_id)), "post.backup_named", by=by, data=data)


@transaction.atomic
def be_away(user: User, starts: dt.date, ends: dt.date, *, by: Principal, reason: str = "") -> Absence:
    if not may_set(by, user):
        raise PermissionDenied("只能登记自己的离岗，或由本部门负责人登记。")
    if ends < max(starts, clock.today()):
        raise ValidationError("离岗的最后一天不能早于第一天，也不能早于今天。")
    try:
        with transaction.atomic():
            away = Absence.objects.create(
                user=user, starts=starts, ends=ends, reason=reason.strip()[:100], set_by=by.key
            )
    except IntegrityError:
        raise ValidationError("这一天起的离岗已经登记过了，要改请先结束原来的。") from None
    data = {"starts": starts.isoformat(), "ends": ends.isoformat()}
    _told(user, "user.away", by, data)
    return away


@transaction.atomic
def be_back(away: Absence, *, by: Principal) -> None:
    """Back at work, or written down by mistake; a second time changes nothing."""
    if not may_set(by, away.user):
        raise PermissionDenied("只能结束自己的离岗，或由本部门负责人结束。")
    if Absence.objects.filter(pk=away.pk, ended_at__isnull=True).update(ended_at=clock.now()):
        _told(away.user, "user.back", by, {"starts": away.starts.isoformat()})


def _told(user: User, event: str, by: Principal, data: dict[str, str]) -> None:
    for backup in user.posts.filter(backup__isnull=False).values_list("backup_id", flat=True):
        principals.forget(backup)
    ledger.record(("user", str(user.pk)), event, by=by, data=data)
