from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from onewindow.accounts import sessions


class PrincipalMiddleware:
    """Sets `request.principal`: who is signed in, or None. No query while the principal is cached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.principal = sessions.current(request)  # type: ignore[attr-defined]
        return self.get_response(request)
