"""The neighbour's own page of an errand, opened by the link in the message: what is done, who has the papers, stop."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from onewindow.agents import book
from onewindow.agents.actions import ending
from onewindow.agents.models import Errand


def _errand(secret: str) -> Errand:
    known = Errand.objects.select_related("item", "site__parent", "agent", "mandate", "case")
    return get_object_or_404(known, secret=secret)


@never_cache
def show(request: HttpRequest, secret: str) -> HttpResponse:
    errand = _errand(secret)
    context = {
        "errand": errand, "stage": book.stage(errand), "held": list(errand.held.order_by("taken_at")),
        "in_force": errand.entrusted,
    }  # fmt: skip
    return render(request, "my/errand.html", context)


@require_POST
def stop(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        ending.stop(_errand(secret))
        messages.success(request, "已停止。代办员从现在起不能再办这件事，要把您的材料交还给您。")
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("my-errand", secret)
