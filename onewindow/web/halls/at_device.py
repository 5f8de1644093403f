"""A browser in the hall that is one of our devices: what it may open, and what it never keeps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from onewindow.accounts import sessions
from onewindow.hall.actions import devices
from onewindow.hall.models import Device
from onewindow.web.account.guards import Request, SignedIn, View

COOKIE = "ow_device"
# Browsers keep a cookie no longer; every visit of the start page begins the time anew.
KEPT_SECONDS = 400 * 24 * 3600
SHELLS = (Device.Kind.KIOSK, Device.Kind.TICKETS)
# Pages of the citizen's own that a kiosk shows in its shell, for whoever is signed in.
OWN = frozenset({
    "apply-start", "my-identity", "case-questions", "case-form", "case-held", "case-materials", "case-check",
    "case-reuse", "case-remove-paper", "case-restore-paper", "case-prereview", "case-submission",
})  # fmt: skip
# What a registered screen shows, of its own site.
SCREENS = frozenset({
    "screen", "screen-board", "screen-events", "window-screen", "window-board", "window-events", "window-rating",
    "voice",
})  # fmt: skip
# A page that has one of the kiosk's in its place.
INSTEAD = {"my-case": "kiosk-case", "my-cases": "kiosk-cases"}
FREE = frozenset({"healthz", "set_language"})
# Both are what a hand-over between two people needs to be clean; storage and cache in browsers that know it.
WIPE = '"cache", "storage"'


class HallRequest(Request):
    device: Device | None


class AtRequest(Request):
    """A request that has passed `at_kiosk`."""

    device: Device


class AtDevice:
    """Sets `request.device`; at a device only its own pages open, nothing is stored, and no session outlives it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HallRequest) -> HttpResponse:
        request.device = device = _device(request)
        at = device.key if device else ""
        if request.principal and request.session.get("device", "") != at:
            request.session.flush()
            request.principal = None
        response = self.get_response(request)
        if device:
            response.headers["Cache-Control"] = "no-store"
        return response

    def process_view(self, request: HallRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        device = request.device
        name = request.resolver_match.url_name if request.resolver_match else ""
        if device is None or not name or request.path_info.startswith("/api/"):
            return None
        if device.kind == Device.Kind.SCREEN and name in SCREENS and kwargs.get("site") in {None, device.site_id}:
            return None
        home = reverse("kiosk", args=[device.site_id])
        if name.startswith("kiosk"):
            return _in_shell(request, device, name, kwargs)
        if device.closed_reason or name not in OWN | FREE | INSTEAD.keys():
            return redirect(home)
        if name in FREE:
            return None
        if request.principal is None:
            # Whose page it was is not told to the next person: only the item goes along.
            wanted = f"?{urlencode({'next': request.path})}" if name == "apply-start" else ""
            return redirect(reverse("kiosk-sign-in", args=[device.site_id]) + wanted) if wanted else redirect(home)
        if name in INSTEAD:
            return redirect(INSTEAD[name], device.site_id, *kwargs.values())
        return None


def _device(request: HttpRequest) -> Device | None:
    token = request.COOKIES.get(COOKIE)
    found = devices.find(token) if token else None
    if found:
        devices.heard(found)
    return found


def _in_shell(request: Request, device: Device, name: str, kwargs: dict[str, Any]) -> HttpResponse | None:
    if kwargs.get("code") != device.site_id:
        return redirect("kiosk", device.site_id)
    if device.closed_reason and name not in {"kiosk-alive", "kiosk-device", "kiosk-leaving"}:
        if request.principal:
            return wipe(request, redirect("kiosk", device.site_id))
        other = devices.next_working(device)
        response = render(request, "kiosk/closed.html", {"site": device.site, "other": other}, status=503)
        response.headers["Refresh"] = "30"
        return response
    return None


def at_kiosk(view: View) -> View:
    """On a registered device only: what reaches personal data."""

    @wraps(view)
    def guarded(request: HallRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.device is None:
            return render(request, "kiosk/unregistered.html", {"code": code}, status=403)
        return view(request, code, *args, **kwargs)

    return guarded


def signed_in_here(view: View) -> View:
    """On a registered device, signed in at it."""

    @wraps(view)
    @at_kiosk
    def guarded(request: SignedIn, code: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.principal is None:
            wanted = {} if kwargs or request.method != "GET" else {"next": request.path}
            return redirect(f"{reverse('kiosk-sign-in', args=[code])}?{urlencode(wanted)}")
        return view(request, code, *args, **kwargs)

    return guarded


def wipe(request: Request, response: HttpResponse) -> HttpResponse:
    """结束服务: the session is dead on the server, and the browser forgets everything but which device it is.

    The CSRF secret goes too: a form of the last person, sent again from the history, is refused.
    """
    if request.principal:
        sessions.end(request, request.principal)
    request.session.flush()
    for name in request.COOKIES:
        if name not in {COOKIE, settings.SESSION_COOKIE_NAME}:
            response.delete_cookie(name)
    request.META.pop("CSRF_COOKIE", None)
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
    response.headers["Clear-Site-Data"] = WIPE
    response.headers["Cache-Control"] = "no-store"
    return response


def remember(response: HttpResponse, token: str) -> None:
    response.set_cookie(
        COOKIE, token, max_age=KEPT_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
