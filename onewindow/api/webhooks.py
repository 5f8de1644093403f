"""Webhooks: the ledger told to programs, signed as Standard Webhooks describe, tried again for about a day.

The body holds no personal data: number, item, state and date. Whoever wants more asks the API with a token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from django.db import transaction

from onewindow.accounts import principal as principals
from onewindow.accounts.principal import Principal
from onewindow.api.models import Delivery, Webhook
from onewindow.cases.models import Case
from onewindow.cases.timeline import INNER
from onewindow.kernel import clock, ledger, outgoing, secrecy
from onewindow.kernel.flow import REGISTRY
from onewindow.kernel.models import Entry

PURPOSE, MOST = "webhook", 10
EVERY = "*"
TEST = "webhook.test"


class Undelivered(Exception):
    """`lasting`: trying again would fail the same way."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.message, self.lasting = message, lasting


def events() -> list[str]:
    """What a webhook may ask for: the acts of a case an applicant sees."""
    return sorted(name for name in REGISTRY if name.startswith("case.") and name not in INNER)


def make(user_id: int, url: str, wanted: list[str], *, by: Principal) -> Webhook:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    made = Webhook.objects.create(
        user_id=user_id, url=url, events=wanted, secret=secrecy.encrypt(secret, purpose=PURPOSE)
    )
    ledger.record(("user", str(user_id)), "webhook.made", by=by, data={"webhook": made.pk, "url": url})
    return made


def secret_of(webhook: Webhook) -> str:
    return secrecy.decrypt(webhook.secret, purpose=PURPOSE)


def remove(webhook: Webhook, *, by: Principal) -> None:
    ledger.record(("user", str(webhook.user_id)), "webhook.removed", by=by, data={"webhook": webhook.pk})
    webhook.delete()


def on_entry(entry: Entry) -> None:
    """A subscriber of the ledger: a crash repeats the row, and the constraint keeps it to one delivery each."""
    if entry.kind != "case" or entry.event not in REGISTRY or entry.event in INNER:
        return
    for webhook in Webhook.objects.filter(stopped_at__isnull=True):
        if {EVERY, entry.event} & set(webhook.events) and _concerns(webhook, entry.subject):
            send(webhook, entry.event, _body(entry), entry.pk)


def _concerns(webhook: Webhook, number: str) -> bool:
    """The same door as for the account itself."""
    principal = principals.load(webhook.user_id)
    return principal is not None and Case.objects.of_applicant(principal).filter(number=number).exists()


def _body(entry: Entry) -> dict[str, Any]:
    case = Case.objects.select_related("item").get(number=entry.subject)
    return {
        "type": entry.event,
        "timestamp": entry.at.isoformat(),
        "data": {
            "number": case.number, "item": {"code": case.item_id, "name": case.item.name}, "state": case.state,
            "state_label": case.get_state_display(), "due_on": case.due_on and case.due_on.isoformat(),
        },
    }  # fmt: skip


@transaction.atomic
def send(webhook: Webhook, event: str, body: dict[str, Any], entry: int = 0) -> Delivery:
    from onewindow.api.tasks import deliver

    if entry:
        made, fresh = Delivery.objects.get_or_create(
            webhook=webhook, entry=entry, defaults={"event": event, "body": body}
        )
    else:
        made, fresh = Delivery.objects.create(webhook=webhook, entry=0, event=event, body=body), True
    if fresh:
        deliver.defer(delivery_id=made.pk)
    return made


def post(delivery: Delivery) -> str:
    """One attempt; the answer's status, or `Undelivered`. Redirects are not followed."""
    body = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":")).encode()
    mark, stamp = f"msg_{delivery.pk}", str(int(clock.now().timestamp()))
    signature = sign(secret_of(delivery.webhook), mark, stamp, body)
    headers = {
        "Content-Type": "application/json; charset=utf-8", "User-Agent": "OneWindow-Webhooks/1",
        "webhook-id": mark, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}",
    }  # fmt: skip
    try:
        status = outgoing.call("POST", delivery.webhook.url, body, headers, most=0).status
    except outgoing.Unreachable as error:
        raise Undelivered(error.message, lasting=error.lasting) from error
    if 200 <= status < 300:
        return str(status)
    raise Undelivered(f"对方答复 {status}", lasting=status == 410)


def sign(secret: str, mark: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, base64 (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{mark}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()


def stop(webhook: Webhook, why: str) -> None:
    Webhook.objects.filter(pk=webhook.pk, stopped_at__isnull=True).update(
        stopped_at=clock.now(), stopped_because=why[:120]
    )
