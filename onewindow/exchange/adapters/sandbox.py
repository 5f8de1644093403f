"""沙箱对端: the JSON adapter against `onewindow exchange sandbox-peer` on this machine. Never in production."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from onewindow.exchange.adapters.json_http import JsonHttp

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SandboxPeer(JsonHttp):
    title: ClassVar[str] = "沙箱对端（演示，不是真正的外部系统）"
    about: ClassVar[str] = "接到本机的沙箱对端，收件、编号、受理、办结都是演示。生产环境不能用。"
    sandbox: ClassVar[bool] = True

    def __init__(self, key: str, options: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        if not settings.SANDBOX:
            raise ImproperlyConfigured("沙箱对端不能在生产环境使用：请换成真正的接口")
        super().__init__(key, options, secrets)
        if urlsplit(self.options.url).hostname not in LOOPBACK:
            raise ValueError("沙箱对端只能在本机（127.0.0.1）")
