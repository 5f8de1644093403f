"""Certificates 证照: issuing, and what can become of them.

The acts here only move the certificate; the decision about it, its paper and who signs are `cases.actions.afterwards`.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from onewindow.accounts.models import Agency, Organisation, Person
from onewindow.documents.facts import seal_facts
from onewindow.documents.models import Certificate
from onewindow.kernel import clock, ledger, numbers
from onewindow.kernel.flow import transition

TEMPLATE = "certificate"
# 15 random bytes: 20 characters in the QR.
SECRET_BYTES = 15


def verify_url(number: str, secret: str) -> str:
    """What the QR says; with the secret nobody needs to type a name."""
    return f"{settings.PUBLIC_URL}/verify/{number}/?c={secret}"


@transaction.atomic
def issue_certificate(
    *,
    type_name: str,
    prefix: str,
    holder: str,
    holder_index: str,
    person: Person | None,
    organisation: Organisation | None,
    agency: Agency,
    case_number: str,
    facts: dict[str, Any],
    valid_from: date,
    valid_until: date | None,
    by: ledger.Actor,
) -> Certificate:
    """制证: number, identifier, secret and sealed facts in one row, and the first row of its own chain in the ledger.

    No body that defines types has its credit code here: the identifier carries the agency's own code in both places.
    """
    serial = numbers.next_serial(f"certificate:{prefix}:{valid_from.year}")
    number = numbers.certificate_number(prefix, valid_from.year, serial)
    identifier = numbers.licence_identifier(
        f"{agency.code}{prefix}".upper(), agency.code.upper(), f"{valid_from.year}{serial:07d}"
    )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    whole = {
        "title": type_name, "holder": holder, "organ": agency.name, "issued_on": clock.today().isoformat(),
        "sandbox": settings.SANDBOX, **facts, "number": number, "identifier": identifier,
        "valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat() if valid_until else "",
        "verify_url": verify_url(number, secret),
    }  # fmt: skip
    sealed = seal_facts(TEMPLATE, whole)
    certificate = Certificate.objects.create(
        number=number, template=TEMPLATE, template_digest=sealed.template_digest, facts=whole,
        signature=sealed.signature, key_id=sealed.key_id, issued_at=clock.now(), type_name=type_name,
        identifier=identifier, holder=holder, holder_index=holder_index, person=person, organisation=organisation,
        agency=agency, case_number=case_number, secret=secret, valid_from=valid_from, valid_until=valid_until,
    )  # fmt: skip
    data = {"case": case_number, "signature": sealed.signature, "template_digest": sealed.template_digest}
    ledger.record(certificate, "certificate.issued", by=by, data=data | {"key_id": sealed.key_id})
    return certificate


def _decider(certificate: Certificate, by: Any) -> bool:
    return isinstance(by, ledger.System) or by.has_at(certificate.manager_id, "decider", "head")


@transition(
    "certificate.revoked", label="撤销", source={Certificate.State.VALID}, target=Certificate.State.REVOKED,
    allowed=_decider, tone="danger",
)  # fmt: skip
def revoke(certificate: Certificate, *, by: ledger.Actor, ground: str) -> dict[str, Any]:
    """撤销: it should not have been granted (行政许可法 §69)."""
    return _end(certificate, ground)


@transition(
    "certificate.recalled", label="撤回", source={Certificate.State.VALID}, target=Certificate.State.RECALLED,
    allowed=_decider, tone="danger",
)  # fmt: skip
def recall(certificate: Certificate, *, by: ledger.Actor, ground: str) -> dict[str, Any]:
    """撤回: rightly granted, but the law or the circumstances have changed (行政许可法 §8)."""
    return _end(certificate, ground)


@transition(
    "certificate.withdrawn", label="吊销", source={Certificate.State.VALID}, target=Certificate.State.WITHDRAWN,
    allowed=_decider, tone="danger",
)  # fmt: skip
def withdraw(certificate: Certificate, *, by: ledger.Actor, ground: str) -> dict[str, Any]:
    """吊销: a punishment of the holder (行政处罚法 §9)."""
    return _end(certificate, ground)


@transition(
    "certificate.cancelled", label="注销", source={Certificate.State.VALID}, target=Certificate.State.CANCELLED,
    allowed=_decider, tone="danger",
)  # fmt: skip
def cancel(certificate: Certificate, *, by: ledger.Actor, ground: str) -> dict[str, Any]:
    """注销: its ground is gone: expired, the holder died or dissolved, or gave it back (行政许可法 §70)."""
    return _end(certificate, ground)


@transition(
    "certificate.handed_over", label="职权划转，改由承接机关管理", source=set(Certificate.State), target=None,
    allowed=lambda certificate, by: isinstance(by, ledger.System),
)  # fmt: skip
def hand_over(certificate: Certificate, *, by: ledger.Actor, to: Agency, document: str) -> dict[str, Any]:
    """It stays valid and keeps its organ; another one answers for it from now on."""
    before = certificate.manager_id
    certificate.managed_by = to if to.pk != certificate.agency_id else None
    return {"from_agency": before, "to_agency": to.pk, "document": document}


@transition(
    "certificate.superseded", label="换发新证", source={Certificate.State.VALID}, target=Certificate.State.SUPERSEDED,
    allowed=_decider,
)  # fmt: skip
def supersede(certificate: Certificate, *, by: ledger.Actor, ground: str, successor: Certificate) -> dict[str, Any]:
    """换发: changed, renewed or issued again; the number of the new one is on the old one's chain."""
    certificate.successor = successor
    return _end(certificate, ground) | {"successor": successor.number}


@transition(
    "certificate.renewal_reminded", label="提醒申请延续", source={Certificate.State.VALID}, target=None,
    allowed=lambda certificate, by: isinstance(by, ledger.System), when=lambda certificate: not certificate.reminded_at,
)  # fmt: skip
def remind(certificate: Certificate, *, by: ledger.Actor, item: str, apply_by: date) -> dict[str, Any]:
    """Once in its life: by when its holder must have asked for renewal (行政许可法 §50), and by which item."""
    certificate.reminded_at = clock.now()
    return {"item": item, "apply_by": apply_by.isoformat()}


def _end(certificate: Certificate, ground: str) -> dict[str, Any]:
    if len(ground.strip()) < 2:
        raise ValueError("请写明理由。")
    certificate.ended_at, certificate.ended_ground = clock.now(), ground.strip()
    return {"ground": certificate.ended_ground}
