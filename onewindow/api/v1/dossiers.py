"""Dossiers 卷宗: a case as one file that verifies offline."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.http import StreamingHttpResponse
from ninja import Router

from onewindow.api.auth import READ, Request, count
from onewindow.api.problems import Problem
from onewindow.api.v1.cases import own_case
from onewindow.cases import dossier

router = Router()
PER_HOUR = 30
BINARY = {"schema": {"type": "string", "format": "binary"}}
DOWNLOAD = {"responses": {200: {"description": "ZIP", "content": {"application/zip": BINARY}}}}


@router.get("/cases/{number}/dossier", auth=READ, openapi_extra=DOWNLOAD)
def show(request: Request, number: str) -> StreamingHttpResponse:
    """下载卷宗：账本记录、文书、证照、材料、公钥和核验程序装在一个 ZIP 里，改动一个字节都能查出。每次下载记入账本。"""
    case = own_case(request, number)
    count(f"dossier:{request.auth.user_id}", PER_HOUR, timedelta(hours=1))
    try:
        made = dossier.export(case, by=request.auth)
    except ValueError as problem:
        raise Problem("conflict", str(problem)) from problem
    response = StreamingHttpResponse(made.chunks, content_type="application/zip")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(made.name)}"
    response["Cache-Control"] = "private, no-store"
    return response
