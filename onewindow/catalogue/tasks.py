"""Timers of the catalogue."""

from procrastinate.contrib.django import app

from onewindow.catalogue import lists


@app.periodic(cron="30 16 * * *")  # 00:30 in Shanghai
@app.task(queueing_lock="catalogue-sweep-lists")
def sweep_lists(timestamp: int) -> None:
    lists.sweep()
