"""Telling people: in the app at once, by SMS through a job deferred in the same transaction."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from onewindow.accounts.models import User
from onewindow.kernel import clock
from onewindow.notifications import gateways, tasks, texts
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.notifications.models import Message

IN_APP, SMS = "in_app", "sms"
SIGN_IN_CODE = "sign_in_code"


@transaction.atomic
def notify(
    *,
    template: str,
    context: dict[str, Any],
    user: User | None = None,
    phone: str = "",
    subject: str = "",
    entry: int | None = None,
    link: str = "",
) -> list[Message]:
    """Write the notice for every channel that reaches the person; `entry` given twice writes and sends once."""
    text = texts.render(template, context)
    shared = {"template": template, "text": text, "subject": subject, "link": link, "user": user}
    made = []
    if user:
        sent = {"state": Message.State.SENT, "sent_at": clock.now()}
        made.append(_once(IN_APP, f"user:{user.pk}", entry, shared | sent))
    if to := phone or (user.phone if user else None):
        message, new = _once(SMS, to, entry, shared)
        made.append((message, new))
        if new:
            tasks.deliver.defer(message_id=message.pk)
    return [message for message, new in made if new]


def _once(channel: str, to: str, entry: int | None, fields: dict[str, Any]) -> tuple[Message, bool]:
    if entry is None:
        return Message.objects.create(channel=channel, to=to, **fields), True
    return Message.objects.get_or_create(channel=channel, to=to, entry=entry, defaults=fields)


def send_code(phone: str, code: str) -> Message:
    return send_secret(phone, SIGN_IN_CODE, {"code": code}, hide="code")


def send_secret(phone: str, template: str, context: dict[str, Any], *, hide: str) -> Message:
    """A code goes out at once, without a job, and is not kept: neither table nor queue may show it.

    Only the sandbox keeps the text, to show it on screen. DeliveryFailed is the caller's to explain.
    """
    gateway = gateways.sms()
    text = texts.render(template, context)
    kept = text if gateway.keeps_text else texts.render(template, context | {hide: "******"})
    message = Message.objects.create(channel=SMS, to=phone, template=template, text=kept)
    try:
        message.reference = gateway.send(phone, text, key=f"message-{message.pk}")
    except DeliveryFailed as failure:
        message.state, message.error = Message.State.FAILED, failure.message[:200]
        message.save(update_fields=["state", "error"])
        raise
    message.state, message.sent_at = Message.State.SENT, clock.now()
    message.save(update_fields=["state", "sent_at", "reference"])
    return message


def sandbox_code(phone: str) -> Message | None:
    """The last code for the phone, where the sandbox stands in for the phone itself."""
    if not settings.SANDBOX:
        return None
    return Message.objects.filter(channel=SMS, to=phone, template=SIGN_IN_CODE).order_by("-id").first()
