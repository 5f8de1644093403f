"""Drafts: opening one, answering, handing in papers. Nothing here starts a clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from onewindow.accounts.models import Mandate, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards, parties
from onewindow.cases.models import EDITABLE_STATES, Case, CasePaper, State
from onewindow.cases.parties import mark
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.documents.models import Certificate, File
from onewindow.kernel import clock, ledger, numbers
from onewindow.kernel.flow import WrongState

EDITABLE = frozenset(EDITABLE_STATES)


def open_case(
    item: Item,
    *,
    by: Principal,
    person: Person | None = None,
    organisation: Organisation | None = None,
    mandate: Mandate | None = None,
    channel: str = Case.Channel.ONLINE,
    site: str | None = None,
    answers: Mapping[str, Any] | None = None,
    form: Mapping[str, Any] | None = None,
    phone: str = "",
    once: str | None = None,
) -> Case:
    """Open a draft under the item's current version, which the case keeps unless a later one's rule moves it.

    `once` marks the page or request: opened again with the same mark, the first case is returned.
    """
    # Whatever the page sent back as its mark: of one length, and nobody else's.
    once = once and hashlib.sha256(f"{by.user_id}:{once}".encode()).hexdigest()
    if once and (known := Case.objects.filter(once=once, filed_by_id=by.user_id).first()):
        return known
    if item.current is None:
        raise ValueError(f"{item.code} 还没有发布的办理规程")
    _ensure_may_open(item, by, channel, person, organisation, mandate)
    try:
        return _create(
            item, by, person=person, organisation=organisation, mandate=mandate, channel=channel, site_id=site,
            answers=dict(answers or {}), form=dict(form or {}), once=once or None, phone=phone,
        )  # fmt: skip
    except IntegrityError:
        if once and (known := Case.objects.filter(once=once, filed_by_id=by.user_id).first()):
            return known
        raise


def _ensure_may_open(
    item: Item, by: Principal, channel: str, person: Person | None, organisation: Organisation | None,
    mandate: Mandate | None,
) -> None:  # fmt: skip
    """One applies for oneself, or for whoever gave a mandate 委托 that covers the item now.

    Who brings a mandate to the window needs no account: the clerk has seen the paper. The window takes in for whoever
    stands there, and a program that has no person of its own for the person it names. An agent 代办员 never acts
    without a mandate.
    """
    if mandate is not None:
        held = Mandate.objects.in_force().filter(
            pk=mandate.pk, principal_person=person, principal_organisation=organisation
        )
        if not (channel == Case.Channel.DESK and by.has_at(item.agency_id, "clerk")):
            held = held.filter(agent_id=by.person_id)
        if not mandate.covers(item.code) or not held.exists():
            raise PermissionDenied("委托已经失效，或者范围不包括这个事项。")
        return
    allowed = {
        Case.Channel.DESK: by.has_at(item.agency_id, "clerk"),
        Case.Channel.API: by.person_id is None and organisation is None,
    }.get(Case.Channel(channel), False)
    oneself = person is not None and person.pk == by.person_id and organisation is None
    if not allowed and not oneself:
        raise PermissionDenied("只能为自己申请；替别人申请需要有效的委托，或者到窗口办理。")


def _create(item: Item, by: Principal, **values: Any) -> Case:
    person, organisation, year = values["person"], values["organisation"], clock.today().year
    own_phone = "" if values["channel"] in {Case.Channel.DESK, Case.Channel.AGENT} else by.phone
    phone = values.pop("phone") or (person.phone if person else "") or own_phone
    with transaction.atomic():
        version, agency = _now_in_force(item)
        serial = numbers.next_serial(f"case:{year}")
        case = Case(
            number=numbers.case_number(settings.AREA_CODE, year, serial),
            item=item,
            version=version,
            agency_id=agency,
            filed_by_id=by.user_id,
            applicant_name=organisation.name if organisation else (person.name if person else ""),
            applicant_phone=phone,
            **values,
        )
        case.save(force_insert=True)
        data = {"item": item.code, "version": version.number, "channel": case.channel}
        ledger.record(case, "case.opened", by=by, data=data)
    return case


def _now_in_force(item: Item) -> tuple[ItemVersion, str]:
    """Version and agency at this moment, held until the case is there.

    The row's share lock and a publication wait for one another: whoever publishes, or moves the item to another
    agency, sees every case begun before; whoever begins afterwards gets the new one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_id, agency_id FROM catalogue_item WHERE code = %s FOR SHARE", [item.pk])
        current, agency = cursor.fetchone()
    known = item.current if item.current_id == current else None
    return known or ItemVersion.objects.get(pk=current), str(agency)


