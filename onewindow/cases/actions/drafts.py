"""Drafts: opening one, answering, handing in papers. Nothing here starts a clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from onewindow.accounts.models import Mandate, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.models import Case, CasePaper, State
from onewindow.catalogue.models import Item
from onewindow.documents.models import File
from onewindow.kernel import clock, ledger, numbers
from onewindow.kernel.flow import WrongState

EDITABLE = frozenset({State.DRAFT, State.RETURNED, State.PASSED})


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
    once: str | None = None,
) -> Case:
    """Open a draft under the item's current version, which the case keeps to its end.

    `once` marks the page or request: opened again with the same mark, the first case is returned.
    """
    if once and (known := Case.objects.filter(once=once, filed_by_id=by.user_id).first()):
        return known
    if item.current is None:
        raise ValueError(f"{item.code} 还没有发布的办理规程")
    if mandate is not None and not mandate.covers(item.code):
        raise PermissionDenied("委托范围不包括这个事项。")
    year = clock.today().year
    try:
        return _create(item, by, year, person=person, organisation=organisation, mandate=mandate, channel=channel,
                       site_id=site, answers=dict(answers or {}), form=dict(form or {}), once=once or None)
    except IntegrityError:
        return Case.objects.get(once=once, filed_by_id=by.user_id)


def _create(item: Item, by: Principal, year: int, **values: Any) -> Case:
    person, organisation = values["person"], values["organisation"]
    with transaction.atomic():
        serial = numbers.next_serial(f"case:{year}")
        case = Case(
            number=numbers.case_number(settings.AREA_CODE, year, serial),
            item=item,
            version=item.current,
            agency_id=item.agency_id,
            filed_by_id=by.user_id,
            applicant_name=organisation.name if organisation else (person.name if person else ""),
            applicant_phone=(person.phone if person else "") or by.phone,
            **values,
        )
        case.save(force_insert=True)
        assert item.current is not None
        data = {"item": item.code, "version": item.current.number, "channel": case.channel}
        ledger.record(case, "case.opened", by=by, data=data)
    return case


def ensure_editable(case: Case, by: Principal) -> None:
    if not (guards.applicant(case, by) or (case.channel == Case.Channel.DESK and guards.clerk(case, by))):
        raise PermissionDenied("只有申请人可以修改申请内容。")
    if case.state not in EDITABLE:
        raise WrongState(case, f"申请已是“{case.get_state_display()}”，内容不能再改。需要更正请联系受理窗口。")


def _save(case: Case, by: Principal, **values: Any) -> None:
    """Write the draft's contents only while it is still editable, whatever happened since it was read."""
    ensure_editable(case, by)
    for name, value in values.items():
        setattr(case, name, value)
    kept = Case.objects.filter(pk=case.pk, revision=case.revision, state__in=EDITABLE).update(**values)
    if not kept:
        case.refresh_from_db()
        raise WrongState(case, "申请刚刚有了新的进展，请刷新后再改。您填写的内容还在下面。")


def save_answers(case: Case, answers: Mapping[str, Any], *, by: Principal) -> None:
    _save(case, by, answers=dict(answers))


def save_form(case: Case, form: Mapping[str, Any], *, by: Principal, changed: list[str] | None = None) -> None:
    """Keep the (sealed) form; remarks on the changed fields count as fixed."""
    places = {f"form:{key}" for key in changed or []}
    _save(case, by, form=dict(form), remarks=_fixed(case, places))


def _fixed(case: Case, places: set[str]) -> list[dict[str, Any]]:
    return [remark | {"fixed": True} if remark["on"] in places else remark for remark in case.remarks]


def add_paper(case: Case, material: str, file: File, *, by: Principal) -> CasePaper:
    if material not in {known.key for known in case.guide.materials}:
        raise ValueError(f"这个事项没有材料 {material}")
    if file.scan == File.Scan.INFECTED:
        raise ValueError("文件含有害内容，没有收下。请换一个文件。")
    with transaction.atomic():
        _save(case, by, remarks=_fixed(case, {f"material:{material}"}))
        paper, _ = CasePaper.objects.get_or_create(
            case=case, material=material, file=file, removed_at=None, defaults={"added_by": by.key}
        )
    return paper


def remove_paper(case: Case, paper: CasePaper, *, by: Principal) -> None:
    """Taken out of the application but kept with the case: nothing handed in is lost."""
    ensure_editable(case, by)
    paper.removed_at = clock.now()
    paper.save(update_fields=["removed_at"])


def restore_paper(case: Case, paper: CasePaper, *, by: Principal) -> None:
    ensure_editable(case, by)
    paper.removed_at = None
    paper.save(update_fields=["removed_at"])


def see_paper(case: Case, material: str, paper_form: str, *, by: Principal) -> CasePaper:
    """A clerk has the paper in hand (原件、复印件) and needs no file."""
    if not guards.clerk(case, by):
        raise PermissionDenied("只有窗口人员可以登记纸质材料。")
    paper, _ = CasePaper.objects.get_or_create(
        case=case, material=material, paper_form=paper_form, removed_at=None, file=None, defaults={"added_by": by.key}
    )
    return paper
