"""Dates from facts: pure functions of events and the frozen item version, never edited; lists read a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from onewindow.cases import steps
from onewindow.cases.models import State
from onewindow.catalogue.procedure import Limit
from onewindow.kernel import clock

if TYPE_CHECKING:
    from onewindow.cases.models import Case
    from onewindow.catalogue.guide import Guide
    from onewindow.kernel.clock import Due

Stops = Iterable[tuple[date, date]]

# 行政许可法 §44: the certificate reaches the applicant within ten working days of the decision.
DELIVERY_DAYS = 10
# The act each clock waits for, as the case keeps its moment.
ENDED_BY = {"intake": "accepted_at", "statutory": "decided_at", "promised": "decided_at", "delivery": "delivered_at"}
# Online applications are looked at within one working day (practice: 安阳市政务服务条例 §42); a promise, not a law.
PREREVIEW_DAYS = 1
# How soon the officers look again at what was mended; the organ's own rule.
RECHECK_DAYS = 10


@dataclass(frozen=True)
class Deadline:
    """One running or finished clock: what it is, why, and the calendar's day-by-day derivation."""

    key: str
    title: str
    basis: str
    start: date
    due: Due
    done: date | None = None
    # How it ended: 已办, or 已结束 with a case that came to no decision.
    ended: str = "已办"

    @property
    def date(self) -> date:
        return self.due.date


def on(value: datetime) -> date:
    return value.astimezone(clock.SHANGHAI).date()


def _running(
    key: str, title: str, basis: str, start: datetime, limit: Limit | int, stops: Stops = (), extend: int = 0
) -> Deadline:
    day, calendar = on(start), clock.calendar()
    period = Limit(days=limit) if isinstance(limit, int) else limit
    return Deadline(key, title, basis, day, calendar.due(day, period.days, period.unit, stops, extend))


def told_key(case: Case, key: str) -> str:
    """Which telling: the second correction notice is not the first."""
    nth = {"correction": len(case.corrections), "stop": len(case.stops)}.get(key, 0)
    return f"{key}-{nth}" if nth else key


def _as_told(case: Case, key: str, better: Callable[..., Deadline], count: Callable[[], Deadline]) -> Deadline:
    """A day told in writing is not made worse for the applicant by a later calendar (docs/decisions/0019).

    Counted by the calendar in force and by the one of the telling; one told as provisional 暂定 binds nobody.
    """
    now, edition = count(), case.told.get(told_key(case, key))
    if edition is None or edition == clock.calendar().edition:
        return now
    with clock.using(clock.edition(edition)):
        told = count()
    if told.due.provisional or better(now, told, key=lambda each: each.date).date == now.date:
        return now
    return replace(told, basis=f"{told.basis}；书面告知以后工作日历有变，仍按告知时的日历计算")


def prereview(requested: datetime) -> Deadline:
    return _running("prereview", "预审", "网上申请一个工作日内查看", requested, PREREVIEW_DAYS)


def intake(case: Case) -> Deadline:
    """From the day the whole set was in: what is missing is told at once, or the application counts as accepted."""
    rule, since = case.guide.intake, case.complete_at or case.submitted_at
    assert since is not None
    basis = "、".join(f"{cite.law}{cite.article}" for cite in rule.basis) or f"{_law_of_licences(case.guide)}第三十二条"
    silence = "，逾期不告知即为受理" if rule.silence == "accepted" else ""
    if rule.runs_from == "receipt":
        silence = "；办理期限从收到齐全的申请那天起算"
    limit = Limit(days=0 if rule.on_the_spot else rule.days, unit=rule.unit)
    if rule.on_the_spot and case.channel == "online" and not clock.calendar().is_working(on(since)):
        # Nobody looks at what comes by the web then; a counter that is open on a Saturday does answer on the spot.
        limit, basis = Limit(days=1), f"{basis}；休息日收到的，下一个工作日当场"
    return _running("intake", "受理", f"{basis}：一次性告知要补正的内容{silence}", since, limit)


