"""Who reads the ledger: upper packages register in `AppConfig.ready()`, a worker calls them row by row."""

from __future__ import annotations

import logging
from collections.abc import Callable

from onewindow.kernel import ledger
from onewindow.kernel.models import Entry

logger = logging.getLogger(__name__)
_handlers: dict[str, Callable[[Entry], None]] = {}


def subscribe(name: str, handler: Callable[[Entry], None]) -> None:
    """`name` owns the cursor: a handler that is renamed reads the ledger from its beginning."""
    _handlers[name] = handler


def run_once() -> int:
    """Let every subscriber read what is new; returns rows handled. Safe in any number of processes."""
    return sum(ledger.follow(name, handler) for name, handler in _handlers.items())
