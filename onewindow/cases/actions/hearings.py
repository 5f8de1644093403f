"""听证 (行政许可法 §46–48): the right told, five days to apply, held within twenty, seven days' notice, minutes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards, pause, proceedings
from onewindow.cases.actions.proceedings import UNDER_WAY
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, Proceeding, State
from onewindow.cases.models.proceedings import said_day
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor
from onewindow.kernel.models import Entry

# Working days (§82): to apply, to organise the hearing, before it is held.
TO_APPLY, TO_HOLD, NOTICE = 5, 20, 7
RIGHTS = "申请人、利害关系人不承担组织听证的费用。听证公开举行；认为主持人与本许可有直接利害关系的，有权申请回避。"
ANNOUNCED = (
    "听证公开举行。公民、法人和其他组织要求旁听的，请凭有效身份证件在听证前到本机关登记；"
    "与本事项有利害关系的，可以申请参加听证。"
)
# What of a hearing is for everybody's eyes; who asked for it, and what is at stake for whom, is not.
PUBLIC = ("听证时间", "听证地点", "主持人", "记录人")
CHAIRS = "担任听证主持人，不再参加审查"


@transition(
    "case.hearing_told", label="告知听证权利", source=[State.REVIEWING, State.DECIDING], target=None,
    allowed=guards.examiner, writes=True,
)  # fmt: skip
def tell(case: Case, *, by: Actor, matter: str) -> dict[str, Any]:
    """听证告知: five working days to apply; until then, and until the hearing is over, nothing is decided (§47)."""
    matter = wording(matter, least=6, otherwise="请写明拟作什么决定、关系到谁的什么利益。")
    until = clock.calendar().due(clock.today(), TO_APPLY).date
    rows = [("拟决定的事项和利益关系", matter), ("申请听证的最后一天", said_day(until))]
    found = proceedings.opened(case, Proceeding.Kind.HEARING, until, rows, state=Proceeding.State.TOLD)
    law = "根据《行政许可法》第四十七条，你（单位）有要求听证的权利。要求听证的，请在被告知之日起五日内提出。"
    facts: dict[str, Any] = {"answer_by": until.isoformat(), "to": case.applicant_name, "body": [law, RIGHTS]}
    return {"words": matter, "paper": proceedings.paper(case, found, "hearing_right", by=by, **facts)}


@transition(
    "case.hearing_asked", label="申请听证", source=UNDER_WAY, target=None, allowed=guards.filer_or_examiner, writes=True
)
def ask(case: Case, *, by: Actor, proceeding: Any, who: str = "") -> dict[str, Any]:
    """By the applicant, or by an officer who writes down what an applicant or third party 利害关系人 asked."""
    found = proceedings.of(case, proceeding, Proceeding.State.TOLD)
    if found.on < clock.today():
        raise ValueError("申请听证的五日期限已过。")
    who = wording(who) or case.applicant_name
    found.rows = [*found.rows, ["申请听证", f"{who}，{said_day(clock.today())}"]]
    found.state, found.on = Proceeding.State.ASKED, clock.calendar().due(clock.today(), TO_HOLD).date
    found.save(update_fields=["rows", "state", "on"])
    return {"words": who}


@transition("case.hearing_waived", label="放弃听证", source=UNDER_WAY, target=None, allowed=guards.filer, writes=True)
def waive(case: Case, *, by: Actor, proceeding: Any) -> None:
    """The applicant wants no hearing: the decision need not wait for the five days."""
    found = proceedings.of(case, proceeding, Proceeding.State.TOLD)
    proceedings.close(
        found, [("申请人", f"表示不要求听证，{said_day(clock.today())}")], "放弃", state=Proceeding.State.WAIVED
    )


@transaction.atomic
def schedule(case: Case, *, by: Principal, seen: int | None = None, announce: bool = False, **plan: Any) -> Case:
    """The notice, and with it the stop: the time of a hearing is not counted and is told in writing (§45).

    `announce`: to the public as well; always where a law or the public interest demands it (§46).
    """
    _schedule(case, by=by, seen=seen, **plan)
    if announce or case.guide.scrutiny.hearing == "required":
        _announce(case, by=by)
    if case.state != State.PAUSED:
        days = clock.calendar().working_days_between(clock.today(), plan["on"])
        pause.pause(case, by=by, procedure="hearing", days=days, reason="举行听证")
    return case


@transition(
    "case.hearing_scheduled", label="发出听证通知", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def _schedule(
    case: Case, *, by: Actor, on: date, time: str, place: str, chair: int, clerk: str, proceeding: Any = None
) -> dict[str, Any]:
    """Seven working days before, with time and place; the chair is none of those who review (§48)."""
    found = proceedings.of(case, proceeding, Proceeding.State.ASKED) if proceeding else _of_office(case)
    earliest = clock.calendar().due(clock.today(), NOTICE).date
    if on < earliest:
        raise ValueError(f"举行听证的七日前要通知申请人和利害关系人，最早 {said_day(earliest)}。")
    put_off_before = any(label == "改期" for label, _ in found.rows)
    if proceeding and on > found.on and not put_off_before:
        raise ValueError(f"应当在收到听证申请之日起二十日内组织听证，最迟 {said_day(found.on)}。")
    if not clock.calendar().is_working(on):
        raise ValueError("请选一个工作日举行听证。")
    place = wording(place, least=4, otherwise="请写明听证的地点。")
    (leader,) = proceedings.chosen(
        case, [chair], least=1, otherwise="请从本机关在岗的人员里选主持人。", roles=proceedings.CHAIRS
    )
    if leader.pk in reviewers(case):
        raise ValueError(f"{leader.name}参加了这件申请的审查，不能主持听证（行政许可法第四十八条）。请另选一人。")
    clerk = wording(clerk, least=2, otherwise="请写明记录人。")
    rows = [("听证时间", said_day(on, time)), ("听证地点", place), ("主持人", leader.name), ("记录人", clerk)]
    found.rows = [*found.rows, *map(list, rows)]
    found.on, found.time, found.place, found.officers = on, time, place, [leader.pk]
    found.state = Proceeding.State.PLANNED
    found.save()
    case.recused = [
        *case.recused,
        {"user": leader.pk, "name": leader.name, "reason": CHAIRS, "at": clock.now().isoformat(), "chair": True},
    ]
    body = ["请准时参加。可以委托一至二人代理；可以提出证据，进行申辩和质证。", RIGHTS]
    facts: dict[str, Any] = {"answer_by": on.isoformat(), "to": case.applicant_name, "body": body}
    paper = proceedings.paper(case, found, "hearing_notice", by=by, nth=_next(case, "hearing_notice"), **facts)
    return {"words": f"{said_day(on, time)} {place}", "paper": paper}


def _next(case: Case, kind: str) -> int:
    """A hearing that was put off has several of them."""
    return Entry.objects.filter(kind="case", subject=case.number, data__paper__kind=kind).count() + 1


@transition(
    "case.hearing_announced", label="公告听证", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def _announce(case: Case, *, by: Actor) -> dict[str, Any]:
    """听证公告: read by anybody at /hearings/, a person's name masked there and on the paper."""
    planned = Proceeding.objects.filter(case=case, kind=Proceeding.Kind.HEARING, state=Proceeding.State.PLANNED)
    found = planned.latest("opened_at")
    found.announced_at = clock.now()
    found.save(update_fields=["announced_at"])
    paper = proceedings.paper(
        case, found, "hearing_announcement", by=by, body=[ANNOUNCED], announced=True,
        nth=_next(case, "hearing_announcement"), rows=public_rows(found), applicant=case.applicant_masked, agent="",
    )  # fmt: skip
    return {"words": said_day(found.on, found.time), "paper": paper}


