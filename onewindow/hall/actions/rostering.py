"""排班: written as a draft, published when nobody who must attend is missing, changed afterwards with its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from onewindow.accounts.models import Site
from onewindow.accounts.principal import Principal
from onewindow.hall import slots
from onewindow.hall.actions.sitting import manages
from onewindow.hall.models import Booking, Duty, Roster, Window
from onewindow.hall.planning import Incomplete, Officer, Placing, Plan, missing_words, told
from onewindow.hall.sessions import Session, label_of
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor

State = Roster.State
ANY = {State.DRAFT, State.PUBLISHED, State.CHANGED}


def keeper(roster: Roster, by: Actor) -> bool:
    return manages(by, roster.site_id)


def open_week(site: Site, monday: date, *, by: Principal) -> Roster:
    """The week's roster, a draft when nobody has begun it."""
    if not manages(by, site.pk):
        raise PermissionDenied("值班表由大厅管理编制。")
    if monday.weekday() != 0:
        raise ValueError("值班表从周一开始。")
    return Roster.objects.get_or_create(site=site, monday=monday)[0]


@transition("roster.assigned", label="排班", source=ANY, target=None, allowed=keeper, writes=True, retry=False)
def assign(
    roster: Roster, *, by: Actor, sessions: Sequence[Session], window: Window, officer: Officer
) -> dict[str, Any]:
    """One officer to one window, in as many sessions as are ticked; all or none."""
    if not sessions:
        raise ValueError("请至少勾选一个时段。")
    plan = Plan(roster)
    made = []
    for session in sessions:
        asked = Placing(session, window, officer)
        if problem := plan.problem(asked):
            raise ValueError(problem)
        made.append(plan.take(asked))
    _write(made)
    return _marked(roster, plan, added=made)


@transition("roster.removed", label="撤下班次", source=ANY, target=None, allowed=keeper, writes=True, retry=False)
def take_off(roster: Roster, *, by: Actor, duty: Duty) -> dict[str, Any]:
    _ensure_ahead(duty)
    _strike([duty])
    return _marked(roster, Plan(roster), removed=[duty])


@transition("roster.replaced", label="换人", source=ANY, target=None, allowed=keeper, writes=True, retry=False)
def replace(roster: Roster, *, by: Actor, duty: Duty, officer: Officer) -> dict[str, Any]:
    """Somebody else in the same place, at once: a published roster is never without those who must attend."""
    _ensure_ahead(duty)
    plan = Plan(roster)
    asked = Placing(plan.sessions[f"{duty.day.isoformat()}.{duty.session}"], duty.window, officer)
    if problem := plan.problem(asked, without=duty):
        raise ValueError(problem)
    _strike([duty])
    plan.duties = [each for each in plan.duties if each.pk != duty.pk]
    made = plan.take(asked)
    _write([made])
    return _marked(roster, plan, added=[made], removed=[duty])


@transition("roster.rewritten", label="整周导入", source=ANY, target=None, allowed=keeper, writes=True, retry=False)
def rewrite(roster: Roster, *, by: Actor, placings: Sequence[Placing]) -> dict[str, Any]:
    """The file's lines take the place of all that is still ahead; what is over stays."""
    gone = [duty for duty in Plan(roster).duties if duty.ends > clock.now()]
    _strike(gone)
    plan = Plan(roster)
    made = []
    for asked in placings:
        if problem := plan.problem(asked):
            raise ValueError(problem)
        made.append(plan.take(asked))
    _write(made)
    return _marked(roster, plan, added=made, removed=gone)


@transition(
    "roster.copied", label="照上周排", source={State.DRAFT}, target=State.DRAFT, allowed=keeper, writes=True,
    retry=False,
)  # fmt: skip
def copy(roster: Roster, *, by: Actor) -> dict[str, Any]:
    """What fits of last week; who has left, is away or is placed already stays out, and is named."""
    fits, left_out = copies(roster)
    if not fits and not left_out:
        raise ValueError("上周没有值班表，没有可以照着排的。")
    plan = Plan(roster)
    made = [plan.take(asked) for asked in fits]
    _write(made)
    return {"added": told(made), "left_out": left_out}


