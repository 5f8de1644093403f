"""How somebody reads 阅读方式: large type on a plain path 大字版, high contrast, voice; kept in cookies, for a year."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from onewindow.web.account.guards import safe_next

WAYS = ("elder", "contrast", "voice")
YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """POST sets every way the form names; a way that is named and not ticked is switched off."""
    if request.method != "POST":
        return render(request, "public/reading.html", {"next": request.GET.get("next", "/")})
    response = redirect(safe_next(request, request.POST.get("next", ""), "home"))
    for way in WAYS:
        if (wanted := request.POST.getlist(way)) and wanted[-1] in {"0", "1"}:
            response.set_cookie(way, wanted[-1], max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response