def public_rows(found: Proceeding) -> list[list[str]]:
    """As planned last: of a hearing that was put off the earlier day is history."""
    last = {label: text for label, text in found.rows if label in PUBLIC}
    return [[label, last[label]] for label in PUBLIC if label in last]


schedule.transition = _schedule.transition  # type: ignore[attr-defined]


def _of_office(case: Case) -> Proceeding:
    """依职权: where a law or the public interest demands the hearing, nobody need ask for it (§46)."""
    if case.guide.scrutiny.hearing != "required":
        raise ValueError("还没有人申请听证。")
    return proceedings.opened(
        case, Proceeding.Kind.HEARING, clock.today(), [("听证的依据", "依法应当听证的事项，依职权举行")]
    )


@transaction.atomic
def put_off(case: Case, *, by: Principal, seen: int | None = None, proceeding: Any, reason: str) -> Case:
    """改期: the right to be heard stays; the stop that was told ends, the next notice has its own."""
    _put_off(case, by=by, seen=seen, proceeding=proceeding, reason=reason)
    if case.state == State.PAUSED and case.stops[-1]["procedure"] == "hearing":
        pause.resume(case, by=by, result="听证改期，重新通知")
    return case


@transition(
    "case.hearing_put_off", label="听证改期", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def _put_off(case: Case, *, by: Actor, proceeding: Any, reason: str) -> dict[str, Any]:
    """Before it was held. Asked for, it is to be held within the same twenty days; by office, it is planned anew."""
    reason = wording(reason, least=4, otherwise="请写明改期的原因，要告诉申请人。")
    found = proceedings.of(case, proceeding, Proceeding.State.PLANNED)
    asked = Entry.objects.filter(kind="case", subject=case.number, event="case.hearing_asked").order_by("seq").last()
    words = f"原定 {said_day(found.on, found.time)}"
    found.rows = [*found.rows, ["改期", f"{words}，{reason}"]]
    if asked and any(label == "申请听证" for label, _ in found.rows):
        found.state, found.on = Proceeding.State.ASKED, clock.calendar().due(clock.day_of(asked.at), TO_HOLD).date
    else:
        found.state, found.conclusion, found.closed_at = Proceeding.State.CANCELLED, "改期", clock.now()
    freed = set(found.officers)
    case.recused = [each for each in case.recused if not (each.get("chair") and each["user"] in freed)]
    found.officers = []
    found.save()
    return {"words": words, "reason": reason}


put_off.transition = _put_off.transition  # type: ignore[attr-defined]


def reviewers(case: Case) -> set[int]:
    """Who signed an opinion, went to the site, or has the review in hand."""
    signed = Entry.objects.filter(kind="case", subject=case.number, event="case.reviewed").values_list(
        "actor", flat=True
    )
    found = {int(actor.removeprefix("user:")) for actor in signed if actor.startswith("user:")}
    for visit in Proceeding.objects.filter(case=case, kind=Proceeding.Kind.SITE_VISIT):
        found |= set(visit.officers)
    return found | {step["user"] for step in case.open_steps if step["user"]}


@transaction.atomic
def hold(case: Case, *, by: Principal, seen: int | None = None, **minutes: Any) -> Case:
    """The minutes, and with them the end of the stop."""
    _hold(case, by=by, seen=seen, **minutes)
    if case.state == State.PAUSED and case.stops[-1]["procedure"] == "hearing":
        pause.resume(case, by=by, result="听证已经举行，笔录已由参加人签字或者盖章")
    return case


@transition(
    "case.hearing_held", label="作出听证笔录", source=UNDER_WAY, target=None, allowed=guards.sent, writes=True,
    tone="primary",
)  # fmt: skip
def _hold(
    case: Case, *, by: Actor, proceeding: Any, attended: str, minutes: str, conclusion: str, signed: str
) -> dict[str, Any]:
    """听证笔录: signed by those who took part; the decision follows it (§48)."""
    assert isinstance(by, Principal)
    found = proceedings.of(case, proceeding, Proceeding.State.PLANNED)
    if by.user_id not in found.officers:
        raise ValueError("听证笔录由主持人提交。")
    if found.on > clock.today():
        raise ValueError("还没有到听证的日期。")
    result = [
        ("参加人", wording(attended, least=2, otherwise="请写明参加听证的人。")),
        ("听证内容", wording(minutes, least=10, otherwise="请写明各方的陈述、证据和质证。")),
        ("主持人意见", wording(conclusion, least=4, otherwise="请写明听证认定的事实和处理建议。")),
        ("签字", wording(signed, least=2, otherwise="请写明哪些参加人签了字；拒绝签字的写明原因。")),
    ]
    proceedings.close(found, result, "已听证")
    law = "听证笔录已交参加人确认无误。行政机关应当根据听证笔录作出行政许可决定（行政许可法第四十八条）。"
    signers = ["主持人签名", "记录人签名", "参加人签名"]
    paper = proceedings.paper(case, found, "hearing_minutes", by=by, body=[law], signers=signers)
    return {"words": result[2][1], "paper": paper}


hold.transition = _hold.transition  # type: ignore[attr-defined]
