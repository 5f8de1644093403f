"""Who may open a page. What a page shows is decided by its queryset's one door, not here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from onewindow.accounts.principal import Principal


class Request(HttpRequest):
    """What the middleware adds, for the type checker."""

    principal: Principal | None
    htmx: HtmxDetails


class SignedIn(Request):
    """A request that has passed one of the guards."""

    principal: Principal


View = Callable[..., HttpResponseBase]
# The first page of a post's work; of somebody with several posts, the first that fits.
WORKPLACES = {
    "desk-list": ("clerk", "reviewer", "decider", "manager", "head", "governor", "supervisor"),
    "desk-errands": ("agent",),
    "manage-home": ("editor", "checker"),
    "exchange-home": ("operator",),
    "manage-calendar": ("operator",),
}
# The cookie that carries it over the sign-in holds 4 KB.
NEXT_MAX = 500


def signed_in(view: View) -> View:
    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.principal is None:
            return _to_door(request, "sign-in")
        return view(request, *args, **kwargs)

    return guarded


def staff_only(*roles: str, everywhere: bool = False) -> Callable[[View], View]:
    """Staff holding one of the roles (any post when none is named); for everybody else the page does not exist.

    `everywhere`: over the whole district, not at an agency.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            principal = request.principal
            if principal is None:
                return _to_door(request, "staff-sign-in")
            if not principal.is_staff or not (principal.has(*roles) if roles else principal.posts):
                raise Http404
            if everywhere and not principal.has_at(None, *roles):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def workplace(principal: Principal | None) -> str:
    """The name of the page a staff member starts from."""
    if principal is None:
        return "home"
    if settings.HALL_SITE:
        return "desk-window"
    return next((page for page, roles in WORKPLACES.items() if principal.has(*roles)), "my-account")


def _to_door(request: Request, door: str) -> HttpResponse:
    """Sign in and come back: to this page, or for a form and a fragment to the page they were on."""
    page = request.get_full_path()
    if request.method != "GET" or request.htmx:
        page = _page_of(request, request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    target = f"{reverse(door)}?{urlencode({'next': page})}"
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


def _page_of(request: Request, address: str) -> str:
    try:
        came = urlsplit(address)
    except ValueError:  # "http://[" in a header
        return "/"
    return came.path if came.netloc == request.get_host() else "/"


def wanted_page(request: HttpRequest) -> str:
    """Where to go after signing in, as the address or the form says; checked by `safe_next` when one goes."""
    following = request.POST.get("next") or request.GET.get("next", "")
    return following if len(following) <= NEXT_MAX else ""


def safe_next(request: HttpRequest, wanted: str, default: str = settings.LOGIN_REDIRECT_URL) -> str:
    """The wanted page when it is one of ours, else the default (a URL name)."""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    # Without a slash in front Django would take it for the name of a page.
    return wanted if wanted.startswith("/") and ours else resolve_url(default)