# What the clerk may write in for the applicant who stands at the window.
WITNESSED = frozenset({State.PASSED, State.CORRECTING})


def ensure_editable(case: Case, by: Principal, *, at_window: bool = False) -> None:
    """`at_window`: the applicant is there, with the originals or a signature (correction.take_in)."""
    if at_window and case.state in WITNESSED and guards.clerk(case, by):
        return
    if not guards.filler(case, by):
        raise PermissionDenied("只有申请人可以修改申请内容。")
    if case.state not in EDITABLE:
        raise WrongState(case, f"申请已是“{case.get_state_display()}”，内容不能再改。需要更正请联系受理窗口。")


# What a change is called to those who had confirmed it.
SAID = {"answers": "情况的回答", "form": "申请表的内容"}


def _save(case: Case, by: Principal, *, at_window: bool = False, **values: Any) -> None:
    """Write the draft's contents only while it is still the draft that was read, whatever happened since."""
    ensure_editable(case, by, at_window=at_window)
    as_read = Case.objects.filter(pk=case.pk, revision=case.revision, state__in=EDITABLE)
    what = next((words for name, words in SAID.items() if name in values and values[name] != getattr(case, name)), "")
    with transaction.atomic():
        moved = as_read.update(revision=case.revision + 1, **values)
        if moved and what:
            parties.void(case, what, by=by)
    if not moved:
        case.refresh_from_db()
        raise WrongState(case, "申请刚刚有了新的进展，请刷新后再改。您填写的内容还在下面。")
    case.revision += 1
    for name, value in values.items():
        setattr(case, name, value)


@contextmanager
def _editing(case: Case, by: Principal, *, at_window: bool = False) -> Iterator[None]:
    """The draft's row locked and read again, for papers that come and go at once; the revision tells a submission.

    `at_window`: what has passed the pre-review, or is to be mended, is completed by the clerk who has the originals.
    """
    with transaction.atomic():
        locked = Case.objects.select_for_update()
        case.refresh_from_db(fields=["state", "revision", "remarks"], from_queryset=locked)
        ensure_editable(case, by, at_window=at_window)
        before = mark(case)
        yield
        if mark(case) != before:
            parties.void(case, "提交的材料", by=by)
        case.revision += 1
        Case.objects.filter(pk=case.pk).update(revision=case.revision, remarks=case.remarks)


def save_answers(case: Case, answers: Mapping[str, Any], *, by: Principal) -> None:
    places = {"answers"} if case.answers != dict(answers) else set()
    _save(case, by, answers=dict(answers), remarks=_fixed(case, places))


def save_form(
    case: Case, form: Mapping[str, Any], *, by: Principal, changed: list[str] | None = None, at_window: bool = False
) -> None:
    """Keep the (sealed) form; remarks on the changed fields count as fixed."""
    places = {f"form:{key}" for key in changed or []}
    _save(case, by, at_window=at_window, form=dict(form), remarks=_fixed(case, places))


def answer_general(case: Case, *, by: Principal) -> None:
    """What was asked of the application as a whole is there; the clerk has said how."""
    _save(case, by, at_window=True, remarks=_fixed(case, {""}))


