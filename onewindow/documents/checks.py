"""`onewindow check`: what production must not be started without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from onewindow.documents import facts, scanners, seals


@register()
def production_has_real_peers(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    peers: list[Callable[[], object]] = [scanners.scanner, seals.signer, facts.signing_key]
    for number, peer in enumerate(peers, start=1):
        try:
            peer()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id=f"documents.E{number:03d}"))
    return found
