import logging
import signal
import subprocess
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from onewindow.kernel import subscribers

# A notice may be this many seconds late; polling costs one indexed read a subscriber.
POLL_SECONDS = 0.5
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "后台：读账本（通知、评价邀请）和执行任务（发送、扫描、定时）"

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        # A process of its own: while it works, Procrastinate swaps the connector for one outside our transactions,
        # and a notice deferred here would be looked for before it is committed.
        jobs = subprocess.Popen(
            [sys.executable, "-m", "config.console", "procrastinate", "worker", "--concurrency", "2"],
            stdout=subprocess.DEVNULL,
        )
        try:
            while jobs.poll() is None:
                if not self._read():
                    time.sleep(POLL_SECONDS)
            raise CommandError("任务进程意外停止，请看上面的错误信息。")
        except KeyboardInterrupt:
            pass
        finally:
            self._stop(jobs)

    def _read(self) -> int:
        try:
            return subscribers.run_once()
        except DatabaseError:
            logger.exception("读账本时数据库出错，五秒后重试")
            time.sleep(5)
            return 0
        finally:
            close_old_connections()

    def _stop(self, jobs: subprocess.Popen[bytes]) -> None:
        for again in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C does not interrupt the stopping
            signal.signal(again, signal.SIG_IGN)
        time.sleep(0.5)  # a terminal's Ctrl-C has reached it too
        if jobs.poll() is None:
            jobs.send_signal(signal.SIGINT)
        try:
            jobs.wait(timeout=10)
        except subprocess.TimeoutExpired:
            jobs.kill()
