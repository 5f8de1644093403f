"""Who holds a number: known by nothing but its page's secret."""

from __future__ import annotations

from dataclasses import dataclass

from onewindow.hall.models import Ticket


@dataclass(frozen=True)
class Holder:
    ticket: Ticket

    @property
    def key(self) -> str:
        return f"visit:{self.ticket.visit_id}"

    @property
    def name(self) -> str:
        return f"{self.ticket.number} 号持有人"
