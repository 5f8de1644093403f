"""What arrives from outside, before anything reads it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

# Several files may come in one form; Django spools all of a body to disk before a page may look at it.
FILES_AT_ONCE = 10
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def whole(text: str) -> int | None:
    """A number as the database can hold it; `isdigit` also takes ², and int() refuses thousands of digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return (whole(length) or 0) > FILES_AT_ONCE * settings.UPLOAD_MAX_BYTES


def unreadable(request: HttpRequest) -> bool:
    """NUL, which PostgreSQL has not in texts, or another charset than UTF-8, whose codecs make half characters."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
    return nul or charset not in {"utf-8", "utf8"}


def unreadable_form(request: HttpRequest) -> bool:
    """NUL in the name or the value of any box; reads the form."""
    if request.method != "POST" or request.content_type not in FORM_TYPES:
        return False
    return any("\0" in text for name, values in request.POST.lists() for text in (name, *values))
