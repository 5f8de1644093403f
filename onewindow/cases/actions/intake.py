"""From the draft to acceptance: 预审, 提交, 收件, 受理, 不予受理, 撤回."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from onewindow.accounts import credit
from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases import bars, deadlines, notices, readiness, reuse
from onewindow.cases.actions import drafts, gap, guards, promise
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.kernel import clock
from onewindow.kernel.flow import FASTER, Stale, WrongState, transition
from onewindow.kernel.ledger import Actor

SAY = "请写明要改什么、怎么改。"
# What the applicant declares (行政许可法 §31); the version is in the ledger row.
NOTHING = Promised()
DECLARATION = "本人承诺所填内容和提交的材料真实有效，愿意承担相应的法律责任。"


@transition(
    "case.prereview_requested", label="提交预审", source={State.DRAFT, State.RETURNED}, target=State.PREREVIEW,
    allowed=guards.applicant,
)  # fmt: skip
def request_prereview(case: Case, *, by: Actor) -> dict[str, Any]:
    """预审: an officer looks before anything is formal; no legal clock runs."""
    readiness.ensure(case, for_prereview=True, confirmed=False)
    case.declared_at = clock.now()
    case.state = State.PREREVIEW
    deadlines.refresh(case)
    return {"declaration": DECLARATION}


@transition(
    "case.prereview_returned", label="退回修改", source={State.PREREVIEW}, target=State.RETURNED,
    allowed=guards.clerk,
)  # fmt: skip
def return_with_remarks(case: Case, *, by: Actor, remarks: list[dict[str, str]]) -> dict[str, Any]:
    """Every remark at once, each at the field or paper it is about, or at the whole ("") (一次性告知)."""
    if not remarks:
        raise ValueError("请至少写一条预审意见，告诉申请人改哪里、怎么改。")
    remarks, nth = remark_on(case, remarks)
    case.state = State.RETURNED
    deadlines.refresh(case)
    issued = notices.paper(case, "prereview", by=by, nth=nth, remarks=labelled(case, remarks))
    return {"remarks": remarks, "paper": issued}


def remark_on(case: Case, remarks: list[dict[str, str]]) -> tuple[list[dict[str, str]], int]:
    """The remarks put on the case, each at a place it has, and the number of the round."""
    remarks = [{"on": remark["on"], "text": wording(remark["text"], least=2, otherwise=SAY)} for remark in remarks]
    if unknown := {remark["on"] for remark in remarks} - {"", *_places(case)}:
        raise ValueError(f"申请里没有这一处：{'、'.join(sorted(unknown))}")
    nth = max((remark.get("round", 1) for remark in case.remarks), default=0) + 1
    case.remarks = [*case.remarks, *({**remark, "fixed": False, "round": nth} for remark in remarks)]
    return remarks, nth


def _places(case: Case) -> dict[str, tuple[str, str]]:
    """Where a remark can stand: name of the field or paper, and the standard a paper must meet."""
    places = {f"form:{field.key}": (field.label, "") for field in case.guide.form.walk()}
    return places | {f"material:{each.key}": (each.name, each.standard) for each in case.guide.materials}


def labelled(case: Case, remarks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Remarks with the name of the field or paper they stand at, and what is asked of that paper."""
    places, found = _places(case), []
    for remark in remarks:
        name, standard = places.get(remark["on"], ("整份申请", ""))
        found.append({"on": name, "text": remark["text"], "standard": standard})
    return found


@transition(
    "case.prereview_passed", label="预审通过", source={State.PREREVIEW}, target=State.PASSED, allowed=guards.clerk
)
def pass_prereview(case: Case, *, by: Actor) -> None:
    case.remarks = [remark | {"fixed": True} for remark in case.remarks]
    case.state = State.PASSED
    deadlines.refresh(case)


@transition(
    "case.submitted", label="正式提交", source={State.DRAFT, State.RETURNED, State.PASSED}, target=State.SUBMITTED,
    allowed=guards.submitter,
)  # fmt: skip
def submit(case: Case, *, by: Actor, promised: Promised = NOTHING, present: str = "") -> dict[str, Any]:
    """提交: the organ's five working days to say what is missing begin (行政许可法 §32).

    Whether it is whole is asked here, behind page, API and window. A paper that is taken out at the same moment moves
    the revision: the statement then finds another row, and the question is asked again. What is not there yet and may
    be promised is `promised` 容缺、告知承诺, and stands in a letter of its own.
    """
    found = readiness.ensure(case, promised=promised)
    case.reuse = reuse.count(found)
    letter = promise.make(case, found.offer, promised)
    case.submitted_at = case.complete_at = clock.now()
    said = {"declaration": DECLARATION} | (_as_handed_in(case) if case.handed_in else {})
    case.state = State.SUBMITTED
    if present and case.site_id is None and isinstance(by, Principal):
        case.site_id = by.place_for(case.agency_id)
    deadlines.refresh(case)
    said |= {"present": present} if present else {}
    return said | {"paper": notices.paper(case, "promise", by=by, **letter)} if letter else said


