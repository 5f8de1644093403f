"""Screens of the hall: a page, its facts as JSON, and the same facts as a stream of server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.documents.typesetting import qr_svg
from onewindow.feedback import actions as feedback
from onewindow.feedback.models import Rating
from onewindow.hall import board, voice
from onewindow.hall.listening import LISTENER, Shared, wait
from onewindow.hall.models import Ticket, Window, Zone
from onewindow.kernel import clock, limits, wire
from onewindow.web.halls.at_device import HallRequest as Request
from onewindow.web.my.rating import VISITOR


def _zone(site: str, code: str) -> Zone:
    return get_object_or_404(Zone.objects.select_related("site"), site=site, code=code)


def _window(site: str, number: str) -> Window:
    return get_object_or_404(Window.objects.select_related("zone", "site"), site=site, number=number)


def zone(request: HttpRequest, site: str, code: str) -> HttpResponse:
    found = _zone(site, code)
    context = {
        "zone": found, "board": board.of_zone(found), "edition": voice.edition(),
        "stream": reverse("screen-events", args=[site, code]), "facts": reverse("screen-board", args=[site, code]),
    }  # fmt: skip
    return render(request, "screens/zone.html", context)


def zone_board(request: HttpRequest, site: str, code: str) -> HttpResponse:
    return JsonResponse(board.of_zone(_zone(site, code)), json_dumps_params={"ensure_ascii": False})


def zone_events(request: HttpRequest, site: str, code: str) -> StreamingHttpResponse | HttpResponse:
    found = _zone(site, code)
    return stream([found.pk], lambda: ZONES.of(found))


def window(request: Request, site: str, number: str) -> HttpResponse:
    found = _window(site, number)
    context = {
        "window": found, "board": _at_window(found, _asks(request, found)), "levels": feedback.LEVELS,
        "stream": reverse("window-events", args=[site, number]), "facts": reverse("window-board", args=[site, number]),
    }  # fmt: skip
    return render(request, "screens/window.html", context)


def window_board(request: Request, site: str, number: str) -> HttpResponse:
    found = _window(site, number)
    return JsonResponse(_at_window(found, _asks(request, found)), json_dumps_params={"ensure_ascii": False})


def window_events(request: Request, site: str, number: str) -> StreamingHttpResponse | HttpResponse:
    found = _window(site, number)
    asks = _asks(request, found)
    return stream([found.zone_id], lambda: _said(WINDOWS.of(found.zone)[found.pk], asks))


def part(request: HttpRequest, edition: str, name: str) -> HttpResponse:
    """One word of an announcement; kept by the browser for good, a new edition has another address."""
    if edition != voice.edition() or name.removesuffix(".wav") not in voice.PARTS:
        raise Http404
    response = HttpResponse(voice.path_of(name.removesuffix(".wav")).read_bytes(), content_type="audio/wav")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _asks(request: Request, window: Window) -> bool:
    """A screen of the hall, or the second display of who works there: nobody rates from afar what others got."""
    device, who = request.device, request.principal
    at_home = who is not None and any(post.site == window.site_id for post in who.posts)
    return at_home or (device is not None and device.site_id == window.site_id)


Told = tuple[dict[str, Any], dict[str, Any]]


def _of_windows(zone: Zone) -> dict[int, Told]:
    """Every window's facts; and where one is idle and the last visitor has not rated, what its screen asks."""
    facts = board.of_windows(zone)
    asking = {
        pk: _asking(rating, rating.service.ticket)
        for pk, rating in feedback.open_in(zone).items()
        if rating.service and rating.service.ticket.ended_at and not facts[pk]["number"]
    }
    return {pk: (each, asking.get(pk, {})) for pk, each in facts.items()}


def _said(told: Told, asks: bool) -> dict[str, Any]:
    facts, asking = told
    return facts | asking if asks else facts


def _asking(rating: Rating, ticket: Ticket) -> dict[str, Any]:
    assert ticket.ended_at is not None
    left = feedback.ASKED - (clock.now() - ticket.ended_at)
    return {
        "state": "rating", "number": ticket.number, "seconds": max(1, int(left.total_seconds())),
        "token": rating.token, "qr": qr_svg(f"{settings.PUBLIC_URL}/rate/{rating.token}/", scalable=True),
    }  # fmt: skip


def _at_window(window: Window, asks: bool) -> dict[str, Any]:
    return _said(_of_windows(window.zone)[window.pk], asks)


ZONES, WINDOWS = Shared(board.of_zone), Shared(_of_windows)


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


def stream(
    zones: Iterable[int], facts: Callable[[], dict[str, Any]], rest: float = 0.0
) -> StreamingHttpResponse | HttpResponse:
    """The facts at once and after every piece of news of the zones; at most once in `rest` seconds."""
    if LISTENER.full:
        return HttpResponse("屏幕太多，请改为轮询。", status=503, content_type="text/plain; charset=utf-8")
    response = StreamingHttpResponse(_events(tuple(zones), facts, rest), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(zones: tuple[int, ...], facts: Callable[[], dict[str, Any]], rest: float) -> Iterator[str]:
    """A sign of life when it is quiet or nothing of it has changed. No connection is kept meanwhile."""
    if not connection.in_atomic_block:
        connection.close()  # who waits for what another stream reads holds none: hundreds open at once after a cut
    with LISTENER.news_of(*zones) as box:
        yield "retry: 3000\n\n"
        news, said = True, ""
        while True:
            before = said
            if news:
                said = json.dumps(facts(), ensure_ascii=False)
                connection.close()
            yield f"data: {said}\n\n" if said != before else "event: alive\ndata:\n\n"
            time.sleep(rest if said != before else 0)
            news = wait(box)
