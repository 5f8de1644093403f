"""A centre and hall nodes as real processes with databases of their own, a line between them that can be cut."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg
from django.conf import settings
from django.db import connection

CSRF = "a" * 32
UP = 60


def copy_database(name: str) -> str:
    """A database like the test's own at this moment; its address."""
    source, server = connection.settings_dict["NAME"], os.environ["DATABASE_URL"]
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    parts = urlsplit(server)
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", [[source, name]])
        db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        db.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return parts._replace(path=f"/{name}").geturl()


def drop_database(name: str) -> None:
    with psycopg.connect(
        urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl(), autocommit=True
    ) as db:
        db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One of the programs, on loopback."""

    def __init__(self, folder: Path, database: str, command: list[str], **env: str) -> None:
        self.port, self.database, self.command = free_port(), database, command
        self.var = folder
        folder.mkdir(exist_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ONEWINDOW"))}
        self.env = kept | {
            "ONEWINDOW_ENV": "test", "ONEWINDOW_VAR": str(folder), "DATABASE_URL": database, "PORT": str(self.port),
        } | env  # fmt: skip
        self.log = (folder / "log").open("ab")
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        call = [sys.executable, "-m", "config.console", *self.command]
        self.child = subprocess.Popen(
            call, env=self.env, cwd=settings.BASE_DIR, stdout=self.log, stderr=self.log, start_new_session=True
        )
        return self

    def until_up(self) -> Process:
        end = time.monotonic() + UP
        while time.monotonic() < end:
            assert self.child is not None and self.child.poll() is None, self.words()
            try:
                if self.browser().get("/healthz").status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.words())

    def words(self) -> str:
        return (self.var / "log").read_text(encoding="utf-8")[-4000:]

    def kill(self) -> None:
        """As a power cut: no farewell."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGKILL)
        self.log.close()

    def _end(self, how: int) -> None:
        if self.child is None or self.child.poll() is not None:
            return
        family = [*psutil.Process(self.child.pid).children(recursive=True), psutil.Process(self.child.pid)]
        for each in family:
            each.send_signal(how)
        psutil.wait_procs(family, timeout=10)
        self.child.wait(timeout=10)

    def browser(self) -> Browser:
        return Browser(self.port)

    def rows(self, sql: str, *params: object) -> list[tuple]:
        with psycopg.connect(self.database) as db:
            return db.execute(sql, params or None).fetchall()


class Page:
    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode(errors="replace")
        self.location = headers.get("Location", "")


class Browser:
    """Cookies and a form token; one connection a request."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, {"csrftoken": CSRF}

    def get(self, path: str) -> Page:
        return self.ask("GET", path)

    def post(self, path: str, data: dict[str, object] | None = None) -> Page:
        body = urlencode(data or {}, doseq=True).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")

    def post_files(self, path: str, data: dict[str, str], files: dict[str, bytes]) -> Page:
        mark, parts = "b0undary", []
        for key, value in data.items():
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        for key, content in files.items():
            head = f'--{mark}\r\nContent-Disposition: form-data; name="{key}"; filename="scan.pdf"\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        return self.ask("POST", path, body, f"multipart/form-data; boundary={mark}")

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Page:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookies = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": self.cookies["csrftoken"], "Host": f"127.0.0.1:{self.port}"}
        if kind:
            headers["Content-Type"] = kind
        try:
            line.request(method, path, body or None, headers)
            response = line.getresponse()
            page = Page(response.status, response.headers, response.read())
        finally:
            line.close()
        for said in page.headers.get_all("Set-Cookie") or []:
            name, value = re.match(r"([^=]+)=([^;]*)", said).groups()
            self.cookies[name] = value
        return page


class Cable:
    """The line to the centre: carries bytes, until it is cut."""

    def __init__(self, to: int) -> None:
        self.to, self.whole, self.ends = to, True, set()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """In the middle of whatever is being said."""
        self.whole = False
        for end in list(self.ends):
            self._close(end)

    def mend(self) -> None:
        self.whole = True

    def _close(self, end: socket.socket) -> None:
        self.ends.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            self.ends |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        self._close(source)
        self._close(target)
