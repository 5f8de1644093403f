import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.hall.live import STREAMS


def ensure_port_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"端口 {port} 已被占用。请换一个端口再试，例如：PORT={port + 1} make demo") from error


def free_port(host: str, wanted: int) -> int:
    """The wanted one, or another when somebody has it."""
    try:
        ensure_port_free(host, wanted)
    except CommandError:
        with socket.socket() as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])
    return wanted


# A screen of the hall holds a thread for its stream, asleep (docs/decisions/0024); pages need few. A quiet thread ends.
THREADS = STREAMS + 16


def server(host: str, workers: int) -> list[str]:
    """The command line of the web server: it loads the program itself, once in each worker."""
    return [
        sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi",
        "--host", host, "--port", str(settings.PORT), "--workers", str(workers), "--no-ws",
        "--log-level", "warning", "--blocking-threads", str(THREADS),
        # The screens' streams never end by themselves; who stops the server waits no longer than this.
        "--workers-kill-timeout", "5",
    ]  # fmt: skip


class Command(BaseCommand):
    help = "启动网站（granian）；端口由 PORT 决定"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, host: str, workers: int, **options: Any) -> None:
        ensure_port_free(host, settings.PORT)
        os.execv(sys.executable, server(host, workers))  # noqa: S606 - our own server in place of this process
