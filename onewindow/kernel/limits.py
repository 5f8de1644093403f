"""Rate limits as rows: one UPSERT a hit, right for any number of processes."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from onewindow.kernel import clock
from onewindow.kernel.models import RateLimit


def hit(key: str, *, limit: int, per: timedelta) -> bool:
    """Count one use of `key` in the running window; False when it is one too many."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_ratelimit AS r (key, hits, ends_at) VALUES (%s, 1, %s) ON CONFLICT (key) DO UPDATE SET "
            "hits = CASE WHEN r.ends_at <= %s THEN 1 ELSE r.hits + 1 END, "
            "ends_at = CASE WHEN r.ends_at <= %s THEN EXCLUDED.ends_at ELSE r.ends_at END RETURNING hits",
            [key[:200], now + per, now, now],
        )
        return bool(cursor.fetchone()[0] <= limit)


def address(request: HttpRequest) -> str:
    """Where a request comes from: in production the nearest proxy's word; earlier entries can be forged."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.PRODUCTION else ""
    text = forwarded.rpartition(",")[2].strip() or str(request.META["REMOTE_ADDR"])
    try:
        found = ip_address(text)
    except ValueError:
        return text
    if isinstance(found, IPv4Address):
        return str(found)
    # One line at home has a whole /64 of addresses; an IPv4 address in IPv6's dress is that one address.
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))


def sweep() -> int:
    """Forget windows that have run out: their keys name phones and addresses."""
    return RateLimit.objects.filter(ends_at__lte=clock.now()).delete()[0]
