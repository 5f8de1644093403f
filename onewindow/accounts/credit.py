"""信用: recording a broken promise, and repairing it 信用修复; each with its reason in the ledger."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from onewindow.accounts.models import Agency, CreditRecord, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock, ledger

LEAST = 6


@transaction.atomic
def record(
    *,
    person: Person | None,
    organisation: Organisation | None,
    agency: Agency,
    ground: str,
    happened: str,
    months: int,
    by: ledger.Actor,
    case_number: str = "",
    basis: str = "",
) -> CreditRecord | None:
    """For a body's promise the body alone; called again for the same case and ground, the same record.

    Nobody known to the program (a name without a number at a window) leaves no record. `months` 0: until repaired.
    """
    if organisation is None and person is None:
        return None
    today = clock.today()
    facts = {
        "person": None if organisation else person, "organisation": organisation, "agency": agency, "ground": ground,
        "happened": happened[:300], "case_number": case_number, "basis": basis[:300], "since": today,
        "until": clock.add_months(today, months) if months else None,
    }  # fmt: skip
    if case_number:
        made, created = CreditRecord.objects.get_or_create(case_number=case_number, ground=ground, defaults=facts)
        if not created:
            return made
    else:
        made = CreditRecord.objects.create(**facts)
    data = {"ground": ground, "happened": happened, "case": case_number, "until": _iso(made.until)}
    ledger.record(("credit", made.number), "credit.recorded", by=by, data=data)
    return made


def record_by_hand(
    *, person: Person | None, organisation: Organisation | None, agency: Agency, happened: str, basis: str,
    months: int, by: Principal,
) -> CreditRecord:  # fmt: skip
    """What another organ or a court has found, written down by a head or a supervisor."""
    if not (by.has_at(None, "supervisor") or by.has_at(agency.pk, "head", "supervisor")):
        raise PermissionDenied("只有机关负责人和效能监管人员可以登记信用记录。")
    if len(happened.strip()) < LEAST:
        raise ValidationError("请写明失信的事实，至少六个字。")
    made = record(
        person=person, organisation=organisation, agency=agency, ground=CreditRecord.Ground.OTHER,
        happened=happened.strip(), months=months, basis=basis.strip(), by=by,
    )  # fmt: skip
    if made is None:
        raise ValidationError("请写明是谁的记录。")
    return made


@transaction.atomic
def repair(kept: CreditRecord, reason: str, *, by: Principal) -> CreditRecord:
    """信用修复: once; from that moment both ways are open again."""
    if not CreditRecord.objects.kept_by(by).filter(pk=kept.pk).exists():
        raise PermissionDenied("这条记录不归您的部门管。")
    if len(reason.strip()) < LEAST:
        raise ValidationError("请写明修复的理由，至少六个字。")
    now = clock.now()
    mine = CreditRecord.objects.filter(pk=kept.pk, repaired_at__isnull=True)
    if not mine.update(repaired_at=now, repair_reason=reason.strip()[:300]):
        raise ValidationError("这条记录已经修复过了。")
    ledger.record(("credit", kept.number), "credit.repaired", by=by, data={"reason": reason.strip()})
    kept.repaired_at, kept.repair_reason = now, reason.strip()[:300]
    return kept


def barring(person_id: int | None, organisation_id: int | None) -> CreditRecord | None:
    """The record that keeps the applicant from 容缺受理 and 告知承诺; None when nothing does."""
    found = CreditRecord.objects.of(person_id, organisation_id).open().select_related("agency")
    return found.order_by("since", "number").first()


def why_barred(kept: CreditRecord) -> str:
    until = f"，到 {kept.until:%Y 年 %-m 月 %-d 日}止" if kept.until else ""
    phone = f"（电话 {kept.agency.phone}）" if kept.agency.phone else ""
    return (
        f"有一条没有修复的失信记录（{kept.get_ground_display()}，{kept.since:%Y 年 %-m 月 %-d 日}记入{until}），"
        f"不能用容缺受理和告知承诺。已经改正的，可以向{kept.agency.name}{phone}申请信用修复。"
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
