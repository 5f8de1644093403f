"""Timers of cases."""

import uuid

from procrastinate.contrib.django import app

from onewindow.cases import calendar_notices, calendar_work, changeover, custody, renewals, timers, transfers

# Files one job looks at before it hands on to the next: some minutes, so that a restart costs little.
PART = 20_000


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


@app.periodic(cron="0 18 * * 5")  # Saturday, 02:00 in Shanghai
@app.task(queueing_lock="cases-custody")
def look_at_files(timestamp: int) -> None:
    look_at_part.defer(after=str(custody.NOBODY))


@app.task(name="cases.look_at_part")
def look_at_part(after: str) -> None:
    report = custody.Report(after=uuid.UUID(after))
    for _part in custody.verify(report, most=PART):
        pass
    custody.keep(report)
    if not report.whole:
        look_at_part.defer(after=str(report.after))


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="cases-transfers")
def run_transfers(timestamp: int) -> None:
    transfers.run()


@app.task(name="cases.transfer")
def transfer() -> None:
    """At once, where the day is today."""
    transfers.run()


@app.periodic(cron="10 1 * * *")  # 09:10 in Shanghai: it goes out by SMS
@app.task(queueing_lock="cases-renewals")
def remind_of_renewals(timestamp: int) -> None:
    renewals.run()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cases-calendar")
def run_calendar(timestamp: int) -> None:
    """Whatever a killed worker left; nobody waits longer than a minute for it."""
    calendar_work.run()


@app.periodic(cron="20 1 * * 1")  # Monday, 09:20 in Shanghai
@app.task(queueing_lock="cases-next-year")
def warn_of_next_year(timestamp: int) -> None:
    calendar_notices.warn_of_next_year()


@app.task(name="cases.calendar")
def change_calendar() -> None:
    calendar_work.run()