def is_silent(case: Case) -> bool:
    """逾期不告知: nothing was told in time, so the application counts as accepted since it was received."""
    told_by_silence = case.submitted_at is not None and case.guide.intake.silence == "accepted"
    if case.goes_outside:
        return False
    return told_by_silence and intake(case).date < clock.today()


def correction(case: Case) -> Deadline | None:
    """How long the applicant has to mend; None where the item sets no such period."""
    if not case.corrections or not case.guide.intake.answer_days:
        return None
    last, basis = case.corrections[-1], "申请人补正的期限，逾期视为撤回（地方规定，按事项配置）"
    # What the notice gave is not taken back by a later version of the guide.
    asked, days = datetime.fromisoformat(last["asked_at"]), max(case.guide.intake.answer_days, last.get("days", 0))
    return _as_told(case, "correction", max, lambda: _running("correction", "补正", basis, asked, days))


def stops_of(case: Case) -> list[tuple[date, date]]:
    """Days that do not count: from the notice to the end it named, or sooner when the procedure ended sooner.

    What goes on beyond the day told to the applicant does count (行政许可法 §45).
    """
    found = []
    for stop in case.stops:
        until = date.fromisoformat(stop["until"])
        ended = date.fromisoformat(stop["ended"]) if stop["ended"] else until
        found.append((date.fromisoformat(stop["from"]), min(until, ended)))
    return found


def statutory(case: Case, accepted: datetime, limit: Limit) -> Deadline:
    basis = "、".join(f"{cite.law}{cite.article}" for cite in limit.basis) or limit.note or "法定办结时限"
    extend = case.extension.get("days", 0)
    if extend:
        granted = on(datetime.fromisoformat(case.extension["at"]))
        basis += f"；{granted:%-m月%-d日}经批准延长 {extend} {case.extension_unit}"
    return _running("statutory", "法定办结", basis, accepted, limit, stops_of(case), extend)


def promised(case: Case, accepted: datetime, limit: Limit) -> Deadline:
    if case.by_promise:
        handed = [datetime.fromisoformat(paper["closed_at"]) for paper in case.gaps.get("papers", [])]
        basis = "告知承诺：容缺材料补齐后当场作出决定" if handed else "告知承诺：受理后当场作出决定"
        return _running("promised", "承诺办结", basis, max([accepted, *handed]), 0, stops_of(case))
    basis, stops = limit.note or "本单位承诺的办结时限", stops_of(case)
    return _as_told(case, "promised", min, lambda: _running("promised", "承诺办结", basis, accepted, limit, stops))


def stop(case: Case) -> Deadline | None:
    """The end of the stop under way, in the working days the notice named."""
    if case.state != State.PAUSED or not case.stops:
        return None
    last = case.stops[-1]
    begun = datetime.combine(date.fromisoformat(last["from"]), datetime.min.time(), clock.SHANGHAI)
    return _as_told(case, "stop", min, lambda: _running("stop", "特别程序", last["basis"], begun, last["days"]))


def open_reviews(case: Case) -> list[Deadline]:
    """Each review step under way, by the days its guide gives it; parts of a day are no clock."""
    found = []
    for step in steps.reviews(case) if case.state == State.REVIEWING else []:
        if step["days"] >= 1:
            limit, since = Limit(days=int(step["days"]), unit=step["unit"]), datetime.fromisoformat(step["since"])
            title, basis = f"环节：{step['name']}", "办理规程所定的环节用时"
            found.append(_running(step["key"], title, basis, since, limit, stops_of(case)))
    return found


def gap(case: Case) -> Deadline | None:
    """Until when papers may be lacking 容缺: from the day the organ accepted and said so."""
    told = case.gaps.get("told_at")
    if not told:
        return None
    basis = "容缺受理承诺：逾期不补视为撤回（地方规定，按事项配置）"
    since, days = datetime.fromisoformat(told), gap_length(case)
    return _as_told(case, "gap", max, lambda: _running("gap", "补交容缺材料", basis, since, days))


def gap_length(case: Case) -> int:
    """As the letter promised; a later version of the guide may give more, never less."""
    return max(case.guide.gaps.days, case.gaps.get("days", 0))


