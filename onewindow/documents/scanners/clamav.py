"""clamd's INSTREAM command over TCP or a unix socket (clamd(8))."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import BinaryIO

from django.core.exceptions import ImproperlyConfigured

from onewindow.documents.scanners import Finding, ScannerUnavailable

CHUNK = 128 * 1024
SECONDS = 30.0


@dataclass(frozen=True)
class ClamAV:
    # A path for a unix socket, (host, port) for TCP.
    address: str | tuple[str, int]
    title: str = "ClamAV"

    @classmethod
    def at(cls, text: str) -> ClamAV:
        """`host:port`, `[::1]:port` or `unix:/run/clamav/clamd.ctl`."""
        if text.startswith("unix:"):
            return cls(text.removeprefix("unix:"))
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit():
            raise ImproperlyConfigured(f"ONEWINDOW_CLAMD 应为 host:port 或 unix:/路径，现在是 {text!r}")
        return cls((host.strip("[]"), int(port)))

    def scan(self, stream: BinaryIO) -> Finding:
        try:
            with self._connect() as link:
                link.sendall(b"zINSTREAM\0")
                while chunk := stream.read(CHUNK):
                    link.sendall(struct.pack("!I", len(chunk)) + chunk)
                link.sendall(struct.pack("!I", 0))
                answer = self._answer(link)
        except OSError as error:
            raise ScannerUnavailable(f"clamd {self.address}: {error}") from error
        verdict = answer.removeprefix("stream: ")
        if verdict == "OK":
            return Finding(infected=False)
        if verdict.endswith(" FOUND"):
            return Finding(infected=True, name=verdict.removesuffix(" FOUND"))
        raise ScannerUnavailable(f"clamd {self.address}: {answer or '没有回答'}")

    def _connect(self) -> socket.socket:
        if isinstance(self.address, tuple):
            return socket.create_connection(self.address, timeout=SECONDS)
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(SECONDS)
        try:
            link.connect(self.address)
        except OSError:
            link.close()
            raise
        return link

    def _answer(self, link: socket.socket) -> str:
        answer = b""
        while not answer.endswith(b"\0"):
            part = link.recv(4096)
            if not part:
                break
            answer += part
        return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
