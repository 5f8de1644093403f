"""Whoever holds a licence that runs out is told in time by when renewal must be applied for (行政许可法 §50)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from onewindow.accounts.models import User
from onewindow.cases import concerning
from onewindow.cases.models import OPEN_STATES, Case
from onewindow.catalogue.afterwards import Concerns
from onewindow.catalogue.models import Item
from onewindow.documents import certificates
from onewindow.documents.models import Certificate
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify
from onewindow.notifications.mandates import of_body

log = logging.getLogger(__name__)
BY = System("renewals", "系统（到期提醒）")


def run() -> int:
    """How many were reminded; nobody twice, whichever worker looks."""
    return sum(
        _remind(certificate, item, by)
        for item, concerns in _renewing()
        for certificate in _waiting(concerns).iterator(chunk_size=200)
        if (by := concerning.apply_by(certificate, concerns)) is not None
    )


def _renewing() -> Iterator[tuple[Item, Concerns]]:
    items = Item.objects.exclude(concerns=[]).filter(complete=True).select_related("current").order_by("code")
    for item in items:
        concerns = item.current.guide.concerns if item.current else None
        if concerns and concerns.act == "renew" and concerns.remind_days:
            yield item, concerns


def _waiting(concerns: Concerns) -> QuerySet[Certificate]:
    """The last day to apply is near and not past, and nobody has applied yet."""
    first = clock.today() + timedelta(days=concerns.before_days)
    near = (first, first + timedelta(days=concerns.remind_days))
    held = Certificate.objects.filter(type_name__in=concerns.certificates, state=Certificate.State.VALID)
    asked = Case.objects.filter(concerns=OuterRef("pk"), state__in=OPEN_STATES, submitted_at__isnull=False)
    return held.filter(valid_until__range=near, reminded_at=None).exclude(Exists(asked)).order_by("pk")


def _remind(certificate: Certificate, item: Item, apply_by: date) -> bool:
    try:
        certificates.remind(certificate, by=BY, item=item.code, apply_by=apply_by)
    except Conflict:
        return False  # it ended meanwhile, or another worker was faster
    except Exception:  # one that cannot be moved must not keep the others from being told
        log.exception("%s 的延续没能提醒，明天再试", certificate.number)
        return False
    return True


def on_entry(entry: Entry) -> None:
    if entry.event != "certificate.renewal_reminded":
        return
    held = Certificate.objects.select_related("person").get(number=entry.subject)
    assert held.valid_until is not None
    told: dict[str, Any] = {
        "template": "renewal_reminded", "subject": held.case_number, "entry": entry.pk,
        "link": f"/apply/{entry.data['item']}/",
        "context": {
            "certificate": held.type_name, "number": held.number, "until": f"{held.valid_until:%Y年%-m月%-d日}",
            "apply_by": f"{date.fromisoformat(entry.data['apply_by']):%Y年%-m月%-d日}",
        },
    }  # fmt: skip
    if held.organisation_id:
        for user in of_body(held.organisation_id):
            notify(user=user, **told)
    elif held.person:
        own = User.objects.filter(person=held.person, is_active=True).first()
        notify(user=own, phone=held.person.phone, **told)
