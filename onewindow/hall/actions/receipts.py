"""代收: papers against a receipt in the hall; later a clerk enters the case, and the day of receipt stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.actions import checked_number
from onewindow.accounts.models import Person
from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines
from onewindow.cases.actions import drafts
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from onewindow.documents.models import File
from onewindow.hall.models import Outpost, Receipt, ReceiptFile, Ticket
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger, numbers, secrecy

FORMS = {"original": "原件", "copy": "复印件"}
MOST_COPIES = 99


@transaction.atomic
def take_papers(
    item: Item,
    *,
    by: Principal,
    name: str,
    number: str,
    document: str = Person.Document.RESIDENT_ID,
    phone: str = "",
    papers: Mapping[str, tuple[str, int]],
    scans: Sequence[tuple[str, File]] = (),
    ticket: Ticket | None = None,
    once: str,
) -> Receipt:
    """收件凭证: `papers` by key of the material, as (original or copy, how many). Nothing is decided here."""
    site = settings.HALL_SITE
    if not site:
        raise ValueError("中心连着的时候请直接收件，不用开凭证。")
    if not any(post.role == "clerk" and post.site == site for post in by.posts):
        raise PermissionDenied("只有本大厅的窗口受理人员可以代收材料。")
    authority.ensure_here(site)
    mark = hashlib.sha256(f"{by.user_id}:{once}".encode()).hexdigest()
    if known := Receipt.objects.filter(once=mark).first():
        return known
    name = wording(name, least=2, otherwise="请填写交材料的人的姓名。")[:80]
    listed = _listed(item, papers)
    number = checked_number(number, document)
    receipt = Receipt.objects.create(
        number=_next_number(), site_id=site, ticket=ticket, item=item, officer_id=by.user_id, once=mark,
        name=name, document=document, number_cipher=secrecy.encrypt(number, purpose=Receipt.PURPOSE),
        number_masked=secrecy.mask_number(number), phone=phone.strip()[:20], papers=listed,
    )  # fmt: skip
    _keep_scans(receipt, scans)
    data: dict[str, Any] = {"item": item.code, "papers": listed, "scans": [file.sha256 for _, file in scans]}
    data |= {"received_at": receipt.received_at.isoformat(), "ticket": ticket.number if ticket else ""}
    ledger.record(("receipt", receipt.number), "receipt.given", by=by, data=data)
    return receipt


def _keep_scans(receipt: Receipt, scans: Sequence[tuple[str, File]]) -> None:
    for material, file in scans:
        if material not in receipt.keys:
            raise ValueError("有扫描件的材料请一并勾选。")
        ReceiptFile.objects.create(receipt=receipt, material=material, file=file)


def _listed(item: Item, papers: Mapping[str, tuple[str, int]]) -> list[dict[str, Any]]:
    """In the guide's order."""
    listed = []
    for material in item.guide.materials:
        if material.key in papers:
            form, copies = papers[material.key]
            if form not in FORMS or not 1 <= copies <= MOST_COPIES:
                raise ValueError(f"“{material.name}”的份数或形式不对。")
            listed.append({"key": material.key, "name": material.name, "form": form, "copies": copies})
    if not listed:
        raise ValueError("请勾选收到的材料，至少一份。")
    return listed


def _next_number() -> str:
    """Day, lease and serial: unique in the district without asking anybody."""
    lease, day = Outpost.objects.values_list("lease", flat=True).get(), clock.today()
    serial = numbers.next_serial(f"receipt:{lease}:{day:%Y%m%d}")
    return f"SJ{day:%Y%m%d}{lease:03d}{serial:04d}"


def open_for(principal: Principal) -> Any:
    """待录入: those of the clerk's agencies, the oldest first."""
    known = Receipt.objects.select_related("item__agency", "site", "officer").filter(case=None, voided_at=None)
    return known.filter(item__agency__in=principal.agencies("clerk")).order_by("received_at", "number")


def enter(receipt: Receipt, case: Case, *, by: Principal) -> None:
    """录入: the draft becomes the receipt's case; papers and scans come along, and the moment they were received.

    In the caller's transaction, before the case is submitted.
    """
    if case.item_id != receipt.item_id:
        raise ValueError("这件和收件凭证不是同一个事项。")
    if case.person is None or case.person.number != receipt.person_number:
        raise ValueError("申请人的证件号码和收件凭证上的不一致，请核对。")
    if not Receipt.objects.filter(pk=receipt.pk, case=None, voided_at=None).update(case=case):
        raise ValueError("这张收件凭证已经录入或作废，请刷新后再看。")
    drafts.note_handed_in(case, receipt.facts, by=by)
    for paper in receipt.papers:
        drafts.see_paper(case, paper["key"], paper["form"], by=by)
    for scan in receipt.files.select_related("file"):
        drafts.add_paper(case, scan.material, scan.file, by=by)
    ledger.record(("receipt", receipt.number), "receipt.entered", by=by, data={"case": case.number})


@transaction.atomic
def void(receipt: Receipt, *, by: Principal, reason: str) -> None:
    """作废: written for the wrong person or item; the papers went back."""
    reason = wording(reason, least=4, otherwise="请写明为什么作废，材料退给了谁。")[:200]
    if receipt.item.agency_id not in by.agencies("clerk"):
        raise PermissionDenied("只有承办部门的受理人员可以作废收件凭证。")
    open_ = Receipt.objects.filter(pk=receipt.pk, case=None, voided_at=None)
    if not open_.update(voided_at=clock.now(), void_reason=reason):
        raise ValueError("这张收件凭证已经录入或作废，请刷新后再看。")
    ledger.record(("receipt", receipt.number), "receipt.voided", by=by, data={"reason": reason})


def last_day(receipt: Receipt) -> datetime:
    """By when the organ must have said what is missing: as the case will reckon it (行政许可法 §32)."""
    rule = receipt.item.guide.intake
    due = clock.calendar().due(deadlines.on(receipt.received_at), 0 if rule.on_the_spot else rule.days, rule.unit)
    return datetime.combine(due.date, datetime.max.time(), clock.SHANGHAI)
