"""A number drawn while the line is cut has no row at the centre yet: the address on the ticket says what it is, signed.

Node and centre share the hash of the node's token; nobody else can make such an address. It opens nothing but
the words that the number counts in the hall.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from onewindow.hall.models import Node, Outpost, Queue, Ticket
from onewindow.hall.node.centre import digest
from onewindow.kernel import clock

# Of the signature: 96 bits.
LENGTH = 12
FORM = re.compile(
    r"(?P<said>(?P<lease>[0-9]{1,9})\.(?P<number>[A-Z0-9]{1,6})\.(?P<queue>[0-9]{1,18})\.(?P<minute>[0-9]{1,9}))"
    r"\.(?P<sign>[A-Za-z0-9_-]{16})"
)


@dataclass(frozen=True)
class Vouched:
    number: str
    queue: Queue
    node: Node
    issued_at: datetime

    @property
    def is_old(self) -> bool:
        return self.issued_at.astimezone(clock.SHANGHAI).date() < clock.today()

    @property
    def is_orphaned(self) -> bool:
        """The machine that gave it out has lost the say: who holds it is looked after at the desk."""
        return self.node.state not in Node.HOLDING


def voucher(ticket: Ticket) -> str:
    """On a node, for the address of the number's page; empty elsewhere."""
    here = Outpost.objects.filter(pk=settings.HALL_SITE).first() if settings.HALL_SITE else None
    if here is None or not settings.NODE_TOKEN:
        return ""
    said = f"{here.lease}.{ticket.number}.{ticket.queue_id}.{int(ticket.issued_at.timestamp()) // 60}"
    return f"{said}.{_sign(digest(settings.NODE_TOKEN), ticket.visit.secret, said)}"


def read(secret: str, code: str) -> Vouched | None:
    """At the centre; None unless the node's own key signed it for this page."""
    form = FORM.fullmatch(code)
    node = Node.objects.select_related("site").filter(pk=int(form["lease"])).first() if form else None
    if form is None or node is None:
        return None
    if not hmac.compare_digest(_sign(node.token_hash, secret, form["said"]), form["sign"]):
        return None
    queue = Queue.objects.select_related("zone", "site").filter(pk=int(form["queue"]), site=node.site_id).first()
    issued_at = datetime.fromtimestamp(int(form["minute"]) * 60, UTC)
    return Vouched(form["number"], queue, node, issued_at) if queue else None


def _sign(key: str, secret: str, said: str) -> str:
    mac = hmac.new(key.encode(), f"number's page|{secret}|{said}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:LENGTH]).decode()
