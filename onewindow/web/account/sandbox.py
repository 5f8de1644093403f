from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from onewindow.notifications import actions as notifications
from onewindow.notifications.models import Message


@never_cache
def sms(request: HttpRequest) -> HttpResponse:
    if not settings.SANDBOX:
        raise Http404
    sent = Message.objects.filter(channel=notifications.SMS).order_by("-created_at", "-id")[:20]
    return render(request, "account/sandbox_sms.html", {"sent": sent})
