"""Timers of cases."""

from procrastinate.contrib.django import app

from onewindow.cases import changeover, timers


@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="cases-timers")
def run_timers(timestamp: int) -> None:
    timers.run()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="cases-changeover")
def run_changeovers(timestamp: int) -> None:
    """Whatever a killed worker left; `changeover.on_entry` has the first go."""
    changeover.run()


@app.task(name="cases.change_over")
def change_over() -> None:
    changeover.run()