def _as_handed_in(case: Case) -> dict[str, Any]:
    """收件凭证: the organ had the papers in hand then, whenever they were entered (行政许可法 §32).

    The application was whole since then only if nothing came later.
    """
    case.submitted_at = datetime.fromisoformat(case.handed_in["at"])
    later = case.papers.filter(removed_at__isnull=True).exclude(material__in=case.handed_in["papers"])
    if not later.exists():
        case.complete_at = case.submitted_at
    return {"receipt": case.handed_in["receipt"], "submitted_at": case.handed_in["at"]}


@transition("case.received", label="收件", source={State.SUBMITTED}, target=State.RECEIVED, allowed=guards.clerk)
def receive(case: Case, *, by: Actor) -> dict[str, Any]:
    """收件: the papers are in hand, listed with counts; acceptance is decided later."""
    case.received_at, facts = clock.now(), {}
    if before := case.handed_in:
        case.received_at = datetime.fromisoformat(before["at"])
        local = case.received_at.astimezone(clock.SHANGHAI)
        facts = {"received_on": f"{local:%Y-%m-%d}", "received_time": f"{local:%H:%M}", "receipt": before["receipt"]}
    case.state = State.RECEIVED
    deadlines.refresh(case)
    return facts | {"paper": notices.paper(case, "receipt", by=by, papers=notices.handed_in(case), **facts)}


@transition(
    "case.accepted", label="受理", source={State.SUBMITTED, State.RECEIVED}, target=None, allowed=guards.clerk_here,
    tone="primary",
)  # fmt: skip
def accept(case: Case, *, by: Actor) -> dict[str, Any]:
    """受理: statutory and promised clocks start the next day (行政许可法 §42, §82).

    Dated the day the whole set was in where something had to be corrected, where the item's law counts from there, and
    where the organ said nothing in time: the application was then accepted by silence (§32(4)).
    """
    deemed = deadlines.is_silent(case)
    if not deemed and (barring := bars.standing(case)):
        raise ValueError(f"不能受理：{bars.why(barring)}请办“不予受理”，理由选“{REFUSAL_GROUNDS['barred']}”。")
    if not deemed:
        _ensure_trusted(case)
    from_receipt = deemed or case.corrections or case.guide.intake.runs_from == "receipt"
    return begin(case, by, since=case.complete_at if from_receipt else clock.now(), deemed=deemed)


def _ensure_trusted(case: Case) -> None:
    """Who broke a promise between handing in and acceptance is not taken at another word.

    What the law lets happen by silence happens all the same.
    """
    promised = case.open_gaps or (case.promise and not case.promise["withdrawn_at"])
    bar = credit.barring(case.person_id, case.organisation_id) if promised else None
    if bar and case.by_promise:
        raise ValueError(f"申请人{credit.why_barred(bar)}请申请人撤回承诺，改走一般程序。")
    if bar:
        raise ValueError(f"申请人{credit.why_barred(bar)}请告知补正，把材料交齐再受理。")


@transition(
    "case.deemed_accepted", label="逾期未告知，视为受理", source={State.SUBMITTED, State.RECEIVED}, target=None,
    allowed=guards.timer,
)  # fmt: skip
def deem_accepted(case: Case, *, by: Actor) -> dict[str, Any]:
    """视为受理: five working days without a word (行政许可法 §32(4)); supervision reads the row."""
    if not deadlines.is_silent(case):
        raise WrongState(case, "还在告知补正的期限之内。")
    return begin(case, by, since=case.complete_at, deemed=True)


def begin(case: Case, by: Actor, *, since: datetime | None, deemed: bool) -> dict[str, Any]:
    case.accepted_at = since or case.submitted_at
    case.step, case.open_steps = 0, []
    case.partners = sorted({step.agency for step in case.review_steps if step.agency} - {case.agency_id})
    # 告知承诺 is decided on the spot: what a review would look at is looked at afterwards.
    case.state = State.REVIEWING if case.review_steps and not case.by_promise else State.DECIDING
    lacking = gap.tell(case)
    deadlines.refresh(case)
    due = case.statutory_due or case.promised_due
    facts: dict[str, Any] = {
        "papers": notices.handed_in(case),
        "applicant_phone": case.applicant_phone,
        "due_on": due.isoformat() if due else "",
        "promised_on": case.promised_due.isoformat() if case.promised_due else "",
        "deemed": deemed,
    }
    if lacking:
        facts |= lacking | {"title": "受理通知书（容缺受理）"}
    paper = notices.paper(case, "acceptance", by=by, **facts)
    return {"due_on": facts["due_on"], "paper": paper} | ({"deemed": True} if deemed else {})


