import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from onewindow.kernel import subscribers

# A notice may be this many seconds late; polling costs one indexed read a subscriber.
POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = "后台：读账本（通知、评价邀请、文书）和执行任务（发送、盖章、定时）"

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        reader = threading.Thread(target=self._read_ledger, args=[stop], name="ledger", daemon=True)
        reader.start()
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            assert isinstance(app.connector, DjangoConnector)
            with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
                worker_app.run_worker(concurrency=2, install_signal_handlers=True)
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            reader.join(timeout=5)

    def _read_ledger(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                handled = subscribers.run_once()
            except Exception:
                import logging

                logging.getLogger(__name__).exception("读账本时出错，稍后重试")
                handled = 0
                stop.wait(5)
            close_old_connections()
            if not handled:
                stop.wait(POLL_SECONDS)
