"""沙箱: nothing leaves the house; the text stays in the Message row and is shown on /sandbox/sms/."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class SandboxSms:
    keeps_text = True

    def __init__(self) -> None:
        if not settings.SANDBOX:
            raise ImproperlyConfigured("沙箱短信不能在生产环境使用：请设置 ONEWINDOW_SMS_URL")

    def send(self, to: str, text: str, *, key: str) -> str:
        return f"sandbox-{key}"
