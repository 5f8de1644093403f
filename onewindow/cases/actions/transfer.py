"""划转 of powers: planned by one, approved by another, carried out on the day; every case by an act of its own."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases import notices, steps, versions
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State, Transfer
from onewindow.catalogue import publish
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item
from onewindow.catalogue.running import HARMLESS, Rule
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor, System

BY = System("transfer", "系统（职权划转）")
STAGE_STATES = versions.STAGE_STATES | {
    "accepted": (*versions.STAGE_STATES["accepted"], State.OUTSIDE),
    "decided": (State.DECIDED, State.DELIVERED),
}
STAGE_OF = {state: stage for stage, states in STAGE_STATES.items() for state in states}
STAGES = {
    "draft": "草稿", "prereview": "预审中、预审后未提交", "filed": "已提交、未受理", "accepted": "已受理、未决定",
    "decided": "已决定、未办结",
}  # fmt: skip
RUNNING_CLOCKS = (*STAGE_STATES["filed"], *STAGE_STATES["accepted"], *STAGE_STATES["decided"])
RULES = {"move": "移送承接机关", "stay": "由原机关办完"}
STAY = {"accepted": "stay", "decided": "stay"}
PRESETS = {
    "all": ("全部移送承接机关", dict.fromkeys(STAGES, "move")),
    "accepted_stay": ("已受理的由原机关办完，其余移送", dict.fromkeys(STAGES, "move") | STAY),
}


def goes(plan: Transfer, stage: str) -> bool:
    """A draft has been filed with nobody yet: it always goes to whoever has the power."""
    return stage == "draft" or plan.rule.get(stage) == "move"


def _planner(plan: Transfer, by: Any) -> bool:
    return isinstance(by, Principal) and by.has_at(None, "editor")


def _second_person(plan: Transfer, by: Any) -> bool:
    return (
        isinstance(by, Principal) and by.has_at(None, "checker") and by.user_id not in {plan.author_id, *plan.writers}
    )


def _either(plan: Transfer, by: Any) -> bool:
    return _planner(plan, by) or _second_person(plan, by)


def _clear(plan: Transfer) -> None:
    from onewindow.cases import transfers  # it carries these acts out

    if found := transfers.obstacles(plan, Item.objects.filter(pk__in=plan.items).select_related("current")):
        raise ValueError(found[0])


@transition("transfer.saved", label="保存划转方案", source={Transfer.State.DRAFTING}, target=None, allowed=_planner)
def save(plan: Transfer, *, by: Principal, **values: Any) -> dict[str, Any]:
    """Whoever has written in it is not the second person."""
    for name, value in values.items():
        setattr(plan, name, value)
    plan.writers = sorted({*plan.writers, by.user_id})
    return {"fields": sorted(values)}


@transition(
    "transfer.proposed", label="报批", source={Transfer.State.DRAFTING}, target=Transfer.State.PROPOSED,
    allowed=_planner, tone="primary",
)  # fmt: skip
def propose(plan: Transfer, *, by: Principal) -> dict[str, Any]:
    if plan.effective_on < clock.today():
        raise ValueError("生效日期已经过了，请改成今天或以后。")
    _clear(plan)
    plan.remark = ""
    return {"items": plan.items, "rule": plan.rule, "document": plan.document}


@transition(
    "transfer.returned", label="退回修改", source={Transfer.State.PROPOSED}, target=Transfer.State.DRAFTING,
    allowed=_second_person,
)  # fmt: skip
def send_back(plan: Transfer, *, by: Principal, remark: str) -> dict[str, Any]:
    plan.remark = wording(remark, least=2, otherwise="请写明要改什么。")[:500]
    return {"remark": plan.remark}


@transition(
    "transfer.approved", label="批准", source={Transfer.State.PROPOSED}, target=Transfer.State.APPROVED,
    allowed=_second_person, tone="primary",
)  # fmt: skip
def approve(plan: Transfer, *, by: Principal) -> dict[str, Any]:
    """Asked again: posts may have ended and items gone since it was proposed."""
    if plan.effective_on < clock.today():
        raise ValueError("生效日期已经过了，请退回，改成今天或以后。")
    _clear(plan)
    plan.approved_by_id = by.user_id
    return {"effective_on": plan.effective_on.isoformat()}


@transition(
    "transfer.recalled", label="收回", source={Transfer.State.PROPOSED, Transfer.State.APPROVED},
    target=Transfer.State.DRAFTING, allowed=_either,
)  # fmt: skip
def recall(plan: Transfer, *, by: Principal) -> dict[str, Any]:
    """Before its day. Afterwards only another transfer undoes it."""
    plan.approved_by_id = None
    return {}


@transition(
    "transfer.cancelled", label="取消这份方案", source={Transfer.State.DRAFTING}, target=Transfer.State.CANCELLED,
    allowed=_planner, tone="danger",
)  # fmt: skip
def cancel(plan: Transfer, *, by: Principal) -> dict[str, Any]:
    return {}


@transition(
    "transfer.begun", label="生效", source={Transfer.State.APPROVED}, target=Transfer.State.RUNNING,
    allowed=guards.timer, writes=True,
)  # fmt: skip
def begin(plan: Transfer, *, by: Actor) -> dict[str, Any]:
    """The power moves in one moment, all items together; open cases and certificates follow in batches."""
    if plan.effective_on > clock.today():
        raise ValueError(f"生效日期是 {plan.effective_on:%Y-%m-%d}，还没有到。")
    publish.lock_versions()
    items = list(Item.objects.select_related("current").filter(pk__in=plan.items).order_by("code"))
    _clear(plan)
    rule: Rule = {stage: HARMLESS if goes(plan, stage) else "old" for stage in versions.STAGE_STATES}
    for item in items:
        publish.release(
            moved_guide(item.guide, plan), after=item.current_id, by=by, rule=rule | {"why": plan.document},
            transfer=plan.subject,
        )  # fmt: skip
    plan.begun_at = clock.now()
    states = [state for stage in STAGES if goes(plan, stage) for state in STAGE_STATES[stage]]
    plan.total = Case.objects.filter(item__in=plan.items, agency=plan.giver_id, state__in=states).count()
    return {"items": [item.code for item in items], "from_agency": plan.giver_id, "to_agency": plan.taker_id}


def moved_guide(guide: Guide, plan: Transfer) -> Guide:
    """Organ, lines and the note of the ground; where the guide names the old organ as who works on it, the new one."""
    contacts = guide.contacts
    if plan.consult or plan.complain:
        lines = {"consult": plan.consult or contacts.consult, "complain": plan.complain or contacts.complain}
        contacts = contacts.model_copy(update=lines)
    at = plan.effective_on
    since = f"{at.year}年{at.month}月{at.day}日起"
    note = f"{since}由{plan.giver.name}划转{plan.taker.name}（{plan.document}，{plan.basis}）。"
    return guide.model_copy(
        update={
            "agency": plan.taker_id,
            "contacts": contacts,
            "division": "\n".join(filter(None, [guide.division, note])),
            "steps": tuple(_moved_step(step, plan) for step in guide.steps),
        }
    )


def _moved_step(step: Any, plan: Transfer) -> Any:
    performer = step.performer.replace(plan.giver.name, plan.taker.name).replace(
        plan.giver.short_name or plan.giver.name, plan.taker.short_name or plan.taker.name
    )
    at = plan.taker_id if step.agency == plan.giver_id else step.agency
    return step.model_copy(update={"performer": performer, "agency": "" if at == plan.taker_id else at})


@transition(
    "transfer.stopped", label="未能生效", source={Transfer.State.APPROVED}, target=Transfer.State.DRAFTING,
    allowed=guards.timer,
)  # fmt: skip
def stop(plan: Transfer, *, by: Actor, reason: str) -> dict[str, Any]:
    plan.remark, plan.approved_by_id = f"到了生效日期，没能划转：{reason}"[:500], None
    return {"reason": reason}


@transition(
    "transfer.completed", label="划转完成", source={Transfer.State.RUNNING}, target=Transfer.State.DONE,
    allowed=guards.timer,
)  # fmt: skip
def complete(plan: Transfer, *, by: Actor) -> dict[str, Any]:
    plan.finished_at = clock.now()
    return {"cases": plan.moved, "certificates": plan.certificates}


@transition(
    "case.transferred", label="移送承接机关", source=(*STAGE_OF, State.FINISHED), target=None, allowed=guards.timer
)
def hand_over(case: Case, *, by: Actor, plan: Transfer) -> dict[str, Any]:
    """移送: who works on it changes, no date does. The giving organ says so on paper and may go on reading.

    Who had taken a step on was of the old organ: it is anybody's again at the new one. The file of an ended matter goes
    with its certificate, quietly: whoever answers for the certificate must be able to read it, and to revoke it.
    """
    ended = case.state == State.FINISHED
    listed = case.agency_id == plan.giver_id and case.item_id in plan.items
    if not listed or not (ended or goes(plan, STAGE_OF[case.state])):
        raise WrongState(case, "这件申请不在移送之列。")
    data: dict[str, Any] = {"from_agency": plan.giver_id, "to_agency": plan.taker_id, "transfer": plan.subject}
    if case.state != State.DRAFT:
        data |= {} if ended else {"paper": _notice(case, by, plan)}
        case.former = [*case.former, plan.giver_id]
    case.agency = plan.taker
    case.open_steps = [step if step["agency"] else step | {"user": 0, "holder": ""} for step in case.open_steps]
    steps.settle(case)
    what = "档案随证照由" if ended else "由"
    told = f"{plan.document}：{what}{plan.giver.name}移送{plan.taker.name}" + ("" if ended else "，时限不变")
    return data | {"told": told, "quiet": ended}


def _notice(case: Case, by: Actor, plan: Transfer) -> dict[str, Any]:
    """移送通知书, numbered by how often this organ has handed the case on."""
    facts = {
        "taker": plan.taker.name, "taker_phone": plan.consult or plan.taker.phone, "document": plan.document,
        "transfer_basis": plan.basis, "effective_on": plan.effective_on.isoformat(),
        "due_on": case.due_on.isoformat() if case.due_on else "",
    }  # fmt: skip
    return notices.paper(case, "transfer", by=by, nth=case.former.count(plan.giver_id) + 1, **facts)
