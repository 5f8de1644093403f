"""Timers of files and uploads."""

from datetime import timedelta

from procrastinate.contrib.django import app

from onewindow.documents import files, uploads

# A person who was cut off in the evening still finds the upload the next day.
KEPT = timedelta(days=2)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="documents-scan-waiting")
def scan_waiting(timestamp: int) -> None:
    files.scan_waiting()


@app.periodic(cron="10 19 * * *")  # 03:10 in Shanghai
@app.task(queueing_lock="documents-purge-partial")
def purge_partial(timestamp: int) -> None:
    uploads.purge_partial(KEPT)
