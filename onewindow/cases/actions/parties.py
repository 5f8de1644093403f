"""共同申请: asked by the applicant, each joins and confirms, or says why not; a change of the file asks them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F

from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.cases import parties
from onewindow.cases.actions import guards
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import CLOSED_STATES, Case, Party, State
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import FASTER, Stale, WrongState

MOST = 20
# Invitations one account may send in a day: each may be a message to somebody else.
A_DAY = 20
ASKED = frozenset({State.DRAFT, State.PREREVIEW, State.RETURNED, State.PASSED, State.CORRECTING})
ANSWERED = frozenset(State) - {*CLOSED_STATES, State.DECIDED, State.DELIVERED}


@contextmanager
def _locked(case: Case, states: frozenset[State]) -> Iterator[Case]:
    """The case's row: a submission at the same moment finds another revision, and asks again who has confirmed."""
    with transaction.atomic():
        row = Case.objects.select_for_update(of=("self",)).select_related("version").get(pk=case.pk)
        if row.state not in states:
            raise WrongState(case, f"申请现在是“{row.get_state_display()}”，不能再请人确认或改变确认。")
        yield row
        Case.objects.filter(pk=case.pk).update(revision=F("revision") + 1)
    case.refresh_from_db(fields=["revision", "state"])


def invite(case: Case, need: str, name: str, *, by: Principal, phone: str = "") -> Party:
    if not guards.filer(case, by):
        raise PermissionDenied("只有申请人可以请人一起申请。")
    asked = next((each for each in case.guide.parties if each.key == need), None)
    if asked is None:
        raise ValueError("这个事项没有这种共同申请人。")
    name = wording(name, least=2, otherwise="请写对方身份证上的姓名。")[:80]
    with _locked(case, ASKED) as row:
        if row.parties.current().count() >= MOST:
            raise ValueError(f"最多 {MOST} 位共同申请人。")
        made = Party.objects.create(case=case, need=need, label=asked.label, name=name, phone=phone)
        ledger.record(row, "case.party_invited", by=by, data={"party": made.number, "told": str(made)})
    return made


def join(party: Party, *, by: Principal) -> Party:
    """Whoever bears the name and opens the link first; of two at once one wins, the same one again changes nothing."""
    case, person = party.case, Person.objects.filter(users=by.user_id).first()
    if person is None:
        raise ValueError("请先登记您的身份信息。")
    with _locked(case, ASKED):
        row = Party.objects.select_for_update(of=("self",)).get(pk=party.pk)
        if row.person_id == person.pk and not row.ended_at:
            return row
        if row.ended_at or row.person_id is not None:
            raise WrongState(case, "这份邀请已经有人接受，或者已经收回了。请申请人再发一份。")
        if guards.applicant(case, by):
            raise ValueError("这是您自己的申请，请把邀请发给对方。")
        if person.name != row.name:
            raise ValueError(f"这份邀请是给{row.name}的，和您登记的姓名不一致。姓名写错了，请申请人重新邀请。")
        row.person, row.user_id, row.joined_at = person, by.user_id, clock.now()
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise WrongState(case, "您已经在这份申请里了。") from None
        ledger.record(case, "case.party_joined", by=by, data={"party": row.number, "told": str(row)})
    return row


def confirm(party: Party, *, by: Principal, seen: str, agreed: bool = False) -> Party:
    """Of exactly what was on the page: where it changed meanwhile, one reads it again."""
    with _answering(party, by) as row:
        if seen != parties.mark(row.case):
            raise Stale(row.case, FASTER)
        row.confirmed_at, row.confirmed_how, row.agreed = clock.now(), Party.How.ONLINE, agreed
        row.declined_at, row.declined_why = None, ""
        data = {"party": row.number, "told": str(row), "mark": seen, "agreed": agreed}
        ledger.record(row.case, "case.party_confirmed", by=by, data=data)
    return row


def decline(party: Party, *, by: Principal, reason: str) -> Party:
    reason = wording(reason, least=2, otherwise="请写一句为什么不同意，申请人会看到。")[:300]
    with _answering(party, by) as row:
        row.confirmed_at, row.declined_at, row.declined_why = None, clock.now(), reason
        data = {"party": row.number, "told": str(row), "reason": reason}
        ledger.record(row.case, "case.party_declined", by=by, data=data)
    return row


@contextmanager
def _answering(party: Party, by: Principal) -> Iterator[Party]:
    if by.person_id is None or not Party.objects.of(by).filter(pk=party.pk).exists():
        raise PermissionDenied("只有共同申请人本人可以确认。")
    with _locked(party.case, ANSWERED) as case:
        row = Party.objects.select_for_update(of=("self",)).get(pk=party.pk)
        if row.confirmed_at and case.state not in ASKED:
            raise WrongState(case, "申请已经提交，您的确认已生效。")
        row.case = case
        yield row
        row.voided_at, row.voided_why = None, ""
        row.save()


def confirm_at_window(
    case: Case, need: str, person: Person, *, by: Principal, signed: bool, seen: str | None = None
) -> Party:
    """At the counter with card and signature: the clerk saw both (窗口核验身份并签名).

    `seen` is the mark of what was shown there, where the file was filled in elsewhere and may have changed since.
    """
    if not guards.clerk(case, by):
        raise PermissionDenied("只有窗口人员可以核验共同申请人的身份。")
    if not signed:
        raise ValueError("请共同申请人当面看过申请内容并签名。")
    if person.pk == case.person_id and not case.organisation_id:
        raise ValueError("申请人本人不用再确认。")
    label = next((each.label for each in case.guide.parties if each.key == need), "")
    if not label:
        raise ValueError("这个事项没有这种共同申请人。")
    with _locked(case, ANSWERED) as now:
        if seen is not None and seen != parties.mark(now):
            raise Stale(now, FASTER)
        waiting = case.parties.current().filter(need=need)
        row = waiting.filter(person=person).first() or waiting.filter(person=None, name=person.name).first()
        row = row or Party(case=case, need=need, label=label, name=person.name, phone=person.phone)
        if row.confirmed_at:
            return row
        row.person, row.joined_at = person, row.joined_at or clock.now()
        row.confirmed_at, row.confirmed_how = clock.now(), Party.How.WINDOW
        row.declined_at, row.declined_why, row.voided_at, row.voided_why = None, "", None, ""
        row.save()
        data = {"party": row.number, "told": str(row), "mark": parties.mark(case), "how": Party.How.WINDOW.label}
        ledger.record(case, "case.party_confirmed", by=by, data=data)
    return row


def remove(party: Party, *, by: Principal) -> None:
    if not guards.filer(party.case, by):
        raise PermissionDenied("只有申请人可以收回邀请。")
    with _locked(party.case, ASKED) as case:
        if case.parties.current().filter(pk=party.pk).update(ended_at=clock.now()):
            data = {"party": party.number, "told": str(party)}
            ledger.record(case, "case.party_removed", by=by, data=data)


def void(case: Case, what: str, *, by: ledger.Actor) -> None:
    """What was confirmed has changed: asked again, and told why. Called in the transaction of the change."""
    if not case.guide.parties:
        return
    confirmed = case.parties.current().filter(confirmed_at__isnull=False)
    numbers = list(confirmed.values_list("number", flat=True))
    if numbers:
        why = f"{by.name}改了{what}"
        confirmed.update(confirmed_at=None, confirmed_how="", voided_at=clock.now(), voided_why=why[:200])
        ledger.record(case, "case.confirmations_voided", by=by, data={"parties": numbers, "told": why})
