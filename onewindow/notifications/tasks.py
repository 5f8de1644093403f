from __future__ import annotations

import logging

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from onewindow.accounts import acting
from onewindow.accounts.models import Mandate
from onewindow.accounts.providers import SignInRefused, phone_code
from onewindow.kernel import clock, secrecy
from onewindow.notifications import gateways
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.notifications.models import Message

log = logging.getLogger(__name__)
# Waits of 4, 16, 64 … seconds: the last try is about one and a half hours after the first.
MAX_ATTEMPTS = 7


@app.task(
    name="notifications.deliver",
    queue="notices",
    pass_context=True,
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=4, retry_exceptions={DeliveryFailed}),
)
def deliver(context: JobContext, message_id: int) -> None:
    """A crash after the gateway's answer sends again with the same key, which the gateway drops."""
    message = Message.objects.get(pk=message_id)
    if message.state != Message.State.WAITING:
        return
    try:
        reference = gateways.sms().send(message.to, message.text, key=f"message-{message.pk}")
    except DeliveryFailed as failure:
        last = failure.lasting or context.job.attempts + 1 >= MAX_ATTEMPTS
        state = Message.State.FAILED if last else Message.State.WAITING
        Message.objects.filter(pk=message.pk).update(state=state, error=failure.message[:200])
        if last:
            return
        raise
    Message.objects.filter(pk=message.pk).update(
        state=Message.State.SENT, reference=reference, sent_at=clock.now(), error=""
    )


@app.task(name="notifications.ask_consent", queue="notices")
def ask_consent(mandate_id: int) -> None:
    """The code to the elder's phone, or nothing: made and sent here, so that the page that asks answers the same way
    and as fast whether such a person is on record or not, and neither table nor queue holds the code.
    """
    from onewindow.notifications import actions  # it defers tasks of this module

    mandate = Mandate.objects.asked().select_related("agent", "principal_person").filter(pk=mandate_id).first()
    phone = acting.consenting_phone(mandate) if mandate else ""
    if mandate is None or not phone:
        return
    try:
        sent = phone_code.send_code(phone, "worker", acting.consent_purpose(mandate))
        facts = {"code": sent.code, "agent": secrecy.mask_name(mandate.agent.name)}
        actions.send_secret(phone, "kin_consent", facts, hide="code")
    except (SignInRefused, DeliveryFailed) as failure:
        log.warning("亲属绑定的验证码没有发出：%s", failure)
