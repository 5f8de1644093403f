"""tus 1.0 over HTTP: POST /uploads/, HEAD PATCH DELETE /uploads/<uuid>/. CSRF is proved by the X-CSRFToken header."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from onewindow.documents import uploads
from onewindow.documents.content import Rejected
from onewindow.documents.files import TooLarge
from onewindow.documents.models import Upload

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"


def _reply(status: int, text: str = "", **headers: str | int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Tus-Resumable"] = VERSION
    for name, value in headers.items():
        response[name.replace("_", "-")] = str(value)
    return response


def _refusal(reason: Rejected) -> HttpResponse:
    if isinstance(reason, uploads.WrongOffset):
        return _reply(409, str(reason), Upload_Offset=reason.offset)
    return _reply(413 if isinstance(reason, TooLarge) else 422, str(reason))


def _unspoken(request: HttpRequest) -> HttpResponse | None:
    """412 for another version of the protocol; a stranger who is nobody finds nothing."""
    if request.principal is None:
        raise Http404
    if request.headers.get("Tus-Resumable") != VERSION:
        return _reply(412, "只支持 tus 1.0.0", Tus_Version=VERSION)
    return None


def _whole(request: HttpRequest, header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if text.isascii() and text.isdigit() else None


def metadata(text: str) -> dict[str, str]:
    """`filename 5L2g, target Y2Fz` → {"filename": "你", "target": "cas"}; ValueError when not base64 of UTF-8."""
    pairs = (pair.strip().partition(" ") for pair in text.split(",") if pair.strip())
    try:
        return {key: base64.b64decode(value, validate=True).decode() for key, _, value in pairs}
    except binascii.Error as error:
        raise ValueError("Upload-Metadata") from error


@require_http_methods(["POST", "OPTIONS"])
def collection(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        limits = {"Tus_Extension": "creation,termination", "Tus_Max_Size": settings.UPLOAD_MAX_BYTES}
        return _reply(204, Tus_Version=VERSION, **limits)
    if (refusal := _unspoken(request)) is not None:
        return refusal
    size = _whole(request, "Upload-Length")
    try:
        said = metadata(request.headers.get("Upload-Metadata", ""))
    except ValueError:
        return _reply(400, "Upload-Metadata 不合格式")
    target = said.get("target", "")
    if size is None or not 0 < len(target) <= 160:
        return _reply(400, "缺少 Upload-Length 或 target")
    try:
        upload = uploads.create(owner=request.principal.key, name=said.get("filename", ""), size=size, target=target)
    except Rejected as reason:
        return _refusal(reason)
    return _reply(201, Location=reverse("upload", args=[upload.pk]), Upload_Offset=0)


@require_http_methods(["HEAD", "PATCH", "DELETE"])
def item(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    if (refusal := _unspoken(request)) is not None:
        return refusal
    owner = request.principal.key
    try:
        if request.method == "PATCH":
            return _append(request, upload_id, owner)
        if request.method == "DELETE":
            uploads.terminate(upload_id, owner)
            return _reply(204)
        return _progress(200, uploads.find(upload_id, owner))
    except Upload.DoesNotExist as error:
        raise Http404 from error
    except Rejected as reason:
        return _refusal(reason)


def _append(request: HttpRequest, upload_id: UUID, owner: str) -> HttpResponse:
    offset = _whole(request, "Upload-Offset")
    if request.content_type != PIECE_TYPE:
        return _reply(415, PIECE_TYPE)
    if offset is None:
        return _reply(400, "缺少 Upload-Offset")
    upload = uploads.find(upload_id, owner)
    if offset != upload.offset:
        raise uploads.WrongOffset(upload.offset)
    if (_whole(request, "Content-Length") or 0) > upload.size - offset:
        raise TooLarge
    # Piece by piece, each kept at once: a connection cut in the middle loses at most one piece.
    for piece in _pieces(request):
        upload = uploads.append(upload_id, owner, upload.offset, piece)
    return _progress(204, upload)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(uploads.PIECE):
        yield piece


def _progress(status: int, upload: Upload) -> HttpResponse:
    response = _reply(status, Upload_Offset=upload.offset, Upload_Length=upload.size, Cache_Control="no-store")
    if upload.file_id is not None:
        response["X-File"] = str(upload.file_id)
    return response
