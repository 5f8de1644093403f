"""Timers of the API."""

from procrastinate.contrib.django import app

from onewindow.api import idempotency


@app.periodic(cron="40 18 * * *")  # 02:40 in Shanghai
@app.task(queueing_lock="api-forget-replies")
def forget_old_replies(timestamp: int) -> None:
    idempotency.forget_old()
