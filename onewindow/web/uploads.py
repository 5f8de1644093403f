"""tus 1.0 over HTTP: POST /uploads/, HEAD PATCH DELETE /uploads/<uuid>/. CSRF is proved by the X-CSRFToken header.

A file is announced for a material of a case ("case:<number>:<material>") and lies there once it is whole.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case, CaseQuerySet
from onewindow.documents import uploads
from onewindow.documents.content import FileRefused
from onewindow.documents.files import TooLarge
from onewindow.documents.models import File, Upload
from onewindow.kernel import wire
from onewindow.kernel.flow import Conflict

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"


def _reply(status: int, text: str = "", **headers: str | int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Tus-Resumable"] = VERSION
    for name, value in headers.items():
        response[name.replace("_", "-")] = str(value)
    return response


def _refusal(reason: FileRefused) -> HttpResponse:
    if isinstance(reason, uploads.WrongOffset):
        return _reply(409, str(reason), Upload_Offset=reason.offset)
    return _reply(413 if isinstance(reason, TooLarge) else 422, str(reason))


def _principal(request: HttpRequest) -> Principal:
    principal: Principal | None = request.principal  # type: ignore[attr-defined]
    if principal is None:
        raise Http404
    return principal


def _case(target: str, principal: Principal) -> tuple[Case, str]:
    """The case and the material; whoever may not change the application is told so before the first byte."""
    kind, _, rest = target.partition(":")
    number, _, material = rest.partition(":")
    case = get_object_or_404(_cases(principal), number=number)
    if kind != "case" or material not in {known.key for known in case.guide.materials}:
        raise Http404
    try:
        drafts.ensure_editable(case, principal)
    except (PermissionDenied, Conflict) as refusal:
        raise FileRefused(str(refusal)) from refusal
    return case, material


def _cases(principal: Principal) -> CaseQuerySet:
    cases = Case.objects.select_related("version")
    return cases.open_to(principal) | cases.fillable_by(principal)


def _unspoken(request: HttpRequest) -> HttpResponse | None:
    """412 for another version of the protocol."""
    if request.headers.get("Tus-Resumable") != VERSION:
        return _reply(412, "只支持 tus 1.0.0", Tus_Version=VERSION)
    return None


def _whole(request: HttpRequest, header: str) -> int | None:
    return wire.whole(request.headers.get(header, ""))


def metadata(text: str) -> dict[str, str]:
    """`filename 5L2g, target Y2Fz` → {"filename": "你", "target": "cas"}; ValueError when not base64 of UTF-8."""
    pairs = (pair.strip().partition(" ") for pair in text.split(",") if pair.strip())
    try:
        said = {key: base64.b64decode(value, validate=True).decode() for key, _, value in pairs}
    except binascii.Error as error:
        raise ValueError("Upload-Metadata") from error
    if "\0" in "".join(said.values()):
        raise ValueError("Upload-Metadata")
    return said


@require_http_methods(["POST", "OPTIONS"])
def collection(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        response = _reply(204, Tus_Version=VERSION, Tus_Extension="creation,termination")
        response["Tus-Max-Size"] = str(settings.UPLOAD_MAX_BYTES)
        return response
    principal = _principal(request)
    if (refusal := _unspoken(request)) is not None:
        return refusal
    size = _whole(request, "Upload-Length")
    try:
        said = metadata(request.headers.get("Upload-Metadata", ""))
    except ValueError:
        return _reply(400, "Upload-Metadata 不合格式")
    target = said.get("target", "")
    if size is None:
        return _reply(400, "缺少 Upload-Length")
    try:
        _case(target, principal)
        upload = uploads.create(owner=principal.key, name=said.get("filename", ""), size=size, target=target)
    except FileRefused as reason:
        return _refusal(reason)
    return _reply(201, Location=reverse("upload", args=[upload.pk]), Upload_Offset=0)


@require_http_methods(["HEAD", "PATCH", "DELETE"])
def item(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    principal = _principal(request)
    if (refusal := _unspoken(request)) is not None:
        return refusal
    try:
        if request.method == "PATCH":
            return _append(request, upload_id, principal)
        if request.method == "DELETE":
            uploads.terminate(upload_id, principal.key)
            return _reply(204)
        return _progress(200, uploads.find(upload_id, principal.key))
    except Upload.DoesNotExist as error:
        raise Http404 from error
    except FileRefused as reason:
        return _refusal(reason)


def _append(request: HttpRequest, upload_id: UUID, principal: Principal) -> HttpResponse:
    offset = _whole(request, "Upload-Offset")
    if request.content_type != PIECE_TYPE:
        return _reply(415, PIECE_TYPE)
    if offset is None:
        return _reply(400, "缺少 Upload-Offset")
    upload = uploads.find(upload_id, principal.key)
    if offset != upload.offset:
        raise uploads.WrongOffset(upload.offset)
    if (_whole(request, "Content-Length") or 0) > upload.size - offset:
        raise TooLarge
    case, material = _case(upload.target, principal)

    def hand_in(file: File) -> None:
        drafts.add_paper(case, material, file, by=principal)

    # Piece by piece, each kept at once: a connection cut in the middle loses at most one piece.
    try:
        for piece in _pieces(request):
            upload = uploads.append(upload_id, principal.key, upload.offset, piece, hand_in)
    except Conflict as conflict:
        return _reply(422, conflict.message)
    return _progress(204, upload)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(uploads.PIECE):
        yield piece


def _progress(status: int, upload: Upload) -> HttpResponse:
    response = _reply(status, Upload_Offset=upload.offset, Upload_Length=upload.size, Cache_Control="no-store")
    if upload.file_id is not None:
        response["X-File"] = str(upload.file_id)
    return response
