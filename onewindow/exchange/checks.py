"""`onewindow check`: what production must not be started with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections


@register()
def sandbox_peer_is_not_in_production(**kwargs: Any) -> list[Error]:
    if settings.SANDBOX or not settings.EXCHANGE_SANDBOX:
        return []
    hint = "请去掉 ONEWINDOW_EXCHANGE_SANDBOX，在“外部系统”里设置真正的接口"
    return [Error("外部系统的沙箱对端不能在生产环境使用", hint=hint, id="exchange.E001")]


@register(Tags.database)
def no_system_is_a_sandbox(databases: Collection[str] | None = None, **kwargs: Any) -> list[Error]:
    if settings.SANDBOX:
        return []
    hint = "请在“外部系统”里换成真正的接口"
    return [
        Error(f"外部系统 {key} 接的是沙箱对端", hint=hint, id="exchange.E002")
        for name in databases or ()
        for key in _sandboxes(name)
    ]


def _sandboxes(name: str) -> list[str]:
    with connections[name].cursor() as cursor:
        cursor.execute("SELECT to_regclass('exchange_system') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute("SELECT key FROM exchange_system WHERE adapter = 'sandbox' ORDER BY key")
        return [row[0] for row in cursor.fetchall()]
