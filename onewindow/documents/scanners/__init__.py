"""Malware scanners. A scanner is a folder entry that takes a stream and answers clean, infected or not reachable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.settings import env


class ScannerUnavailable(Exception):
    """Nobody could look at the file; it waits and is looked at later."""


@dataclass(frozen=True)
class Finding:
    infected: bool
    # What was found, in the scanner's words.
    name: str = ""


class Scanner(Protocol):
    # Shown beside the result, so that a sandbox is never taken for protection.
    @property
    def title(self) -> str: ...
    def scan(self, stream: BinaryIO) -> Finding: ...


def scanner() -> Scanner:
    """ClamAV when ONEWINDOW_CLAMD names it, else (never in production) the sandbox."""
    from onewindow.documents.scanners.clamav import ClamAV
    from onewindow.documents.scanners.sandbox import SandboxScanner

    if address := env("ONEWINDOW_CLAMD"):
        return ClamAV.at(address)
    if settings.PRODUCTION and settings.HALL_SITE:
        raise ScannerUnavailable("大厅节点没有病毒检查服务，送到中心再查")
    if settings.PRODUCTION:
        raise ImproperlyConfigured("生产环境必须设置 ONEWINDOW_CLAMD（病毒检查服务，host:port 或 unix:/路径）")
    return SandboxScanner()
