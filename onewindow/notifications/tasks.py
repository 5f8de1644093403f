from __future__ import annotations

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from onewindow.kernel import clock
from onewindow.notifications import gateways
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.notifications.models import Message

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
