"""News of the hall to its screens: PostgreSQL NOTIFY, sent with the transaction that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from onewindow.hall.models import Zone

CHANNEL = "hall"


def tell(zone: Zone) -> None:
    """Something a screen of the zone shows has changed; told when the transaction commits, once however often."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(zone.pk)])
