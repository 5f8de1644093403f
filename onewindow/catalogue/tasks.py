"""Timers of the catalogue."""

from procrastinate.contrib.django import app

from onewindow.catalogue import actions, lists, unanswered


@app.periodic(cron="30 16 * * *")  # 00:30 in Shanghai
@app.task(queueing_lock="catalogue-sweep-lists")
def sweep_lists(timestamp: int) -> None:
    lists.sweep()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="catalogue-publish-due")
def publish_due(timestamp: int) -> None:
    actions.publish_due()


@app.periodic(cron="40 16 * * *")  # 00:40 in Shanghai
@app.task(queueing_lock="catalogue-forget-unanswered")
def forget_unanswered(timestamp: int) -> None:
    unanswered.forget()
