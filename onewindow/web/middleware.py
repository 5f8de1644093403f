"""What every answer carries, and what a refused act looks like."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.ui.fragments import render_block

Respond = Callable[[HttpRequest], HttpResponse]
POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "script-src 'self'",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=()"
# What pages call their text boxes, so that a refused form shows the typed text under a word and not under a key.
TYPED = {"reason": "理由", "opinion": "意见", "note": "备注", "text": "内容", "message": "内容", "answer": "答复"}
# Only the public side has an English catalogue; a page is in one language.
CHINESE_ONLY = (
    "/apply/", "/cases/", "/desk/", "/kiosk/", "/manage/", "/my/", "/sandbox/", "/screens/", "/staff/", "/uploads/",
)  # fmt: skip
TOO_LARGE = "一次上传的内容太大，请分几次上传。"
NEVER_SHOWN = {"csrfmiddlewaretoken", "seen", "password", "code", "number", "next"}


class SecurityHeaders:
    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        if getattr(request, "principal", None) is not None or request.method == "POST":
            # A shared computer in the hall: what one person saw is not found behind the Back button by the next.
            response.headers.setdefault("Cache-Control", "private, no-store")
        # One address is a page or a fragment of it: no cache may hand out the one for the other.
        patch_vary_headers(response, ["HX-Request"])
        return response


class Language(LocaleMiddleware):
    """The language chosen in the footer, else the browser's, where the page exists in it."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.wants_english = translation.get_language() == "en"  # type: ignore[attr-defined]
        if request.path_info.startswith(CHINESE_ONLY):
            translation.activate(settings.LANGUAGE_CODE)


class Readable:
    """What no page could read or keep is refused at the door; the API (api.urls) says it in its own shape."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        if wire.too_large(request):
            return HttpResponse(TOO_LARGE, status=413, content_type="text/plain; charset=utf-8")
        if wire.unreadable(request):
            raise BadRequest
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        if not request.path_info.startswith("/api/") and wire.unreadable_form(request):
            raise BadRequest


class Conflicts:
    """Somebody was faster, or the post does not allow it: say so, keep what was typed, show the way back.

    An htmx request gets the words in the page's message box; its form stays as it is.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        htmx = bool(getattr(request, "htmx", False))
        if isinstance(exception, Conflict):
            context = {"message": exception.message, "back": way_back(request), "typed": typed(request)}
            if not htmx:
                return render(request, "layout/conflict.html", context, status=409)
            return to_messages(render_block(request, "layout/conflict.html", "conflict", context, status=409))
        if isinstance(exception, clock.NoCalendar):
            if not htmx:
                return render(request, "layout/no_calendar.html", {"message": str(exception)}, status=503)
            block = render_block(request, "layout/no_calendar.html", "reason", {"message": str(exception)}, status=503)
            return to_messages(block)
        if isinstance(exception, PermissionDenied) and htmx:
            context = {"message": str(exception)}
            return to_messages(render_block(request, "layout/403.html", "refusal", context, status=403))
        return None


def to_messages(response: HttpResponse) -> HttpResponse:
    response.headers["HX-Retarget"] = "#messages"
    response.headers["HX-Reswap"] = "innerHTML show:#messages:top"
    return response


def way_back(request: HttpRequest) -> str:
    """The page the act came from, when it is one of ours."""
    referer = request.headers.get("referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours else reverse("home")


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (TYPED.get(key, key), value)
        for key, values in request.POST.lists()
        if key not in NEVER_SHOWN
        for value in values
        if value.strip()
    ]
