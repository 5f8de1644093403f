"""Timers of cases."""

from procrastinate.contrib.django import app

from onewindow.cases import timers


@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="cases-timers")
def run_timers(timestamp: int) -> None:
    timers.run()
