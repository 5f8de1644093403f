"""Rate limits as rows: one UPSERT a hit, right for any number of processes."""

from __future__ import annotations

from datetime import timedelta

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
    return forwarded.rpartition(",")[2].strip() or str(request.META["REMOTE_ADDR"])


def sweep() -> int:
    """Forget windows that have run out: their keys name phones and addresses."""
    return RateLimit.objects.filter(ends_at__lte=clock.now()).delete()[0]
