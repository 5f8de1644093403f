"""One named block of a page's template, for htmx: page and fragment cannot drift.

The block must import the macros it uses itself: what the template imports at its top is not run here.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.backends.utils import csrf_input, csrf_token_lazy
from jinja2_fragments import render_block as rendered


def render_block(
    request: HttpRequest, template: str, block: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    engine = cast(Jinja2, engines["jinja2"])
    values: dict[str, Any] = {
        "request": request,
        "csrf_input": csrf_input(request),
        "csrf_token": csrf_token_lazy(request),
    }
    for processor in engine.template_context_processors:
        values |= processor(request)
    return HttpResponse(rendered(engine.env, template, block, values | (context or {})), status=status)
