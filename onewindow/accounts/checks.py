"""`onewindow check`: what production must not be started with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, register


@register()
def sandbox_provider_is_not_in_production(**kwargs: Any) -> list[Error]:
    if settings.SANDBOX or not any(provider.sandbox for provider in settings.OIDC_PROVIDERS):
        return []
    hint = "请去掉 ONEWINDOW_OIDC_SANDBOX，用 ONEWINDOW_OIDC 设置真正的统一身份认证"
    return [Error("沙箱统一身份认证不能在生产环境使用", hint=hint, id="accounts.E001")]