def note_handed_in(case: Case, facts: Mapping[str, Any], *, by: Principal) -> None:
    """收件凭证: the papers were in hand before the case could be entered (docs/decisions/0025)."""
    _save(case, by, handed_in=dict(facts))


def save_concerned(case: Case, certificate: Certificate, form: Mapping[str, Any], *, by: Principal) -> None:
    """The certificate the draft is about, and the form with what that tells."""
    _save(case, by, concerns=certificate, form=dict(form))


def _fixed(case: Case, places: set[str]) -> list[dict[str, Any]]:
    """A remark is answered by a change at its place; one on the whole application ("") by any change."""
    answered = places | {""} if places else places
    return [remark | {"fixed": True} if remark["on"] in answered else remark for remark in case.remarks]


def _title(case: Case, material: str) -> str:
    """What the guide calls the material; ValueError when it has none with this key."""
    for known in case.guide.materials:
        if known.key == material:
            return known.name
    raise ValueError(f"这个事项没有材料 {material}")


def add_paper(
    case: Case, material: str, file: File, *, by: Principal, taken_from: str = "", at_window: bool = False
) -> CasePaper:
    """`taken_from` names what was there before, where it is not handed in anew."""
    title = _title(case, material)
    if file.scan == File.Scan.INFECTED:
        raise ValueError("文件含有害内容，没有收下。请换一个文件。")
    with _editing(case, by, at_window=at_window):
        case.remarks = _fixed(case, {f"material:{material}"})
        same = case.papers.filter(material=material, file__sha256=file.sha256, removed_at__isnull=True).first()
        return same or CasePaper.objects.create(
            case=case, material=material, title=title, file=file, added_by=by.key, taken_from=taken_from
        )


def replace_papers(case: Case, old: Sequence[CasePaper], file: File, *, by: Principal) -> CasePaper:
    """One file in place of others of the same material (turned, bound together); those stay with the case."""
    with _editing(case, by):
        gone = case.papers.filter(pk__in=[paper.pk for paper in old], removed_at__isnull=True)
        if gone.update(removed_at=clock.now()) != len(old):
            raise WrongState(case, "材料刚刚有变化，请刷新后再试。")
        first = old[0]
        return CasePaper.objects.create(
            case=case, material=first.material, title=first.title, file=file, added_by=by.key, added_at=first.added_at
        )


def remove_paper(case: Case, paper: CasePaper, *, by: Principal) -> None:
    """Taken out of the application but kept with the case: nothing handed in is lost."""
    with _editing(case, by):
        case.papers.filter(pk=paper.pk, removed_at__isnull=True).update(removed_at=clock.now())


def restore_paper(case: Case, paper: CasePaper, *, by: Principal) -> None:
    """Back into the application, unless the same one has come back meanwhile."""
    with _editing(case, by):
        same = {"material": paper.material, "file": paper.file_id, "paper_form": paper.paper_form}
        if not case.papers.filter(removed_at__isnull=True, **same).exists():
            case.papers.filter(pk=paper.pk).update(removed_at=None)


def see_paper(case: Case, material: str, paper_form: Literal["original", "copy"], *, by: Principal) -> CasePaper:
    """A clerk has the paper in hand (原件、复印件) and needs no file. After a correction notice it is another one."""
    if not guards.clerk(case, by):
        raise PermissionDenied("只有窗口人员可以登记纸质材料。")
    title = _title(case, material)
    with _editing(case, by, at_window=True):
        if case.state == State.CORRECTING:
            before = case.papers.filter(material=material, file=None, removed_at__isnull=True)
            before.filter(added_at__lt=case.corrections[-1]["asked_at"]).update(removed_at=clock.now())
        case.remarks = _fixed(case, {f"material:{material}"})
        paper, _ = CasePaper.objects.get_or_create(
            case=case, material=material, paper_form=paper_form, removed_at=None, file=None,
            defaults={"added_by": by.key, "title": title},
        )  # fmt: skip
    return paper
