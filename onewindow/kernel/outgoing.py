"""HTTP to another house: only to an address that was looked at, over verified TLS, within a time and a size."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 10.0


class Unreachable(Exception):
    """`lasting`: trying again would fail the same way."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.message, self.lasting = message, lasting


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def fault(url: str, *, inside: Collection[str] = ()) -> str:
    """Why the address cannot be used, "" when it can. In production https only, save to hosts named as `inside`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "这不是一个网址"
    plain = not settings.PRODUCTION or parts.hostname in inside
    if parts.scheme not in ({"https", "http"} if plain else {"https"}) or not parts.hostname:
        return "应是 https:// 开头的完整网址"
    if parts.username or parts.password:
        return "网址里不要带用户名和密码"
    if port is not None and not 1 <= port <= 65535:
        return "端口不对"
    return ""


def call(
    method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, timeout: float = TIMEOUT,
    most: int = 256 * 1024, inside: Collection[str] = (),
) -> Answer:  # fmt: skip
    """One request; redirects are not followed. `most` bytes of the answer are read (0: none), `timeout` bounds it all.

    `inside`: hosts that may lie in our own network, because somebody named them.
    """
    parts, end = urlsplit(url), time.monotonic() + timeout
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Host": parts.netloc, **(headers or {})}
    secure = parts.scheme == "https"
    try:
        with closing(_connect(parts.hostname or "", parts.port, secure, timeout, inside)) as connection:
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), _read(response, most, end) if most else b"")
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"连不上：{error}"[:200]) from error


def _read(response: http.client.HTTPResponse, most: int, end: float) -> bytes:
    found = b""
    while chunk := response.read1(65536):
        found += chunk
        if len(found) > most:
            raise Unreachable("对方的答复太大", lasting=True)
        if time.monotonic() > end:
            raise Unreachable("对方答复太慢")
    return found


def _connect(
    host: str, port: int | None, secure: bool, timeout: float, inside: Collection[str]
) -> http.client.HTTPConnection:
    """To an address that was looked at: a name that points into our own network is refused, also at a later look-up."""
    address = _address(host, port or (443 if secure else 80), inside)
    if not secure:
        return http.client.HTTPConnection(address, port or 80, timeout=timeout)
    connection = http.client.HTTPSConnection(host, port or 443, timeout=timeout)
    context = ssl.create_default_context()
    plain = socket.create_connection((address, port or 443), timeout)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    return connection


def _address(host: str, port: int, inside: Collection[str]) -> str:
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise Unreachable(f"找不到 {host}") from error
    free = not settings.PRODUCTION or host in inside
    allowed = [each for each in found if free or ipaddress.ip_address(each).is_global]
    if not allowed:
        raise Unreachable("这个地址在内部网络里，不发送", lasting=True)
    return allowed[0]
