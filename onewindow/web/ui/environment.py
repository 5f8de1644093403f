"""The Jinja2 environment: autoescape on, undefined variables fail, a few words every page uses."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_resolver, reverse
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined

from onewindow.kernel import clock, numbers, secrecy
from onewindow.web import node
from onewindow.web.account.guards import workplace
from onewindow.web.ui import words


def environment(**options: Any) -> Environment:
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, "autoescape": True}
    env = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], **options)  # noqa: S701 - autoescape is on
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals |= {
        "static": static,
        "url": lambda name, *args, **kwargs: reverse(name, args=args or None, kwargs=kwargs or None),
        "has_url": lambda name: name in get_resolver().reverse_dict,
        "today": clock.today,
        "now": clock.now,
        "language": get_language,
        "district": words.district,
        "english": words.english,
        "sandbox": settings.SANDBOX,
        "words": words,
        "workplace": workplace,
        "node_standing": node.standing,
        "on_node": lambda: bool(settings.HALL_SITE),
    }
    env.filters |= {
        "day": words.day,
        "whole_day": words.whole_day,
        "moment": words.moment,
        "whole_moment": words.whole_moment,
        "due": words.due,
        "filesize": words.filesize,
        "named": words.named,
        "chinese": words.chinese,
        "told": words.told,
        "grouped": numbers.grouped,
        "mask_name": secrecy.mask_name,
        "mask_phone": secrecy.mask_phone,
    }
    return env


def request_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "principal": getattr(request, "principal", None),
        "device": getattr(request, "device", None),
        "messages": messages.get_messages(request),
        **{way: request.COOKIES.get(way) == "1" for way in ("elder", "contrast", "voice")},
        "path": request.get_full_path(),
        "only_chinese": getattr(request, "wants_english", False) and not words.english(),
    }
