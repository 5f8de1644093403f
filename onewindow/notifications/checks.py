from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, register


@register
def gateway_is_real(app_configs: object, **kwargs: Any) -> list[Error]:
    if settings.SANDBOX or settings.SMS_URL:
        return []
    return [
        Error(
            "沙箱短信不能在生产环境使用",
            hint="请设置 ONEWINDOW_SMS_URL 和 ONEWINDOW_SMS_SECRET",
            id="notifications.E001",
        )
    ]
