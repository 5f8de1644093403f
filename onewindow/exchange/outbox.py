"""送出: a case filed for an outside system is handed over once, whatever breaks on the way.

Claimed by one statement for a while; sent with the same key at every attempt; handed over in the transaction that
closes the letter. Who is killed after their answer leaves a letter that is sent again, and the other side knows the
key.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from onewindow.cases.actions import outside
from onewindow.cases.models import Case, CasePaper, State
from onewindow.documents import files
from onewindow.documents.models import File
from onewindow.exchange import systems
from onewindow.exchange.adapters.base import FETCHABLE, Attached, Parcel, Receipt, Unsent
from onewindow.exchange.models import Letter, System
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import Conflict
from onewindow.kernel.forms import display_values
from onewindow.kernel.models import Entry

log = logging.getLogger(__name__)
# Waits of 4, 16, 64 … seconds, an hour at most: the last try is some four hours after the first.
MOST = 9
# Longer than any adapter may take: then the one who claimed it is taken to be dead.
LEASE = timedelta(minutes=3)
HANDOVER = "handover"
SENDABLE = [State.SUBMITTED, State.RECEIVED]


def on_entry(entry: Entry) -> None:
    """A subscriber of the ledger: a row read twice makes one letter."""
    if entry.event == "case.submitted":
        enqueue(Case.objects.select_related("version").get(number=entry.subject))


def enqueue(case: Case) -> Letter | None:
    rule = case.guide.outside
    if rule is None or rule.road != "adapter" or not case.goes_outside:
        return None
    system = System.objects.filter(key=rule.system).first()
    if system is None:
        return None
    shown = {"办件": case.number, "事项": case.item_id}
    with transaction.atomic():
        letter, fresh = Letter.objects.get_or_create(
            system=system, way=Letter.Way.OUT, mark=f"onewindow-{case.number}",
            defaults={"what": HANDOVER, "case": case, "shown": shown},
        )  # fmt: skip
        if fresh:
            _soon(letter, 0)
    return letter


def _soon(letter: Letter, seconds: int) -> None:
    from onewindow.exchange.tasks import send

    job = send.configure(schedule_in={"seconds": seconds}) if seconds else send
    job.defer(letter_id=letter.pk)


def catch_up(system: System) -> int:
    """A system set up after people had filed: what waits for it goes on its way."""
    waiting = Case.objects.filter(state__in=SENDABLE, version__body__outside__system=system.key)
    waiting = waiting.exclude(letters__way=Letter.Way.OUT).select_related("version")
    return sum(enqueue(case) is not None for case in waiting.iterator(chunk_size=100))


def run_due(limit: int = 200) -> int:
    """Letters whose time has come; returns how many were closed."""
    due = Letter.objects.filter(way=Letter.Way.OUT, state=Letter.State.WAITING, next_at__lte=clock.now())
    return sum(deliver(pk) for pk in due.order_by("next_at").values_list("pk", flat=True)[:limit])


def deliver(pk: int) -> bool:
    letter = _claim(pk)
    if letter is None:
        return False
    assert letter.case is not None
    if letter.case.state not in SENDABLE:
        return _close(letter, f"办件已是“{letter.case.get_state_display()}”，没有发送")
    try:
        adapter = systems.adapter(letter.system)
        receipt = adapter.send(parcel(letter.case, letter.mark, letter.system))
    except ValueError as problem:
        return _again(letter, Unsent(str(problem), lasting=True))
    except Unsent as problem:
        if not problem.lasting:
            systems.failed(letter.system, problem.message)
        return _again(letter, problem)
    systems.went_well(letter.system)
    return _hand_over(letter, receipt, sandbox=adapter.sandbox)


def _claim(pk: int) -> Letter | None:
    """Of many workers one gets it; nobody while the system is paused or its circuit open, and no attempt is used up."""
    parts = ("system", "case__version", "case__item", "case__person", "case__organisation", "case__agency")
    letter = Letter.objects.select_related(*parts).filter(pk=pk).first()
    if letter is None or not letter.system.may_send:
        return None
    now = clock.now()
    mine = Letter.objects.filter(pk=pk, state=Letter.State.WAITING, next_at__lte=now)
    if not mine.update(attempts=F("attempts") + 1, next_at=now + LEASE):
        return None
    letter.attempts += 1
    return letter


def parcel(case: Case, key: str, system: System) -> Parcel:
    person, body = case.person, case.organisation
    applicant = {"name": case.applicant_name, "number": "", "phone": case.applicant_phone}
    applicant["number"] = body.credit_code if body else person.number if person else ""
    papers = case.papers.filter(removed_at__isnull=True).select_related("file").order_by("added_at")
    assert case.submitted_at is not None
    return Parcel(
        key=key, number=case.number, item={"code": case.item_id, "name": case.item.name}, agency=case.agency_id,
        submitted_at=case.submitted_at, applicant=applicant, form=display_values(case.guide.form, case.form),
        papers=[_paper(each) for each in papers],
        callback=f"{settings.PUBLIC_URL}/api/exchange/{system.key}/",
        files=[_attached(each, system) for each in papers if each.file and each.file.scan != File.Scan.INFECTED],
    )  # fmt: skip


def _paper(paper: CasePaper) -> dict[str, Any]:
    """The list of papers with their hashes; the files go along where the adapter's options say so."""
    file = paper.file
    return {
        "title": paper.title, "form": paper.paper_form, "name": file.name if file else "",
        "sha256": file.sha256 if file else "",
    }  # fmt: skip


