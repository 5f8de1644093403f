import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from onewindow.exchange.demo import wire
from onewindow.hall import demo as hall
from onewindow.web.management.commands.serve import ensure_port_free, free_port, server

# Seconds for the first answer: a busy or slow machine takes a minute to import everything.
PATIENCE = 180


class Command(BaseCommand):
    help = "一条命令起演示：建表、装载参照区数据、演示账号、网站和后台；Ctrl-C 全部停下"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("演示不能在生产环境运行。")
        ensure_port_free("127.0.0.1", settings.PORT)
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(f"连不上数据库，请检查 DATABASE_URL 和服务器是否在运行：{error}") from error
        call_command("load", str(settings.DATA_DIR), if_changed=True)
        call_command("demo_accounts", verbosity=0)
        hall.open_all_day()
        self._speak()
        # Also when a shell started us in the background, where SIGINT would be ignored by us and by our children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        children = [self._start(server("127.0.0.1", 2))]
        try:
            self._wait_until_up(children)
            # After the site: on two cores they would load the program against each other.
            children.append(self._start([sys.executable, "-m", "config.console", "worker"]))
            if settings.EXCHANGE_SANDBOX:
                children.append(self._peer())
            local = f"http://127.0.0.1:{settings.PORT}"
            children.append(self._start([sys.executable, "-m", "config.console", "device", "simulate", "--url", local]))
            call_command("demo_accounts")
            self.stdout.write(self.style.SUCCESS(f"\n一窗已启动：{settings.PUBLIC_URL}    （Ctrl-C 停止）\n"))
            self.stdout.flush()
            while all(child.poll() is None for child in children):
                time.sleep(0.5)
            raise CommandError("网站或后台意外停止，请看上面的错误信息。")
        except KeyboardInterrupt:
            self.stdout.write("\n正在停止……")
        finally:
            self._stop(children)

    def _speak(self) -> None:
        try:
            call_command("hall_voice", verbosity=0)
        except CommandError as error:
            self.stdout.write(f"{error}")

    def _peer(self) -> subprocess.Popen[bytes]:
        """The outside systems of the demonstration: a program of its own, that accepts and completes by itself."""
        port = free_port("127.0.0.1", settings.PORT + 1)
        wire(f"http://127.0.0.1:{port}")
        verb = ["exchange", "sandbox-peer", "--port", str(port), "--auto", "15", "40"]
        return self._start([sys.executable, "-m", "config.console", *verb])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A session of its own: a terminal's Ctrl-C would reach the server and its workers at once, and orphan one.
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own commands

    def _wait_until_up(self, children: list[subprocess.Popen[bytes]]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if any(child.poll() is not None for child in children):
                raise CommandError("网站或后台没有启动起来，请看上面的错误信息。")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/healthz", timeout=2)
                return
            except OSError:
                time.sleep(0.25)
        raise CommandError(f"网站 {PATIENCE} 秒内没有启动起来。电脑可能正忙，请稍后再运行一次。")

    def _stop(self, children: list[subprocess.Popen[bytes]]) -> None:
        for again in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C does not interrupt the stopping
            signal.signal(again, signal.SIG_IGN)
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
        for child in children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # with the processes it started: none is left to hold the port
