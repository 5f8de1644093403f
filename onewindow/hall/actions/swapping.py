"""换班: one officer asks, the other agrees, and only then the two change places."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from onewindow.accounts.models import Absence, Post
from onewindow.accounts.principal import Principal
from onewindow.hall.actions.sitting import STAFF
from onewindow.hall.models import Duty, Roster, Swap
from onewindow.hall.sessions import label_of
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

State = Swap.State


def asker(swap: Swap, by: Actor) -> bool:
    return isinstance(by, Principal) and by.user_id == swap.asked_by_id


def asked(swap: Swap, by: Actor) -> bool:
    return isinstance(by, Principal) and by.user_id == swap.asked_of_id


@transaction.atomic
def ask(mine: Duty, theirs: Duty, *, by: Principal, why: str = "") -> Swap:
    """请求换班; the roster stays as it is until the other agrees."""
    if mine.user_id != by.user_id:
        raise ValueError("只能换自己的班。")
    if theirs.user_id == by.user_id:
        raise ValueError("这也是您自己的班，请选同事的班次。")
    if problem := problem_of(mine, theirs):
        raise ValueError(problem)
    try:
        with transaction.atomic():
            swap = Swap.objects.create(
                mine=mine, theirs=theirs, asked_by_id=by.user_id, asked_of_id=theirs.user_id, why=why.strip()[:100]
            )
    except IntegrityError as error:
        raise ValueError("这个班次已经在请人换了，等对方答复，或先撤回。") from error
    said = {"mine": _told(mine), "theirs": _told(theirs), "why": swap.why, "of": theirs.user_id}
    ledger.record(swap, "swap.asked", by=by, data=said)
    return swap


def problem_of(mine: Duty, theirs: Duty) -> str:
    """Each must be able to stand where the other stands; the agency of a place stays, so those who must attend do."""
    for duty in (mine, theirs):
        if duty.removed_at or duty.roster.state not in Roster.IN_FORCE:
            return f"{label_of(duty)}已经不在值班表上。"
        if duty.starts <= clock.now():
            return f"{label_of(duty)}已经开始，不能换了。"
    if mine.roster.site_id != theirs.roster.site_id:
        return "只能和同一个大厅的同事换班。"
    for user, place, own in ((mine.user, theirs, mine), (theirs.user, mine, theirs)):
        if not _may_stand(user.pk, place):
            return f"{user.name}没有{place.agency}的窗口岗位，不能换到{label_of(place)}。"
        away = Absence.objects.on(place.day).filter(user=user)
        if away.exists():
            return f"{user.name} {place.day:%-m月%-d日} 登记了离岗。"
        other = Duty.objects.standing().filter(user=user, day=place.day, session=place.session).exclude(pk=own.pk)
        if other.exclude(pk=place.pk).exists():
            return f"{user.name}{label_of(place)}已经有班。"
    return ""


def _may_stand(user_id: int, place: Duty) -> bool:
    held = Post.objects.filter(user=user_id, agency=place.agency_id, role__in=STAFF, starts__lte=place.day)
    return held.filter(Q(ends=None) | Q(ends__gte=place.day)).exists()


def _told(duty: Duty) -> str:
    return f"{label_of(duty)} {duty.window} 号窗口 {duty.user.name}"


@transition(
    "swap.agreed", label="同意换班", source={State.ASKED}, target=State.AGREED, allowed=asked, writes=True,
    tone="primary",
)  # fmt: skip
def agree(swap: Swap, *, by: Actor) -> dict[str, Any]:
    """The two change places in one transaction; the roster's history says so."""
    known = Duty.objects.select_for_update(of=("self",)).select_related("roster", "user", "window", "agency")
    both = {duty.pk: duty for duty in known.filter(pk__in=[swap.mine_id, swap.theirs_id]).order_by("pk")}
    mine, theirs = both[swap.mine_id], both[swap.theirs_id]
    if (mine.user_id, theirs.user_id) != (swap.asked_by_id, swap.asked_of_id):
        raise WrongState(swap, "值班表在这以后改过，请重新商量。")
    if problem := problem_of(mine, theirs):
        raise WrongState(swap, problem)
    said = [_told(mine), _told(theirs)]
    one, other = mine.user_id, theirs.user_id
    made = [_instead(mine, other), _instead(theirs, one)]
    Duty.objects.filter(pk__in=both).update(removed_at=clock.now())
    Duty.objects.bulk_create(made)
    for roster in {duty.roster_id: duty.roster for duty in (mine, theirs)}.values():
        exchange(roster, by=by, before=said, after=[f"{_told(duty)}" for duty in made])
    return {"before": said, "after": [_told(duty) for duty in made]}


def _instead(duty: Duty, user_id: int) -> Duty:
    """The same place with somebody else; the old row stays as what it was."""
    made = Duty(
        roster=duty.roster, day=duty.day, session=duty.session, opens=duty.opens, closes=duty.closes,
        window=duty.window, agency=duty.agency,
    )  # fmt: skip
    made.user_id = user_id
    return made


@transition(
    "roster.swapped", label="换班", source=set(Roster.IN_FORCE), target=Roster.State.CHANGED,
    allowed=lambda roster, by: True,
)  # fmt: skip
def exchange(roster: Roster, *, by: Actor, before: list[str], after: list[str]) -> dict[str, Any]:
    """Only as part of `agree`, which is the guard."""
    return {"removed": before, "added": after}


@transition("swap.declined", label="不换", source={State.ASKED}, target=State.DECLINED, allowed=asked)
def decline(swap: Swap, *, by: Actor) -> None:
    """The roster stays as it is."""


@transition("swap.withdrawn", label="撤回换班", source={State.ASKED}, target=State.WITHDRAWN, allowed=asker)
def withdraw(swap: Swap, *, by: Actor) -> None:
    """Asked in haste, or settled otherwise."""
