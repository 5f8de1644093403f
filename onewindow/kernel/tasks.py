"""Timers of the kernel."""

from procrastinate.contrib.django import app

from onewindow.kernel import ledger, limits


@app.periodic(cron="10 16 * * *")  # 00:10 in Shanghai
@app.task(queueing_lock="ledger-seal")
def seal_ledger(timestamp: int) -> None:
    ledger.seal_days()


@app.periodic(cron="20 16 * * *")  # 00:20 in Shanghai
@app.task(queueing_lock="limits-sweep")
def sweep_limits(timestamp: int) -> None:
    limits.sweep()