REFUSAL_GROUNDS = {
    "not_required": "依法不需要取得行政许可或者办理该事项",
    "other_organ": "不属于本机关职权范围",
    "false_papers": "隐瞒有关情况或者提供虚假材料",
    "barred": "还在依法不得再次申请的期限之内",
}


@transition(
    "case.refused", label="不予受理", source={State.SUBMITTED, State.RECEIVED}, target=State.REFUSED,
    allowed=guards.clerk_here, tone="danger",
)  # fmt: skip
def refuse_to_accept(
    case: Case, *, by: Actor, ground: str, reason: str, right_organ: str = "", right_agency: str = ""
) -> dict[str, Any]:
    """不予受理: in writing, with the reason and, where it is another organ's power, its name (行政许可法 §32, §78)."""
    if ground not in REFUSAL_GROUNDS or (ground == "barred" and not bars.standing(case)):
        raise ValueError("请选择不予受理的理由。")
    if deadlines.is_silent(case):
        raise ValueError("收到申请已超过五个工作日，依法视为受理，不能再不予受理。请先受理，再依法作出决定。")
    other, phone = ground == "other_organ", ""
    if other and (agency := Agency.objects.filter(code=right_agency).exclude(pk=case.agency_id).first()):
        right_organ, phone = agency.name, agency.phone
    organ = wording(right_organ, least=2 * other, otherwise="不属于本机关职权的，请写明应当向哪个机关申请。")
    reason = wording(reason, least=4, otherwise="请写明不予受理的具体原因，至少四个字。")
    case.finished_at = clock.now()
    case.state = State.REFUSED
    deadlines.refresh(case)
    facts: dict[str, Any] = {
        "ground": REFUSAL_GROUNDS[ground],
        "reason": reason,
        "right_organ": organ,
        "right_phone": phone,
        "barred_until": bars.put(case, bars.CONCEALED) if ground == "false_papers" else "",
    }
    return {**facts, "paper": notices.paper(case, "refusal", by=by, **facts)}


@transition(
    "case.withdrawn",
    label="撤回申请",
    source={
        State.DRAFT, State.PREREVIEW, State.RETURNED, State.PASSED, State.SUBMITTED, State.RECEIVED, State.CORRECTING,
        State.REVIEWING, State.PAUSED, State.DECIDING,
    },
    target=State.WITHDRAWN,
    allowed=guards.filer,
    tone="danger",
)  # fmt: skip
def withdraw(case: Case, *, by: Actor, reason: str = "") -> dict[str, Any]:
    """撤回: any time before the decision; papers go back. A clerk who writes it down says why."""
    least = 0 if guards.applicant(case, by) else 4
    reason = wording(reason, least=least, otherwise="请写明申请人撤回的原因，至少四个字。")
    was_formal = case.submitted_at is not None
    case.finished_at = clock.now()
    case.state = State.WITHDRAWN
    deadlines.refresh(case)
    if not was_formal:
        return {"reason": reason}
    papers = notices.handed_in(case)
    return {"reason": reason, "paper": notices.paper(case, "withdrawal", by=by, reason=reason, papers=papers)}


def submit_in_person(case: Case, *, by: Principal, promised: Promised = NOTHING) -> Case:
    """At the window submission and receipt are one moment."""
    submit(case, by=by, promised=promised)
    return receive(case, by=by)


# Who stands at the window and says that the pre-reviewed application is to be filed.
PRESENT = {"self": "本人到场，已核对身份证件", "agent": "代办人到场，已核对双方证件和委托"}


@transaction.atomic
def file_at_window(
    case: Case, *, by: Principal, present: str, papers: Sequence[str] = (), seen: int | None = None
) -> Case:
    """预审通过以后: the originals are looked at, what was missing is ticked, the application is filed and taken in."""
    if present not in PRESENT:
        raise ValueError("请先核对来人的身份证件。")
    if seen is not None and seen != case.revision:
        raise Stale(case, FASTER)
    for key in papers:
        drafts.see_paper(case, key, "original", by=by)
    submit(case, by=by, present=PRESENT[present])
    return receive(case, by=by)


file_at_window.transition = submit.transition  # type: ignore[attr-defined]
