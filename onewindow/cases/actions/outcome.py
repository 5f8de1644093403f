"""决定, 制证, 送达, 办结."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from onewindow.cases import bars, concerning, deadlines, deliveries, notices, parties, weighing
from onewindow.cases.actions import certifying, gap, guards, later_check, proceedings, second, serving
from onewindow.cases.actions.serving import Handing
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, Delivery, Party, State
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor, System


@transition(
    "case.granted", label="准予", source={State.DECIDING}, target=State.DECIDED, allowed=guards.concluder, writes=True,
    tone="primary",
)  # fmt: skip
def grant(case: Case, *, by: Actor, opinion: str = "", weighed: dict[str, Any] | None = None) -> dict[str, Any]:
    """准予: the decision letter, and with it the certificate (行政许可法 §38, §39, §44)."""
    opinion = wording(opinion)
    _ensure_ours(case)
    gap.ensure_closed(case)
    if barring := bars.standing(case):
        raise ValueError(f"不能准予：{bars.why(barring)}")
    proceedings.ensure_done(case, grant=True)
    if waiting := parties.unanswered(case):
        raise ValueError(f"内容更正过，共同申请人{'、'.join(waiting)}还没有重新确认，不能准予。")
    later_check.schedule(case)
    judged = _weighed(case, by, "grant", weighed)
    case.outcome, case.decided_at = Case.Outcome.GRANTED, clock.now()
    case.state = State.DECIDED
    deadlines.refresh(case)
    months = int(case.weighed["amount"]) if judged and case.guide.discretion.validity else None  # type: ignore[union-attr]
    facts = certifying.certify(case, by, months) | {"outcome": "准予", "opinion": opinion} | judged
    facts |= {"check_until": case.check_on.isoformat() if case.check_on else "", "on_promise": case.by_promise}
    issued = notices.paper(case, "granted", by=by, **facts)
    return {"opinion": opinion, "certificate": facts["certificate"], **judged, "paper": issued}


@transition(
    "case.denied", label="不予", source={State.DECIDING}, target=State.DECIDED, allowed=guards.concluder, tone="danger"
)
def deny(
    case: Case, *, by: Actor, reason: str, concealed: bool = False, weighed: dict[str, Any] | None = None,
    standard: str = "",
) -> dict[str, Any]:  # fmt: skip
    """不予: in writing with reasons and the right to reconsideration and suit (行政许可法 §38).

    `concealed`: facts were hidden or papers false, which may bar another application (§78). `standard`: the technical
    one, where a test, an inspection or a quarantine led to it (§55).
    """
    _ensure_ours(case)
    standard = wording(standard)
    reason = wording(reason, least=8, otherwise="不予决定必须写明事实和理由，至少八个字。")
    gap.ensure_closed(case)
    proceedings.ensure_done(case, grant=False)
    if concerning.lapsed_into_renewal(case):
        raise ValueError("原证到期前没有作出决定，依法视为准予延续，不能再作出不予决定（行政许可法第五十条）。")
    judged = _weighed(case, by, "deny", weighed)
    case.outcome, case.decided_at = Case.Outcome.DENIED, clock.now()
    case.state = State.DECIDED
    deadlines.refresh(case)
    if concealed:
        judged |= {"concealed": True, "barred_until": bars.put(case, bars.CONCEALED)}
    issued = notices.paper(case, "denied", by=by, outcome="不予", reason=reason, standard=standard, **judged)
    return {"reason": reason, **judged, "paper": issued}


def _ensure_ours(case: Case) -> None:
    """Who reviews first hands everything up with an opinion, for or against; the upper organ decides (§35, §43)."""
    if case.guide.forwarding:
        raise ValueError(f"这个事项由{case.guide.forwarding.organ}决定，本机关初审后请转报。")


def _weighed(case: Case, by: Actor, act: str, weighed: dict[str, Any] | None) -> dict[str, Any]:
    """What the standard of discretion 裁量基准 says of it; outside the standard only with a second signature."""
    standard = case.guide.discretion
    if standard is None:
        return {}
    if weighed is None:
        raise ValueError("这个事项有裁量基准，请先填写裁量因素，再按基准作出决定。")
    found = weighing.weigh(case, weighed["facts"])
    if found.allows(weighed["outcome"], weighed["amount"]):
        names = {}
        if case.proposal:
            raise WrongState(case, "已经提请第二人签字，请等签字或退回以后再办。")
    else:
        names = second.signed(case, by, act)
    case.weighed = weighed | names
    return {
        "standard_title": standard.title, "found": weighing.words(standard, weighed["facts"]),
        "standard_row": weighed["row"], "conditions": "；".join(weighed["conditions"]),
        "amount_name": standard.amount, "amount": amount_words(case, weighed),
        "departure": weighed["departure"], **names,
    }  # fmt: skip


def amount_words(case: Case, weighed: dict[str, Any]) -> str:
    standard, amount = case.guide.discretion, weighed["amount"]
    if standard is None or amount is None or weighed["outcome"] == "deny":
        return ""
    return f"{amount:g}{standard.unit}"


second.ACTS |= {"grant": grant, "deny": deny}


@transition(
    "case.delivered", label="送达", source={State.DECIDED}, target=State.DELIVERED, allowed=guards.serves, writes=True
)
def deliver(
    case: Case, *, by: Actor, way: str, receiver: str = "", relation: str = "", tracking: str = "",
    on: date | None = None, handing: Handing | None = None,
) -> dict[str, Any]:  # fmt: skip
    """送达: the decision, its certificate and whatever else still waits for the applicant, with the proof 送达回证.

    Delivered is what counts by the rule of its way: a letter with its return slip, a public notice after its days.
    """
    handing = handing or Handing(way, receiver=receiver, relation=relation, tracking=tracking, on=on)
    rows = [row for row in deliveries.ensure(case) if row.party_id is None]
    decided = deliveries.decision(rows)
    if decided is None:
        raise WrongState(case, "还没有决定书，不能送达。")
    if isinstance(by, System):
        rows, handing = [decided], _by_itself(case, decided)
    else:
        handing = serving.checked(handing, case)
        rows = [row for row in rows if row.effective_on is None or row == decided]
        if handing.way == Delivery.Way.NOTICE:
            raise ValueError("公告满三十日才算送达：请在“文书送达”里登记公告，到期自动记为送达。")
        if handing.way == Delivery.Way.ONLINE:
            serving.ensure_online(case, [decided])
        serving.settle(rows, handing, by)
        _to_parties(case, handing, by)
    assert decided.effective_on is not None
    case.delivery, case.delivered_at = handing.way, _moment(decided.effective_on)
    case.state = State.DELIVERED
    deadlines.refresh(case)
    facts = serving.receipt_facts(case, rows, handing)
    issued = notices.paper(case, "delivery", by=by, nth=serving.next_receipt(case), **facts)
    return {"way": facts["way"], "effective_on": decided.effective_on.isoformat(), "paper": issued}


def _by_itself(case: Case, decided: Delivery) -> Handing:
    """The days of a notice have passed, or the paper was opened where only that counts."""
    if not decided.is_effective:
        raise WrongState(case, "还没有到送达的日子。")
    return Handing(decided.way, receiver=decided.opened_by, place=decided.place, on=decided.effective_on)


def _to_parties(case: Case, handing: Handing, by: Actor) -> None:
    """Those who apply together and get theirs the same way: by consent online, or who stood at the window too."""
    for party in case.parties.current().filter(joined_at__isnull=False):
        online = handing.way == Delivery.Way.ONLINE and party.agreed
        present = handing.way == Delivery.Way.WINDOW and party.confirmed_how == Party.How.WINDOW
        row = deliveries.decision(case.deliveries.select_related("party"), party)
        if row and row.effective_on is None and (online or present):
            serving.settle([row], Handing(handing.way, on=handing.on), by)


def _moment(day: date) -> datetime:
    now = clock.now()
    return now if day == clock.today() else datetime.combine(day, time(), tzinfo=clock.SHANGHAI)


@transition("case.finished", label="办结", source={State.DELIVERED}, target=State.FINISHED, allowed=guards.clerk)
def finish(case: Case, *, by: Actor) -> None:
    if waiting := deliveries.unserved(case):
        raise ValueError(f"决定还没有送达共同申请人{'、'.join(waiting)}，请先在“文书送达”里登记。")
    case.finished_at = clock.now()
    case.state = State.FINISHED
    deadlines.refresh(case)