def _attached(paper: CasePaper, system: System) -> Attached:
    file = paper.file
    assert file is not None

    def opened() -> BinaryIO:
        if file.scan == File.Scan.WAITING:
            raise Unsent(f"“{file.name}”还在做安全检查")
        return files.open_file(file)

    url = f"{settings.PUBLIC_URL}/api/exchange/{system.key}/files/{paper.pk}/"
    return Attached(paper.title, file.name, file.mime, file.size, file.sha256, url, opened)


def fetched(system: System, paper: Any) -> CasePaper | None:
    """A paper of a case handed over to this very system, while its files may be fetched; the row says who took it."""
    mine = Q(way=Letter.Way.OUT, system=system) & (
        Q(state=Letter.State.WAITING, attempts__gt=0) | Q(done_at__gte=clock.now() - FETCHABLE)
    )
    rows = CasePaper.objects.filter(case__in=Letter.objects.filter(mine).values("case"), removed_at__isnull=True)
    found = rows.filter(pk=paper, file__scan=File.Scan.CLEAN).select_related("file", "case").first()
    if found and found.file:
        said = {"told": f"{found.title or found.file.name}", "sha256": found.file.sha256}
        ledger.record(found.case, "case.file_fetched", by=systems.actor(system), data=said)
    return found


def _hand_over(letter: Letter, receipt: Receipt, *, sandbox: bool) -> bool:
    case = letter.case
    assert case is not None
    answer = f"对方编号 {receipt.number}" if receipt.number else "已放入交换目录，等对方编号"
    try:
        with transaction.atomic():
            if not _won(letter, Letter.State.DONE, answer):
                return False
            outside.pass_on(
                case, by=systems.actor(letter.system), number=receipt.number, sent=receipt.sent, sandbox=sandbox
            )
    except (Conflict, ValueError, IntegrityError) as problem:
        log.warning("%s 送到了，但登记不了：%s", case.number, problem)
        return _again(letter, Unsent(f"对方已收下（{receipt.number}），这里登记不了：{problem}", lasting=True))
    return True


def _won(letter: Letter, state: str, answer: str) -> bool:
    waiting = Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING)
    return bool(waiting.update(state=state, answer=answer[:300], done_at=clock.now()))


def _close(letter: Letter, answer: str) -> bool:
    return _won(letter, Letter.State.DONE, answer)


def _again(letter: Letter, problem: Unsent) -> bool:
    """Later, or put aside 搁置 when trying again would not help or has been tried long enough."""
    waiting = Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING)
    if problem.lasting or letter.attempts >= MOST:
        with transaction.atomic():
            if waiting.update(state=Letter.State.PARKED, answer=problem.message[:300]):
                systems.alert(letter.system, f"办件 {letter.case} 没有送成，已搁置")
        return False
    seconds = min(4**letter.attempts, 3600)
    waiting.update(next_at=clock.now() + timedelta(seconds=seconds), answer=problem.message[:300])
    with transaction.atomic():
        _soon(letter, seconds)
    return False


def replay(letter: Letter) -> bool:
    """重发: from the beginning, under the same key. False when it is done or under way already."""
    parked = Letter.objects.filter(pk=letter.pk, state=Letter.State.PARKED)
    if not parked.update(state=Letter.State.WAITING, attempts=0, next_at=clock.now()):
        return False
    if letter.way == Letter.Way.OUT:
        with transaction.atomic():
            _soon(letter, 0)
    return True
