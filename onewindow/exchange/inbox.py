"""收到: what an outside system tells is kept once under its own id, then written into the case it is about."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from onewindow.cases.actions import outside
from onewindow.cases.actions.wording import PERSONAL_NUMBER
from onewindow.cases.models import Case, State
from onewindow.exchange import completions, systems
from onewindow.exchange.adapters.base import Unsent, Word
from onewindow.exchange.models import Letter, System
from onewindow.kernel import clock, secrecy
from onewindow.kernel.flow import Conflict

log = logging.getLogger(__name__)
# What comes before its case, or before its number is known, is looked at again for about a day.
MOST = 12


class NotYet(Exception):
    """The case it is about is not there, or not handed over."""


def take(system: System, words: Sequence[Word]) -> list[Letter]:
    """Kept first, all of them, then written one by one: a fault in one does not lose the others."""
    kept = [_keep(system, word) for word in words]
    for letter in kept:
        settle(letter.pk)
    return list(Letter.objects.filter(pk__in=[letter.pk for letter in kept]).order_by("pk"))


def _keep(system: System, word: Word) -> Letter:
    shown = {"办件": word.number, "外部编号": word.external, "进展": _said(word.status), "时间": word.at.isoformat()}
    if word.applicant:
        shown["申请人"] = secrecy.mask_name(word.applicant)
    body = secrecy.encrypt(word.model_dump_json(), purpose=systems.PURPOSE)
    letter, _ = Letter.objects.get_or_create(
        system=system, way=Letter.Way.IN, mark=word.id, defaults={"what": word.status, "body": body, "shown": shown}
    )
    return letter


def _said(status: str) -> str:
    return (outside.STATUSES | outside.OUTCOMES)[status]


def settle(pk: int) -> None:
    """Written and closed in one transaction, with the letter locked: once, however many hold it."""
    try:
        with transaction.atomic():
            letter = Letter.objects.select_for_update(of=("self",)).select_related("system").get(pk=pk)
            if letter.state != Letter.State.WAITING:
                return
            word = Word.model_validate_json(secrecy.decrypt(letter.body, purpose=systems.PURPOSE))
            letter.answer = _write(letter, word)
            letter.state, letter.done_at, letter.attempts = Letter.State.DONE, clock.now(), letter.attempts + 1
            letter.save()
    except NotYet as problem:
        _later(pk, str(problem))
    except (Conflict, ValueError, IntegrityError) as problem:
        _later(pk, str(problem), lasting=True)


def _write(letter: Letter, word: Word) -> str:
    system = letter.system
    case = _case(system, word)
    if case is None:
        return _completed(system, word)
    letter.case = case
    facts = {"at": word.at, "words": PERSONAL_NUMBER.sub("（证件号码）", word.words), "number": word.external}
    by = systems.actor(system)
    if word.status in outside.STATUSES:
        outside.tell(case, by=by, status=word.status, how="exchange", **facts)
        return "已写入办件"
    if case.state == State.OUTSIDE_DONE:
        if case.outside["status"] == word.status:
            return "办件已经办结，结果相同"
        raise ValueError(f"办件已登记为“{_said(case.outside['status'])}”，与收到的“{_said(word.status)}”不同，请核实")
    outside.conclude(case, by=by, outcome=word.status, how="exchange", **facts)
    return "已写入办件"


def _case(system: System, word: Word) -> Case | None:
    """By their number, else by ours; ours only where the item is handled in that very system."""
    cases = Case.objects.select_related("version", "item", "agency").exclude(state=State.DRAFT)
    known = Q(outside_system=system.key, outside_number=word.external)
    case = cases.filter(known).first()
    if case is None and word.number:
        case = cases.filter(number=word.number).first()
        rule = case.guide.outside if case else None
        if case is None or rule is None or rule.system != system.key:
            raise ValueError(f"这里没有在这个系统办理的办件 {word.number}")
    if case is None:
        return None
    if case.state not in {State.OUTSIDE, State.OUTSIDE_DONE}:
        raise NotYet(f"办件还是“{case.get_state_display()}”，没有转过去")
    if word.number and word.number != case.number:
        raise ValueError(f"编号对不上：{word.external} 登记在另一件办件上")
    return case


def _completed(system: System, word: Word) -> str:
    """Nobody filed it here. While something of ours is on its way, its number may be this one."""
    under_way = Letter.objects.filter(system=system, way=Letter.Way.OUT, state=Letter.State.WAITING)
    if word.status in outside.STATUSES or under_way.exists():
        raise NotYet("还没有这个编号的办件")
    done = completions.Done(
        system=system.key, number=word.external, item=word.item, done_on=word.at.astimezone(clock.SHANGHAI).date(),
        outcome=word.status, applicant=word.applicant,
    )  # fmt: skip
    return f"记为外部办结（{completions.WORDS[completions.keep(done, by=systems.actor(system))]}）"


def _later(pk: int, why: str, *, lasting: bool = False) -> None:
    letter = Letter.objects.select_related("system").filter(pk=pk, state=Letter.State.WAITING).first()
    if letter is None:
        return
    letter.attempts, letter.answer = letter.attempts + 1, why[:300]
    if lasting or letter.attempts >= MOST:
        letter.state = Letter.State.PARKED
        if lasting or letter.what in outside.OUTCOMES:
            systems.alert(letter.system, f"收到的 {letter.shown['外部编号']} 写不进办件，已搁置")
    letter.next_at = clock.now() + timedelta(seconds=min(4 ** min(letter.attempts, 7), 3 * 3600))
    letter.save(update_fields=["attempts", "answer", "state", "next_at"])


def run_due(limit: int = 200) -> None:
    due = Letter.objects.filter(way=Letter.Way.IN, state=Letter.State.WAITING, next_at__lte=clock.now())
    for pk in due.order_by("next_at", "pk").values_list("pk", flat=True)[:limit]:
        settle(pk)


def poll(system: System) -> int:
    """取进展: the cursor moves when the words are kept; a crash before that asks again, and each is kept once."""
    if not system.may_send:
        return 0
    try:
        found = systems.adapter(system).poll(system.cursor)
    except Unsent as problem:
        systems.failed(system, problem.message)
        log.warning("%s 取不到进展：%s", system.key, problem.message)
        return 0
    except ValueError as problem:
        log.warning("%s 没有设置好：%s", system.key, problem)
        return 0
    take(system, found.words)
    if found.cursor != system.cursor:
        System.objects.filter(pk=system.pk).update(cursor=found.cursor)
    found.settle()
    if found.faults:
        systems.alert(system, f"收到的文件有 {len(found.faults)} 行读不懂")
    if found.words:
        systems.went_well(system)
    return len(found.words)
