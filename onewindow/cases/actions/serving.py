"""送达: the way the applicant chose, papers sent and served with their proof, and the first opening noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, deliveries, notices, timeline
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import CLOSED_STATES, Case, Delivery, State
from onewindow.documents.models import File
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor
from onewindow.kernel.models import Entry

Way = Delivery.Way
# What an applicant may choose; the other ways are the law's when these fail.
CHOICES = {"online": "网上送达", "post": "邮寄", "window": "到窗口领"}
# 电子送达确认: what agreeing means.
AGREEMENT = "同意电子送达：文书发到我的网上账户就算送到，另发短信提醒。随时可以改成邮寄或到窗口领。"
BEGUN = frozenset(State) - {State.DRAFT}


@dataclass(frozen=True)
class Handing:
    """How papers are handed over; `on` is the day signed, of the return slip, or of the public notice."""

    way: str
    receiver: str = ""
    relation: str = ""
    refused: str = ""
    witnesses: str = ""
    other_server: str = ""
    place: str = ""
    tracking: str = ""
    on: date | None = None
    proof: File | None = None


@transition(
    "case.delivery_chosen", label="选择送达方式", source=frozenset(State) - set(CLOSED_STATES), target=None,
    allowed=guards.filer, retry=True,
)  # fmt: skip
def choose_delivery(case: Case, *, by: Actor, way: str, address: str = "", phone: str = "") -> dict[str, Any]:
    """送达方式和地址确认; leaving 网上送达 takes the agreement back for every later paper."""
    if way not in CHOICES:
        raise ValueError("请选择文书怎么给您。")
    if way == "online" and not deliveries.has_account(case):
        raise ValueError("申请人没有网上账户，不能网上送达，请选邮寄或到窗口领。")
    least = 6 * (way == "post")
    address = wording(address, least=least, otherwise="邮寄请写清收件地址，写到门牌号。")[:200]
    before = case.service.get("way", "")
    kept = {"address": address, "phone": wording(phone)[:20]} if way == "post" else {}
    case.service = {"way": way, "at": clock.now().isoformat(), "by": by.name, **kept}
    return {"way": CHOICES[way], "agreement": AGREEMENT if way == "online" else "", "revoked": before == "online"}


def checked(handing: Handing, case: Case, *, sending: bool = False) -> Handing:
    """ValueError says what the law wants to know of this way."""
    if handing.way not in Way.values:
        raise ValueError("请选择送达方式。")
    today = clock.today()
    if handing.on and handing.on > today:
        raise ValueError("日期不能晚于今天。")
    needs = {"tracking": wording(handing.tracking, least=4 * (handing.way == Way.POST), otherwise=NO_TRACKING)}
    for name in ("receiver", "relation", "refused", "witnesses", "other_server", "place"):
        needs[name] = wording(getattr(handing, name))
    if handing.way == Way.POST and not sending and handing.on is None:
        raise ValueError("请填写邮寄回执上的收件日期；还没有回执的，先登记寄出。")
    if handing.way == Way.LEFT and not (needs["refused"] and (needs["witnesses"] or handing.proof)):
        raise ValueError("留置送达要写明拒收的情况，并写见证人，或者上传全程的照片、录像。")
    if handing.way == Way.NOTICE and len(needs["place"]) < 4:
        raise ValueError("公告送达请写明在哪里发布的公告，例如区政府网站的网址。")
    if handing.way == Way.AGENT and not (needs["receiver"] and needs["relation"]):
        raise ValueError("请写代收人的姓名，以及和受送达人的关系。")
    return Handing(**{**vars(handing), **needs, "on": handing.on or today})


NO_TRACKING = "邮寄送达请填写邮寄单号。"


def ensure_online(case: Case, rows: Iterable[Delivery]) -> None:
    """By consent only, and into an account that exists."""
    if not deliveries.has_account(case):
        raise ValueError("申请人没有网上账户，不能网上送达，请选择其他方式。")
    if refusing := [row.addressee for row in rows if not deliveries.agreed(case, row.party)]:
        raise ValueError(f"{'、'.join(dict.fromkeys(refusing))}没有同意电子送达，请选择其他方式。")
    if settings.DELIVERY_COUNTS == "opening" and any(row.opened_at is None for row in rows):
        raise ValueError("文书已在申请人的网上账户里，打开后自动记为送达。一直不打开的，请改用邮寄或当面送达。")


def settle(rows: Sequence[Delivery], handing: Handing, by: Actor, *, sending: bool = False) -> None:
    """Write the handing on each row. What counted already keeps its day; a former way is kept among the tries."""
    assert handing.on is not None
    sent = clock.now() if handing.on == clock.today() else datetime.combine(handing.on, time(), tzinfo=clock.SHANGHAI)
    servers = "、".join(filter(None, [by.name, handing.other_server]))
    for row in rows:
        if row.way and row.way != handing.way:
            former = {"way": row.way, "sent_at": row.sent_at and row.sent_at.isoformat(), "tracking": row.tracking}
            row.tries = [*row.tries, former]
        opened = deadlines.on(row.opened_at) if row.opened_at else None
        signed = None if sending else handing.on
        row.effective_on = row.effective_on or deliveries.effective(
            handing.way, sent=handing.on, signed=signed, opened=opened
        )
        row.sent_at = row.sent_at if row.way == handing.way and row.sent_at else sent
        row.way, row.servers = handing.way, servers
        row.receiver = "" if sending else handing.receiver or row.addressee
        row.relation, row.refused, row.witnesses = handing.relation, handing.refused, handing.witnesses
        row.place, row.tracking, row.proof = handing.place, handing.tracking, handing.proof or row.proof
        row.save()


def receipt_facts(case: Case, rows: Sequence[Delivery], handing: Handing) -> dict[str, Any]:
    """What the 送达回证 says; the certificate goes with the decision."""
    papers = [f"{row.title}（{row.number}）" for row in rows]
    if any(row.kind == "granted" and row.party_id is None for row in rows):
        certificate = timeline.certificate(case)
        papers += [f"{certificate.type_name}（{certificate.number}）"] if certificate else []
    assert handing.on is not None
    return {
        "applicant": "、".join(dict.fromkeys(row.addressee for row in rows)), "way": Way(handing.way).label,
        "receiver": "" if handing.refused else handing.receiver or rows[0].addressee, "relation": handing.relation,
        "refused": handing.refused, "witnesses": handing.witnesses, "tracking": handing.tracking,
        "servers": rows[0].servers, "delivered_papers": papers, "received_on": handing.on.isoformat(),
        "place": handing.place or (case.site.name if case.site else ""),
        "proof": handing.proof.name if handing.proof else "",
    }  # fmt: skip


def next_receipt(case: Case) -> int:
    issued = Entry.objects.filter(kind="case", subject=case.number, data__paper__kind="delivery")
    return issued.count() + 1


def chosen(case: Case, wanted: Iterable[int]) -> list[Delivery]:
    """The rows of one addressee, locked with the case; ValueError when there is nothing left to do for them."""
    wanted = set(wanted)
    rows = [row for row in deliveries.ensure(case) if row.pk in wanted]
    if not rows or len({row.party_id for row in rows}) > 1:
        raise ValueError("请勾选同一个人的文书。")
    return rows


@transition(
    "case.paper_sent", label="寄出、公告文书", source=BEGUN, target=None, allowed=guards.clerk, writes=True,
)  # fmt: skip
def send(case: Case, *, by: Actor, papers: Sequence[int], handing: Handing) -> dict[str, Any]:
    """By post until the return slip is back, or by public notice until thirty days have passed."""
    if handing.way not in {Way.POST, Way.NOTICE}:
        raise ValueError("只有邮寄和公告要先登记发出。")
    handing, rows = checked(handing, case, sending=True), chosen(case, papers)
    settle(rows, handing, by, sending=True)
    return {"papers": [row.title for row in rows], "way": Way(handing.way).label, "to": rows[0].addressee,
            "tracking": handing.tracking, "effective_on": _iso(rows[0].effective_on)}  # fmt: skip


@transition(
    "case.served", label="登记文书送达", source=BEGUN - {State.DECIDED}, target=None, allowed=guards.clerk, writes=True,
)  # fmt: skip
def serve(case: Case, *, by: Actor, papers: Sequence[int], handing: Handing) -> dict[str, Any]:
    """送达回证 for papers other than the decision that waits to be delivered."""
    handing, rows = checked(handing, case), chosen(case, papers)
    if handing.way == Way.ONLINE:
        ensure_online(case, rows)
    settle(rows, handing, by)
    issued = notices.paper(case, "delivery", by=by, nth=next_receipt(case), **receipt_facts(case, rows, handing))
    titles = [row.title for row in rows]
    return {"papers": titles, "way": Way(handing.way).label, "to": rows[0].addressee, "paper": issued}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


@transaction.atomic
def note_opening(case: Case, entry: Entry, *, by: Principal) -> Delivery | None:
    """The addressee opened the paper: once, with time and name. Returns the row when this was the first time."""
    if entry.data.get("paper") is None:
        return None
    deliveries.ensure(case, [entry])
    mine = [row for row in deliveries.mine(case, by) if row.entry == entry.pk]
    row = Delivery.objects.select_for_update(of=("self",)).filter(pk__in=[each.pk for each in mine]).first()
    if row is None or row.opened_at:
        return None
    row.opened_at, row.opened_by = clock.now(), by.name
    if row.way == Way.ONLINE:
        sent = deadlines.on(row.sent_at) if row.sent_at else None
        row.effective_on = row.effective_on or deliveries.effective(Way.ONLINE, sent=sent, opened=clock.today())
    row.save(update_fields=["opened_at", "opened_by", "effective_on"])
    ledger.record(case, "case.paper_opened", by=by, data={"told": f"《{row.title}》{row.number}"})
    return row
