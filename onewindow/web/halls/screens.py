"""Screens of the hall: a page, its facts as JSON, and the same facts as a stream of server-sent events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.documents.typesetting import qr_svg
from onewindow.feedback import actions as feedback
from onewindow.feedback.models import Rating
from onewindow.hall import board, live, voice
from onewindow.hall.models import Ticket, Window, Zone
from onewindow.kernel import clock, limits, wire
from onewindow.web.halls.at_device import HallRequest as Request
from onewindow.web.my.rating import VISITOR


def _zone(site: str, code: str) -> Zone:
    return get_object_or_404(Zone, site=site, code=code)


def _window(site: str, number: str) -> Window:
    return get_object_or_404(Window, site=site, number=number)


def zone(request: Request, site: str, code: str) -> HttpResponse:
    found = _zone(site, code)
    context = {
        "zone": found, "board": ZONES.of(found.pk), "edition": voice.edition(),
        "stream": reverse("screen-events", args=[site, code]), "facts": reverse("screen-board", args=[site, code]),
    }  # fmt: skip
    return render(request, "screens/zone.html", context)


def window(request: Request, site: str, number: str) -> HttpResponse:
    found = _window(site, number)
    context = {
        "window": found, "board": _of_window(request, found).of(found.pk), "levels": feedback.LEVELS,
        "stream": reverse("window-events", args=[site, number]), "facts": reverse("window-board", args=[site, number]),
    }  # fmt: skip
    return render(request, "screens/window.html", context)


def facts(request: Request, site: str, code: str = "", number: str = "") -> HttpResponse:
    picture, key = _shown(request, site, code, number)
    return JsonResponse(picture.of(key), json_dumps_params={"ensure_ascii": False})


def events(request: Request, site: str, code: str = "", number: str = "") -> HttpResponseBase:
    return stream(request, *_shown(request, site, code, number))


def _shown(request: Request, site: str, code: str, number: str) -> tuple[live.Picture, int]:
    if code:
        return ZONES, _zone(site, code).pk
    found = _window(site, number)
    return _of_window(request, found), found.pk


def stream(request: HttpRequest, picture: live.Picture, key: int | str) -> HttpResponseBase:
    """A browser that comes back says what it saw last."""
    if live.NEWSROOM.full:
        return HttpResponse("屏幕太多，请改为轮询。", status=503, content_type="text/plain; charset=utf-8")
    seen = request.headers.get("Last-Event-ID", "")
    response = StreamingHttpResponse(picture.stream(key, seen), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def part(request: HttpRequest, edition: str, name: str) -> HttpResponse:
    """One word of an announcement; kept by the browser for good, a new edition has another address."""
    if edition != voice.edition() or name.removesuffix(".wav") not in voice.PARTS:
        raise Http404
    response = HttpResponse(voice.path_of(name.removesuffix(".wav")).read_bytes(), content_type="audio/wav")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _of_window(request: Request, window: Window) -> live.Picture:
    """A screen of the hall, or the second display of who works there: nobody rates from afar what others got."""
    return ASKING if _asks(request, window) else WINDOWS


def _asks(request: Request, window: Window) -> bool:
    device, who = request.device, request.principal
    at_home = who is not None and any(post.site == window.site_id for post in who.posts)
    return at_home or (device is not None and device.site_id == window.site_id)


def _asking(windows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Where a window is idle and the last visitor has not rated, its screen asks."""
    found = board.of_windows(windows)
    for pk, rating in feedback.open_at(windows).items():
        if rating.service and rating.service.ticket.ended_at and not found[pk]["number"]:
            found[pk] |= _question(rating, rating.service.ticket)
    return found


def _question(rating: Rating, ticket: Ticket) -> dict[str, Any]:
    assert ticket.ended_at is not None
    left = feedback.ASKED - (clock.now() - ticket.ended_at)
    return {
        "state": "rating", "number": ticket.number, "seconds": max(1, int(left.total_seconds())),
        "token": rating.token, "qr": qr_svg(f"{settings.PUBLIC_URL}/rate/{rating.token}/", scalable=True),
    }  # fmt: skip


ZONES = live.Picture("zone", board.of_zones)
WINDOWS, ASKING = live.Picture("window", board.of_windows), live.Picture("window", _asking)


@require_POST
def rate(request: Request, site: str, number: str, token: str) -> HttpResponse:
    """On the device at the window 评价器, by whoever was served there."""
    window = _window(site, number)
    if not _asks(request, window):
        raise Http404
    if not limits.hit(f"rate:{window.pk}", limit=30, per=timedelta(minutes=10)):
        return HttpResponse(status=429)
    rating = get_object_or_404(Rating.objects.select_related("service__window__zone"), token=token)
    if rating.service is None or rating.service.window_id != window.pk:
        raise Http404
    stars = wire.whole(request.POST.get("stars", "")) or 0
    said: dict[str, Any] = {"stars": stars, "tags": (), "text": "", "channel": Rating.Channel.DESK}
    try:
        feedback.rate(rating, **said, by=VISITOR, device=f"window:{window.site_id}-{window.number}")
    except feedback.AlreadyRated:
        return HttpResponse(status=409)
    except ValueError:
        return HttpResponse(status=422)
    return HttpResponse(status=204)
