"""The demonstration's outside systems: two of them wired to the sandbox peer on this machine."""

from __future__ import annotations

import hashlib

from django.conf import settings

from onewindow.exchange import outbox, systems
from onewindow.exchange.models import System
from onewindow.kernel import ledger

BY = ledger.System("demo", "演示数据")
WIRED = {"gongjijin": "住房公积金业务系统", "jiaoguan": "公安交通管理业务系统"}


def peer_secret() -> str:
    return hashlib.sha256(f"sandbox-peer:{settings.SECRET_KEY}".encode()).hexdigest()


def wire(url: str) -> None:
    """Idempotent; the port may be another one each time. A real adapter set up meanwhile stays."""
    for key, name in WIRED.items():
        known = System.objects.filter(key=key).first()
        if known and known.adapter != "sandbox":
            continue
        options = {"url": url, "person": True, "files": True, "poll": True, "timeout": 5}
        if known is None or known.options != options:
            system = systems.save(
                key, name=name, kind="sandbox", options=options, secrets={"secret": peer_secret()}, by=BY
            )
            outbox.catch_up(system)
