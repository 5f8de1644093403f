"""认领、放回、移交、回避: which officer of the post has the step."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from onewindow.accounts.models import Absence, Post, User
from onewindow.accounts.principal import Principal
from onewindow.cases import steps
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import DESK_STATES, Case
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor


@transition("case.claimed", label="认领", source=DESK_STATES, target=None, allowed=guards.free_worker, retry=False)
def claim(case: Case, *, by: Actor, step: str = "") -> dict[str, Any]:
    """认领: from now on only this officer acts at the step (or the B 角, while this one is away)."""
    assert isinstance(by, Principal)
    free = {each["key"]: each for each in steps.mine(case, by) if each["user"] != by.user_id}
    chosen = free.get(step) if step else next(iter(free.values()))
    if chosen is None:
        raise WrongState(case, "这个环节刚刚被别人认领，或者已经办完。")
    steps.change(case, chosen["key"], user=by.user_id, holder=by.name, note="")
    return {"step": chosen["name"]}


@transition("case.released", label="放回", source=DESK_STATES, target=None, allowed=guards.holder, retry=False)
def release(case: Case, *, by: Actor) -> dict[str, Any]:
    """Back to the post: any colleague may take it on."""
    assert isinstance(by, Principal)
    return {"step": _let_go(case, by)}


def _let_go(case: Case, by: Principal) -> str:
    held = [each for each in case.open_steps if each["user"] == by.user_id]
    for each in held:
        steps.change(case, each["key"], user=0, holder="", note="")
    return "、".join(each["name"] for each in held)


@transition("case.handed_over", label="移交", source=DESK_STATES, target=None, allowed=guards.hander, retry=False)
def hand_over(case: Case, *, by: Actor, to: str, reason: str) -> dict[str, Any]:
    """移交: `to` is "<step key>:<user id>"; the other finds it on the work list with the reason."""
    reason = wording(reason, least=4, otherwise="请写明移交的原因，至少四个字。")
    assert isinstance(by, Principal)
    found = {f"{step['key']}:{user.pk}": (step, user) for step, user in successors(case, by)}
    if to not in found:
        raise ValueError("请选择移交给谁：只能交给这个岗位上在岗的其他人。")
    step, user = found[to]
    steps.change(case, step["key"], user=user.pk, holder=user.name, note=f"{by.name}移交：{reason}")
    return {"step": step["name"], "who": f"交给{user.name}", "reason": reason}


def successors(case: Case, by: Principal) -> list[tuple[steps.Open, User]]:
    """(open step, officer) to whom the step can be handed: its post's holders who are at work and free of bias."""
    within = steps.mine(case, by) or (case.open_steps if by.has_at(case.agency_id, "manager", "head") else [])
    today, biased = clock.today(), {each["user"] for each in case.recused}
    in_force = Q(ends__isnull=True) | Q(ends__gte=today)
    posts = Post.objects.filter(in_force, starts__lte=today, user__is_active=True).exclude(
        user__absences__in=Absence.objects.on(today)
    ).select_related("user").order_by("user__name", "user_id")  # fmt: skip
    found = []
    for step in within:
        at = posts.filter(role=step["post"], agency=step["agency"] or case.agency_id).exclude(user=step["user"])
        found += [(step, post.user) for post in at if post.user_id not in biased]
    return found


@transition("case.recused", label="申请回避", source=DESK_STATES, target=None, allowed=guards.concerned, tone="danger")
def recuse(case: Case, *, by: Actor, reason: str) -> dict[str, Any]:
    """回避: an interest in the matter or a tie to the applicant; the case goes back to the post, to somebody else."""
    reason = wording(reason, least=4, otherwise="请写明与本案或者申请人有什么关系，至少四个字。")
    assert isinstance(by, Principal)
    step = _let_go(case, by)
    said = {"user": by.user_id, "name": by.name, "reason": reason, "at": clock.now().isoformat()}
    case.recused = [*case.recused, said]
    return {"step": step, "reason": reason}
