"""Jobs of the API."""

from datetime import timedelta

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from onewindow.api import idempotency, webhooks
from onewindow.api.models import Delivery
from onewindow.kernel import clock

# Waits of 5, 25, 125 … seconds: the last try is about a day after the first.
MAX_ATTEMPTS = 8
KEPT = timedelta(days=30)


@app.periodic(cron="40 18 * * *")  # 02:40 in Shanghai
@app.task(queueing_lock="api-forget-replies")
def forget_old_replies(timestamp: int) -> None:
    idempotency.forget_old()
    Delivery.objects.filter(created_at__lt=clock.now() - KEPT).delete()


@app.task(
    name="api.deliver",
    queue="webhooks",
    pass_context=True,
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=5, retry_exceptions={webhooks.Undelivered}),
)
def deliver(context: JobContext, delivery_id: int) -> None:
    """A crash after the receiver's answer sends again with the same `webhook-id`, which the receiver drops."""
    delivery = Delivery.objects.select_related("webhook").filter(pk=delivery_id, state=Delivery.State.WAITING).first()
    if delivery is None or delivery.webhook.stopped_at:
        return
    delivery.attempts += 1
    try:
        delivery.answer = webhooks.post(delivery)
    except webhooks.Undelivered as failure:
        last = failure.lasting or context.job.attempts + 1 >= MAX_ATTEMPTS
        delivery.answer, delivery.state = failure.message, Delivery.State.FAILED if last else Delivery.State.WAITING
        delivery.save(update_fields=["answer", "state", "attempts"])
        if failure.lasting:
            webhooks.stop(delivery.webhook, failure.message)
        if last:
            return
        raise
    delivery.state, delivery.sent_at = Delivery.State.SENT, clock.now()
    delivery.save(update_fields=["answer", "state", "attempts", "sent_at"])
