"""送达: which papers are on their way to whom, and the day each counts from (民事诉讼法 §87–95 by analogy)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings

from onewindow.accounts.models import Mandate
from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, notices
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, Delivery, Party
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.mandates import of_body

Way = Delivery.Way
# 公告送达: natural days after publication (民事诉讼法 §95).
NOTICE_DAYS = 30
# What takes or refuses something: its period for 复议 and 诉讼 runs from the delivery.
AGAINST = frozenset({
    "denied", "refusal", "termination", "lapse", "gap_lapse", "revoked", "recalled", "withdrawn_licence", "cancelled",
    "correction_order",
})  # fmt: skip


def effective(way: str, *, sent: date | None, signed: date | None = None, opened: date | None = None) -> date | None:
    """The day a delivery counts from, None while nobody knows.

    Handed over: the day it was signed, or left behind. By post: the day on the return slip. By public notice: the
    thirtieth day after publication. Electronic: when it reached the addressee's account, or, where the district says so
    (ONEWINDOW_DELIVERY_COUNTS=opening), when it was first opened.
    """
    if way == Way.NOTICE:
        return clock.calendar().due(sent, NOTICE_DAYS, "natural").date if sent else None
    if way == Way.ONLINE:
        return sent if settings.DELIVERY_COUNTS == "arrival" else opened
    return signed


def derivation(delivery: Delivery) -> str:
    """Why the delivery counts from that day, in a sentence for the applicant."""
    if delivery.effective_on is None:
        return ""
    opened = settings.DELIVERY_COUNTS == "opening"
    return {
        Way.WINDOW: "当面签收的日期", Way.AGENT: "代收人签收的日期", Way.LEFT: "留置送达的日期",
        Way.POST: "邮寄回执上的收件日期",
        Way.NOTICE: f"自公告发布之日起满{NOTICE_DAYS}日",
        Way.ONLINE: "您打开文书的日期" if opened else "文书到达您网上账户的日期",
    }[Way(delivery.way)]  # fmt: skip


def has_account(case: Case) -> bool:
    """Somebody can open it online: whoever filed it there, while it is theirs to see, or the applicant's own account.

    When an agent's mandate has ended, an elder without an account is served by nothing that lies online.
    """
    if case.channel != Case.Channel.DESK and not _agent_is_out(case):
        return True
    if case.organisation_id:
        return bool(of_body(case.organisation_id))
    return bool(case.person and case.person.users.filter(is_active=True).exists())


def _agent_is_out(case: Case) -> bool:
    if case.mandate_id is None:
        return False
    return case.agent_stopped_at is not None or not Mandate.objects.in_force().filter(pk=case.mandate_id).exists()


def agreed(case: Case, party: Party | None = None) -> bool:
    """同意电子送达, and not taken back."""
    return party.agreed if party else case.service.get("way") == Way.ONLINE


def ensure(case: Case, entries: Iterable[Entry] | None = None) -> list[Delivery]:
    """A row for every paper and addressee, also for papers of this very moment; asking again changes nothing."""
    if entries is None:
        entries = Entry.objects.filter(kind="case", subject=case.number, data__has_key="paper").order_by("seq")
    parties = [None, *case.parties.current().filter(joined_at__isnull=False)]
    fresh = [
        _fresh(case, entry, party)
        for entry in entries
        if notices.KINDS[entry.data["paper"]["kind"]].served
        for party in parties
    ]
    known = set(case.deliveries.values_list("entry", "party_id")) if fresh else set()
    Delivery.objects.bulk_create(
        [each for each in fresh if (each.entry, each.party_id) not in known], ignore_conflicts=True
    )
    return list(case.deliveries.select_related("party"))


def _fresh(case: Case, entry: Entry, party: Party | None) -> Delivery:
    """Who agreed finds it in the account at once; the decision is handed over by an act of its own."""
    paper = entry.data["paper"]
    made = Delivery(
        case=case, entry=entry.pk, kind=paper["kind"], title=paper["facts"]["title"], number=paper["facts"]["number"],
        party=party, addressee=party.name if party else case.applicant_name, created_at=entry.at,
    )  # fmt: skip
    by_hand = paper["kind"] in {"granted", "denied"} and settings.DELIVERY_COUNTS == "arrival"
    if agreed(case, party) and not by_hand and (party or has_account(case)):
        made.way, made.sent_at = Way.ONLINE, entry.at
        made.effective_on = effective(Way.ONLINE, sent=deadlines.on(entry.at))
    return made


def on_entry(entry: Entry) -> None:
    """A subscriber of the ledger; the unique key keeps a repeated row to one delivery."""
    if entry.kind == "case" and "paper" in entry.data and notices.KINDS[entry.data["paper"]["kind"]].served:
        ensure(Case.objects.get(number=entry.subject), [entry])


def decision(rows: Iterable[Delivery], party: Party | None = None) -> Delivery | None:
    """The row of the decision, for the applicant or one of the parties."""
    wanted = party.pk if party else None
    return next((row for row in rows if row.kind in {"granted", "denied"} and row.party_id == wanted), None)


def unserved(case: Case) -> list[str]:
    """Parties the decision has not reached: the case is not finished before it has."""
    parties = case.parties.current().filter(joined_at__isnull=False)
    served = case.deliveries.filter(kind__in=["granted", "denied"], effective_on__lte=clock.today())
    return [party.name for party in parties.exclude(pk__in=served.filter(party__isnull=False).values("party"))]


def mine(case: Case, principal: Principal) -> list[Delivery]:
    """What is addressed to this person: the applicant's side sees the applicant's, a party its own."""
    rows = case.deliveries.select_related("party")
    if guards.applicant(case, principal):
        return list(rows.filter(party__isnull=True))
    return list(rows.filter(party__person=principal.person_id)) if principal.person_id else []


def unnoticed_before() -> datetime:
    """Papers from before this moment and still unopened, or not sent, are due by another way."""
    calendar, back = clock.calendar(), clock.today()
    for _ in range(settings.DELIVERY_UNOPENED_DAYS):
        back = date.fromordinal(back.toordinal() - 1)
        while not calendar.is_working(back):
            back = date.fromordinal(back.toordinal() - 1)
    return datetime.combine(back, time(0), tzinfo=clock.SHANGHAI)


@dataclass(frozen=True)
class Remedy:
    """复议 or 诉讼: until when, and the period that says so."""

    row: Delivery
    deadline: deadlines.Deadline


def remedies(case: Case, rows: Iterable[Delivery]) -> list[Remedy]:
    """From the day the last of them took effect for this addressee; nothing before it has.

    Where reconsideration comes first 复议前置 (行政复议法 §23) no day to sue runs yet: the papers say the same.
    """
    own = case.guide.remedies
    if not (own.reconsideration or not case.guide.complete):
        return []
    against = (row for row in rows if row.kind in AGAINST and row.is_effective)
    last = max(against, key=lambda row: (_since(row), row.entry), default=None)
    if last is None:
        return []
    periods = deadlines.remedies(_since(last))
    return [Remedy(last, each) for each in periods if not (own.first and each.key == "suit")]


def _since(row: Delivery) -> date:
    assert row.effective_on is not None
    return row.effective_on
