"""Timers of the kernel."""

from procrastinate.contrib.django import app

from onewindow.kernel import ledger


@app.periodic(cron="10 16 * * *")  # 00:10 in Shanghai
@app.task(queueing_lock="ledger-seal")
def seal_ledger(timestamp: int) -> None:
    ledger.seal_days()
