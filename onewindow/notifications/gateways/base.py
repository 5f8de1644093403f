from __future__ import annotations

from typing import Protocol


class DeliveryFailed(Exception):
    """`lasting` means that trying again would fail the same way."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.lasting = lasting


class SmsGateway(Protocol):
    # Whether the full text may stay in our own table after sending, secrets included.
    keeps_text: bool

    def send(self, to: str, text: str, *, key: str) -> str:
        """Hand over one message; the gateway's reference. The same `key` twice is one message."""
        ...
