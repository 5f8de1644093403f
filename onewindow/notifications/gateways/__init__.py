"""The way out of the house for short messages."""

from __future__ import annotations

from django.conf import settings

from onewindow.notifications.gateways.base import SmsGateway
from onewindow.notifications.gateways.http_sms import HttpSms
from onewindow.notifications.gateways.sandbox import SandboxSms


def sms() -> SmsGateway:
    if settings.SMS_URL:
        return HttpSms(settings.SMS_URL, settings.SMS_SECRET)
    return SandboxSms()
