"""Error pages that say what happened and what to do."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "layout/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "layout/403.html", {"message": str(exception)}, status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF token is missing or old, mostly because the page was left open over a sign-in."""
    if device := getattr(request, "device", None):
        return redirect("kiosk", device.site_id)  # a form of the last person, out of the history of the browser
    message = _("这个页面停留太久，刚才的提交没有办成")
    return render(request, "layout/403.html", {"message": message}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "layout/404.html", status=404)


def too_many(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """429, with how long to wait."""
    minutes = max(1, round(wait.total_seconds() / 60))
    response = render(request, "layout/429.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(int(wait.total_seconds()))
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """500: rendered without the request, because whatever failed may fail again."""
    return HttpResponse(render_to_string("layout/500.html"), status=500)