def copies(roster: Roster) -> tuple[list[Placing], list[str]]:
    """What of last week's roster can stand in this one, and why the rest cannot."""
    before = Duty.objects.standing().filter(roster__site=roster.site_id, roster__monday=roster.monday - timedelta(7))
    plan = Plan(roster)
    fits, left_out = [], []
    for duty in before.select_related("window", "user"):
        day = duty.day + timedelta(days=7)
        session = plan.sessions.get(f"{day.isoformat()}.{duty.session}")
        officer = plan.officers.get((duty.user_id, duty.agency_id))
        who = f"{day:%-m月%-d日} {duty.get_session_display()} {duty.window} 号窗口 {duty.user.name}"
        if session is None:
            left_out.append(f"{who}：那天没有这个时段")
            continue
        if officer is None:
            left_out.append(f"{who}：已经没有窗口岗位")
            continue
        asked = Placing(session, plan.windows[duty.window.number], officer)
        if problem := plan.problem(asked):
            left_out.append(f"{who}：{problem}")
            continue
        plan.take(asked)
        fits.append(asked)
    return fits, left_out


@transition(
    "roster.published", label="发布", source={State.DRAFT}, target=State.PUBLISHED, allowed=keeper, writes=True,
    tone="primary", retry=False,
)  # fmt: skip
def publish(roster: Roster, *, by: Actor) -> dict[str, Any]:
    """发布: from now on the windows on it give numbers in the week's sessions."""
    plan = Plan(roster)
    if missing := plan.missing():
        raise Incomplete(missing)
    if not plan.duties:
        raise ValueError("还没有排一个班次，不能发布。")
    slots.make_extended(plan.week, plan.staffed())
    return {"duties": told(plan.duties), "users": sorted({duty.user_id for duty in plan.duties})}


def _write(made: Sequence[Duty]) -> None:
    try:
        with transaction.atomic():
            Duty.objects.bulk_create(made)
    except IntegrityError as error:
        raise ValueError("有人刚刚排了同一个窗口或同一个人，请看过最新的值班表再排。") from error


def _strike(duties: Sequence[Duty]) -> None:
    Duty.objects.filter(pk__in=[duty.pk for duty in duties]).update(removed_at=clock.now())


def _ensure_ahead(duty: Duty) -> None:
    if duty.removed_at:
        raise ValueError("这个班次已经撤下了。")
    if duty.ends <= clock.now():
        raise ValueError(f"{label_of(duty)}已经过去，不能再改。")


def _marked(roster: Roster, plan: Plan, *, added: Sequence[Duty] = (), removed: Sequence[Duty] = ()) -> dict[str, Any]:
    """A published roster stays complete, and serves everybody who has booked; the change is for the ledger."""
    if roster.state in Roster.IN_FORCE:
        if missing := plan.missing():
            raise ValueError(f"不能这样改，必到部门就不齐了：{missing_words(missing)}。可以用“换人”。")
        _ensure_booked_are_served(removed, plan)
        roster.state = State.CHANGED
        slots.make_extended(plan.week, plan.staffed())
    # Whom the news concerns; a draft is nobody's news yet.
    told_of = (*added, *removed) if roster.state == State.CHANGED else ()
    users = sorted({duty.user_id for duty in told_of})
    return {"added": told(added), "removed": told(removed), "users": users}


def _ensure_booked_are_served(removed: Sequence[Duty], plan: Plan) -> None:
    """Whoever booked in a session still finds a window of that business."""
    windows = {window.pk: window for window in plan.windows.values()}
    served = plan.staffed()
    for duty in removed:
        for queue in windows[duty.window_id].queues.all():
            if (duty.day, duty.session, queue.pk) in served:
                continue
            booked = Booking.objects.filter(
                slot__queue=queue, state__in=Booking.HOLDING, slot__starts__gte=duty.starts, slot__starts__lt=duty.ends
            ).count()
            if booked:
                raise ValueError(
                    f"{label_of(duty)}“{queue.name}”已有 {booked} 个预约，撤下就没有窗口接了。"
                    "请用“换人”，或先在“预约容量”里关闭时段、请他们改约。"
                )
