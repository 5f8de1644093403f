"""A request that acts, acts once: the reply is kept under the client's Idempotency-Key and given again.

The key's row, the act and the reply are one transaction. A twin that comes meanwhile waits at the key's unique index
and then finds the reply; a refused act leaves no row, so the key may be tried again when the fault is mended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from ninja import Header, Schema

from onewindow.api.auth import Request
from onewindow.api.models import IdempotentReply
from onewindow.api.problems import Problem, in_words
from onewindow.kernel import clock, ledger

KEPT = timedelta(days=7)
# How long a twin, or an act behind a locked row, waits before it is told to come again (HTTP 409, Retry-After).
WAIT = "5s"

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$",
        description="客户端为这一次办理生成的唯一值（如 UUID）。重试时用同一个值，只办一次；7 天内有效。",
    ),
]  # fmt: skip


def once(request: Request, key: str, status: int, act: Callable[[], Schema]) -> JsonResponse:
    mark = {"token_id": request.auth.token_id, "key": key}
    digest = digest_of(request)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        row, fresh = IdempotentReply.objects.get_or_create(**mark, defaults={"request_digest": digest})
        if fresh:
            with in_words():
                said = act()
            row.status, row.body = status, said.model_dump(mode="json")
            row.save(update_fields=["status", "body"])
    if row.request_digest != digest:
        raise Problem("key-reused", "这个 Idempotency-Key 已用于另一个请求。新的办理请换一个新的值。")
    response = JsonResponse(row.body, status=row.status, json_dumps_params={"ensure_ascii": False})
    if not fresh:
        response["Idempotent-Replayed"] = "true"
    return response


def digest_of(request: HttpRequest) -> str:
    """Method, path and content; an upload by its files, because every retry draws another multipart boundary."""
    content: object
    if request.content_type == "multipart/form-data":
        handed = [(name, file) for name, files in request.FILES.lists() for file in files]
        content = [sorted(request.POST.lists()), [(name, file.name, _content(file)) for name, file in handed]]
    else:
        content = hashlib.sha256(request.body).hexdigest()
    return hashlib.sha256(ledger.canonical([request.method, request.path, content]).encode()).hexdigest()


def _content(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def forget_old() -> int:
    deleted, _ = IdempotentReply.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    return deleted
