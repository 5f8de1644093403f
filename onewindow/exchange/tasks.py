"""Jobs of the exchange. What a job was killed in is found again by the minute's round: the letter tells."""

from procrastinate.contrib.django import app

from onewindow.exchange import inbox, outbox
from onewindow.exchange.models import System


@app.task(name="exchange.send", queue="exchange")
def send(letter_id: int) -> None:
    outbox.deliver(letter_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="exchange-round", queue="exchange")
def make_round(timestamp: int) -> None:
    outbox.run_due()
    for system in System.objects.filter(paused_at__isnull=True).order_by("key"):
        inbox.poll(system)
    inbox.run_due()


@app.task(name="exchange.take_in", queue="exchange")
def take_in(batch_id: int) -> None:
    from onewindow.exchange import imports  # it defers this task

    imports.run(batch_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="exchange-imports", queue="exchange")
def take_in_rest(timestamp: int) -> None:
    from onewindow.exchange import imports

    imports.run_due()
