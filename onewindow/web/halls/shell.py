"""自助终端: its start page, signing in for a few minutes, ending, and becoming a device."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import sessions
from onewindow.accounts.models import Site
from onewindow.accounts.providers import SignInRefused, phone_code
from onewindow.accounts.sessions import Brief
from onewindow.hall.actions import devices
from onewindow.hall.models import Device
from onewindow.kernel import limits
from onewindow.notifications import actions as notifications
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.web.account.forms import CodeForm, PhoneForm
from onewindow.web.account.guards import Request, safe_next, wanted_page
from onewindow.web.account.sign_in import UNDELIVERED
from onewindow.web.halls import kiosk
from onewindow.web.halls.at_device import COOKIE, SHELLS, AtRequest, HallRequest, at_kiosk, remember, wipe

# The server gives a little longer than the countdown shows: what somebody types arrives in time.
GRACE_SECONDS = 20
# A device sends codes for everybody who comes.
CODES_A_DAY = 1000


def home(request: HallRequest, code: str) -> HttpResponse:
    """What one can do here; a ticket machine, or a browser that is no device, goes straight to the numbers."""
    device = request.device
    if device is None or device.kind != Device.Kind.KIOSK or settings.HALL_SITE:
        return kiosk.start(request, code)
    response = render(request, "kiosk/home.html", {"site": device.site})
    if request.principal is None:
        response.headers["Refresh"] = "60"  # what the manager lets it say, or that it is closed
    remember(response, request.COOKIES[COOKIE])
    return response


@at_kiosk
@require_http_methods(["GET", "POST"])
def sign_in(request: AtRequest, code: str) -> HttpResponse:
    """The phone. A refused number is not shown again: the history of the browser would keep it."""
    form, following = PhoneForm(request.POST or None), wanted_page(request)
    if request.principal:
        return redirect(_following(request, following))
    if form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            sent = phone_code.send_code(phone, f"device:{request.device.key}", most=CODES_A_DAY)
            notifications.send_code(phone, sent.code)
            request.session.update({"code_phone": phone, "next": following})
            return redirect("kiosk-sign-in-code", code)
        except SignInRefused as refusal:
            messages.error(request, refusal.message)
        except DeliveryFailed:
            messages.error(request, UNDELIVERED)
    return _asked(request, form, "kiosk/sign_in.html", {"next": following}, "kiosk-sign-in")


@at_kiosk
@require_http_methods(["GET", "POST"])
def sign_in_code(request: AtRequest, code: str) -> HttpResponse:
    phone, following = request.session.get("code_phone"), request.session.get("next", "")
    if not phone:
        return redirect("kiosk-sign-in", code)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            user = phone_code.verify(phone, form.cleaned_data["code"])
            sessions.start(request, user, how="kiosk", brief=_brief(request.device))
            return redirect(_following(request, following))
        except SignInRefused as refusal:
            messages.error(request, refusal.message)
    context = {"phone": phone, "sms": notifications.sandbox_code(phone)}
    return _asked(request, form, "kiosk/code.html", context, "kiosk-sign-in-code")


def _asked(request: AtRequest, form: Any, template: str, context: dict[str, Any], name: str) -> HttpResponse:
    """A GET shows the box; a POST that failed says why and asks by a GET again, so that no history can send it."""
    if request.method == "GET":
        return render(request, template, context | {"site": request.device.site})
    for problem in [text for faults in form.errors.values() for text in faults]:
        messages.error(request, problem)
    following = f"?next={context['next']}" if context.get("next") else ""
    return redirect(reverse(name, args=[request.device.site_id]) + following)


def _brief(device: Device) -> Brief:
    rules = device.rules
    return Brief(idle=rules.idle_seconds + GRACE_SECONDS, longest=rules.session_minutes * 60, device=device.key)


def _following(request: AtRequest, wanted: str) -> str:
    return safe_next(request, wanted, reverse("kiosk", args=[request.device.site_id]))


def end(request: Request, code: str) -> HttpResponse:
    """结束服务. Also by GET: a page without JavaScript goes here by itself, and nobody loses anything by it."""
    return wipe(request, redirect("kiosk", code))


@at_kiosk
def alive(request: AtRequest, code: str) -> HttpResponse:
    """Asked by the page while somebody touches it: what one types for a minute keeps the session."""
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
def register(request: Request, code: str) -> HttpResponse:
    """登记本机: the token from the register, typed or scanned once at the device."""
    site = get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)
    if request.method == "GET":
        return render(request, "kiosk/device.html", {"site": site})
    if not limits.hit(f"device-token:{limits.address(request)}", limit=10, per=phone_code.LIFETIME):
        messages.error(request, "试得太频繁了，请十分钟后再试。")
        return redirect("kiosk-device", code)
    found = devices.find(request.POST.get("token", ""))
    if found is None or found.site_id != code or found.kind not in SHELLS:
        messages.error(request, "这个令牌不对，或者已经换过。请在“设备”页面重新发放。")
        return redirect("kiosk-device", code)
    response = wipe(request, redirect("kiosk", code))
    remember(response, request.POST["token"])
    return response


@require_POST
@at_kiosk
def leave(request: AtRequest, code: str) -> HttpResponse:
    """Demonstration only: one's own browser is one's own again."""
    if not settings.SANDBOX:
        raise Http404
    response = wipe(request, redirect("home"))
    response.delete_cookie(COOKIE)
    return response
