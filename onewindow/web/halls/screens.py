"""Screens of the hall: a page, its facts as JSON, and the same facts as a stream of server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from onewindow.hall import board
from onewindow.hall.listening import LISTENER, wait
from onewindow.hall.models import Window, Zone


def _zone(site: str, code: str) -> Zone:
    return get_object_or_404(Zone.objects.select_related("site"), site=site, code=code)


def _window(site: str, number: str) -> Window:
    return get_object_or_404(Window.objects.select_related("zone", "site"), site=site, number=number)


def zone(request: HttpRequest, site: str, code: str) -> HttpResponse:
    found = _zone(site, code)
    context = {
        "zone": found, "board": board.of_zone(found),
        "stream": reverse("screen-events", args=[site, code]), "facts": reverse("screen-board", args=[site, code]),
    }  # fmt: skip
    return render(request, "screens/zone.html", context)


def zone_board(request: HttpRequest, site: str, code: str) -> HttpResponse:
    return JsonResponse(board.of_zone(_zone(site, code)), json_dumps_params={"ensure_ascii": False})


def zone_events(request: HttpRequest, site: str, code: str) -> StreamingHttpResponse | HttpResponse:
    found = _zone(site, code)
    return _stream(found.pk, lambda: board.of_zone(found))


def window(request: HttpRequest, site: str, number: str) -> HttpResponse:
    found = _window(site, number)
    context = {
        "window": found, "board": board.of_window(found),
        "stream": reverse("window-events", args=[site, number]), "facts": reverse("window-board", args=[site, number]),
    }  # fmt: skip
    return render(request, "screens/window.html", context)


def window_board(request: HttpRequest, site: str, number: str) -> HttpResponse:
    return JsonResponse(board.of_window(_window(site, number)), json_dumps_params={"ensure_ascii": False})


def window_events(request: HttpRequest, site: str, number: str) -> StreamingHttpResponse | HttpResponse:
    found = _window(site, number)
    return _stream(found.zone_id, lambda: board.of_window(found))


def _stream(zone: int, facts: Callable[[], dict[str, Any]]) -> StreamingHttpResponse | HttpResponse:
    if LISTENER.full:
        return HttpResponse("屏幕太多，请改为轮询。", status=503, content_type="text/plain; charset=utf-8")
    response = StreamingHttpResponse(_events(zone, facts), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(zone: int, facts: Callable[[], dict[str, Any]]) -> Iterator[str]:
    """The facts at once and after every piece of news; a comment when it is quiet. No connection is kept meanwhile."""
    with LISTENER.news_of(zone) as box:
        yield "retry: 3000\n\n"
        news = True
        while True:
            if news:
                said = json.dumps(facts(), ensure_ascii=False)
                connection.close()
                yield f"data: {said}\n\n"
            else:
                yield ": quiet\n\n"
            news = wait(box)