def gap_days(case: Case) -> dict[str, date]:
    """The day of half the time, the working day before the end, and the end; empty while no period runs."""
    until, days = gap(case), gap_length(case)
    if until is None:
        return {}
    calendar = until.due.calendar
    found = {"half": calendar.due(until.start, -(-days // 2)).date, "end": until.date}
    return found | ({"last": calendar.due(until.start, days - 1).date} if days > 1 else {})


def _next_of_gap(case: Case) -> date | None:
    """When the timer has something to do: remind, or end."""
    if not case.open_gaps or case.state not in {State.REVIEWING, State.PAUSED, State.DECIDING}:
        return None
    days = gap_days(case)
    waiting = [days[stage] for stage in ("half", "last") if stage in days and stage not in case.gaps["reminded"]]
    return min(waiting) if waiting else days["end"] + timedelta(days=1) if days else None


def later_check(case: Case) -> Deadline | None:
    """事后核查: until when the officers look, or the holder mends, what was promised."""
    found, rule = case.later_check, case.guide.promise
    state = found.get("state")
    if state in {"correcting", "overdue"}:
        since = datetime.fromisoformat(found["order"]["at"])
        limit = Limit(days=found["order"]["days"], unit="natural")
        basis = "责令限期改正通知书"
        return _as_told(case, "mending", max, lambda: _running("mending", "限期改正", basis, since, limit))
    if state == "mended":
        return _running("recheck", "复查", "报告改正后复查", datetime.fromisoformat(found["answered_at"]), RECHECK_DAYS)
    if state not in {"due", "faults", "void"} or case.decided_at is None:
        return None
    basis = "、".join(map(str, rule.basis)) or "告知承诺的事后核查"
    return _running("later_check", "事后核查", basis, case.decided_at, Limit(days=rule.check_days, unit="natural"))


def governor_extends(guide: Guide) -> bool:
    """联合办理、集中办理: 45 days, and 15 more by the head of the government at that level (行政许可法 §42(2))."""
    return guide.kind == "行政许可" and bool(guide.joint) and guide.extension is None


def longest_extension(guide: Guide) -> int:
    """Working days the head of the organ may add; 0 where no law allows it (行政许可法 §42(1), §42(2) 联合办理)."""
    if guide.extension:
        return guide.extension.days
    return (15 if governor_extends(guide) else 10) if guide.kind == "行政许可" else 0


def delivery(guide: Guide, decided: datetime) -> Deadline:
    basis = f"{_law_of_licences(guide)}第四十四条：自决定之日起十个工作日内送达"
    return _running("delivery", "送达", basis, decided, DELIVERY_DAYS)


def _law_of_licences(guide: Guide) -> str:
    """What is no licence is handled the same way, but not by force of that law."""
    return "行政许可法" if guide.kind == "行政许可" else "参照行政许可法"


def remedies(served: date) -> list[Deadline]:
    """复议 60 days from knowing (行政复议法 §20), 诉讼 six months (行政诉讼法 §46)."""
    suit = clock.add_months(served, 6)
    calendar = clock.calendar()
    return [
        Deadline("reconsideration", "申请行政复议", "行政复议法第二十条：自知道之日起六十日内", served,
                 calendar.due(served, 60, "natural")),
        Deadline("suit", "提起行政诉讼", f"行政诉讼法第四十六条：自知道之日起六个月内，到{suit:%Y年%-m月%-d日}", served,
                 calendar.due(served, (suit - served).days, "natural")),
    ]  # fmt: skip


def all_of(case: Case) -> list[Deadline]:
    """Every clock the case's events have started, in the order of the law."""
    guide = case.guide
    found: list[Deadline | None] = []
    if case.goes_outside and case.submitted_at:
        return []  # the outside system's clocks are not ours to count
    if case.state == State.PREREVIEW and case.declared_at:
        found.append(prereview(case.declared_at))
    if case.state == State.CORRECTING:
        found.append(correction(case))
    elif case.submitted_at:
        found.append(intake(case))
    if case.accepted_at and guide.statutory:
        found.append(statutory(case, case.accepted_at, guide.statutory))
    # On a promise it is decided on the spot, but not before what may come later 容缺 is there.
    waits = case.by_promise and case.open_gaps
    if case.accepted_at and (guide.promised or case.by_promise) and not waits:
        found.append(promised(case, case.accepted_at, guide.promised or Limit(days=0)))
    found += [gap(case), *open_reviews(case)]
    if case.decided_at:
        found += [delivery(guide, case.decided_at), later_check(case)]
    return [_with_end(case, each) for each in found if each]


def _with_end(case: Case, deadline: Deadline) -> Deadline:
    """A clock ends with its act; with a case that was withdrawn, refused or given up, it ends too."""
    if done := _done(case, deadline.key):
        return replace(deadline, done=done)
    if case.finished_at and deadline.key in {*ENDED_BY, "gap"}:
        return replace(deadline, done=on(case.finished_at), ended="已结束")
    return deadline


def _done(case: Case, key: str) -> date | None:
    if key == "gap":
        papers = case.gaps["papers"]
        return None if case.open_gaps else on(max(datetime.fromisoformat(paper["closed_at"]) for paper in papers))
    moment = getattr(case, ENDED_BY[key]) if key in ENDED_BY else None
    return on(moment) if moment else None


def _next(case: Case, dates: dict[str, date]) -> date | None:
    """The day anyone waits for now."""
    if case.state == State.PAUSED:
        return date.fromisoformat(case.stops[-1]["until"])
    if case.state in {State.REVIEWING, State.DECIDING}:
        # An extension takes the place of the promise: the applicant was told the new day.
        waited = ["statutory"] if case.is_extended else ["promised", "statutory"]
        days = [dates[key] for key in waited if key in dates]
        # No answer before expiry renews a licence (行政许可法 §50): the organ answers by the last day of the old one.
        if case.guide.concerns and case.guide.concerns.act == "renew" and case.concerns and case.concerns.valid_until:
            days.append(case.concerns.valid_until)
        return min(days, default=None)
    return dates.get(AWAITED.get(State(case.state), ""))


AWAITED = {
    State.PREREVIEW: "prereview", State.SUBMITTED: "intake", State.RECEIVED: "intake", State.CORRECTING: "correction",
    State.DECIDED: "delivery",
}  # fmt: skip


def shown(case: Case) -> list[Deadline]:
    """Every clock, and the end of the stop under way: of each day a page names one can ask how it was counted."""
    ending = stop(case)
    return all_of(case) + ([ending] if ending else [])


def waited(case: Case, found: list[Deadline]) -> Deadline | None:
    """Which of them gave the day that is waited for; none where it is the last day of a certificate."""
    under_way = case.state in {State.REVIEWING, State.DECIDING}
    one = "stop" if case.state == State.PAUSED else AWAITED.get(State(case.state), "")
    keys = {"promised", "statutory"} if under_way else {one}
    return next((each for each in found if each.key in keys and each.date == case.due_on), None)


def mark_told(case: Case) -> None:
    """By which edition of the calendar a day was first told: the act that starts a clock is also the one that tells."""
    running = {
        "promised": case.accepted_at, "correction": case.state == State.CORRECTING, "stop": case.state == State.PAUSED,
        "gap": case.gaps.get("told_at"), "mending": case.later_check.get("state") in {"correcting", "overdue"},
    }  # fmt: skip
    new = {told_key(case, key) for key, runs in running.items() if runs} - case.told.keys()
    if new:
        case.told = case.told | dict.fromkeys(new, clock.calendar().edition)


def refresh(case: Case) -> list[Deadline]:
    """Set the cached dates and posts from the case's events; call it in the act that made the event."""
    steps.settle(case)
    mark_told(case)
    found = all_of(case)
    dates = {deadline.key: deadline.date for deadline in found}
    case.statutory_due, case.promised_due = dates.get("statutory"), dates.get("promised")
    case.due_on = _next(case, dates)
    case.gap_on = _next_of_gap(case)
    case.check_on = dates.get("mending") or dates.get("recheck") or dates.get("later_check")
    return found
