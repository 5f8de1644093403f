"""A kiosk of the hall, its token, and a printer that listens."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

from django.test import Client

from onewindow.accounts.models import Post
from onewindow.hall.actions import devices
from onewindow.hall.models import Device
from onewindow.web.halls.at_device import COOKIE
from tests.cast import Member, member
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_zone


def manager() -> Member:
    """大厅管理 of the hall."""
    user = StaffFactory(name="邓勇")
    PostFactory(user=user, role=Post.Role.MANAGER, agency=None, site=SiteFactory())
    return member(user)


def a_device(code="F01", kind="kiosk", **more) -> Device:
    zone = a_zone()
    return Device.objects.create(site=zone.site, zone=zone, code=code, name="综合自助终端", kind=kind, **more)


def token_of(device: Device) -> str:
    return devices.issue_token(device, by=manager().principal)


def at(device: Device) -> Client:
    """The browser of the device."""
    client = Client()
    client.cookies[COOKIE] = token_of(device)
    return client


class Printer:
    """Listens like a ticket printer: answers status requests, keeps every job's bytes."""

    def __init__(self, *, paper: int = 0x12, offline: int = 0x12) -> None:
        self.answers = {b"\x10\x04\x04": bytes([paper]), b"\x10\x04\x02": bytes([offline])}
        self.jobs: list[bytes] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.door.accept()
            except OSError:
                return
            self._take(line)

    def _take(self, line: socket.socket) -> None:
        job = b""
        with line:
            while chunk := line.recv(65536):
                answer = self.answers.get(chunk)
                if answer is None:
                    job += chunk
                elif answer:
                    line.sendall(answer)
        if job:
            self.jobs.append(job)


@contextmanager
def listening(**status: int):
    printer = Printer(**status)
    thread = threading.Thread(target=printer.serve, daemon=True)
    thread.start()
    try:
        yield printer
    finally:
        printer.door.shutdown(socket.SHUT_RDWR)
        printer.door.close()
        thread.join(5)
