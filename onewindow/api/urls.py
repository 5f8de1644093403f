"""Addresses of the API. Whatever happens under /api/ answers in JSON: also a wrong address or a wrong method."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from onewindow.api import nodes, problems
from onewindow.api.exchange import callback, file
from onewindow.api.v1 import api
from onewindow.kernel import wire

View = Callable[..., HttpResponseBase]


def in_json(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if wire.too_large(request):
            return problems.Problem("too-large", "内容太大，请分几次上传。").response
        if wire.unreadable(request):
            return problems.malformed().response
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return problems.not_found().response
        if response.status_code == 405:
            return _wrong_method(request, response["Allow"])
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return csrf_exempt(answer)


def _wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    detail = f"这个地址不支持 {request.method}，可以用 {allowed}。"
    return problems.Problem("method", detail, headers={"Allow": allowed}).response


def unknown(request: HttpRequest) -> HttpResponse:
    raise Http404


patterns, _, namespace = api.urls
for pattern in patterns:
    assert isinstance(pattern, URLPattern)
    pattern.callback = in_json(pattern.callback)

urlpatterns = [
    path("v1/", (patterns, "ninja", namespace)),
    path("exchange/<slug:key>/", in_json(callback)),
    path("exchange/<slug:key>/files/<uuid:paper>/", in_json(file)),
    path("nodes/<str:site>/contact/", in_json(nodes.contact)),
    path("nodes/<str:site>/brief/", in_json(nodes.brief)),
    path("nodes/<str:site>/rows/", in_json(nodes.rows)),
    path("nodes/<str:site>/files/<str:digest>/", in_json(nodes.file)),
    re_path("", in_json(unknown)),
]
