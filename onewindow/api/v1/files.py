"""Files 材料 handed in for a case, and the papers 文书 and certificates it was answered with."""

from __future__ import annotations

from typing import Annotated, BinaryIO, cast
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from ninja import File, Router
from ninja.files import UploadedFile

from onewindow.api.auth import READ, WRITE, Request
from onewindow.api.idempotency import Key, once
from onewindow.api.problems import not_found
from onewindow.api.v1 import track
from onewindow.api.v1.cases import own_case
from onewindow.cases import notices, timeline
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case
from onewindow.documents import files, papers
from onewindow.kernel.models import Entry

router = Router()
Handed = Annotated[UploadedFile, File(description="PDF、图片、Word（.docx）或 Excel（.xlsx）")]
BINARY = {"schema": {"type": "string", "format": "binary"}}
DOWNLOAD = {"responses": {200: {"description": "PDF", "content": {"application/pdf": BINARY}}}}
NO_FILE, NO_PAPER = "这个办件没有这个文件。", "这一步没有出具文书。"


@router.post("/cases/{number}/materials/{key}", response={201: track.FileOfCase}, auth=WRITE)
def create(request: Request, number: str, key: str, mark: Key, file: Handed) -> JsonResponse:
    """上传一份材料（multipart/form-data，字段名 file）；同一材料可以上传多份。"""
    case = own_case(request, number)
    return once(request, mark, 201, lambda: _add(request, case, key, file))


def _add(request: Request, case: Case, key: str, file: UploadedFile) -> track.FileOfCase:
    by = request.auth
    names = {material.key: material.name for material in case.guide.materials}
    if key not in names:
        raise not_found("这个事项没有这份材料。材料的 key 见 GET /api/v1/items/{code}。")
    drafts.ensure_editable(case, by)
    stored = files.store(cast(BinaryIO, file), file.name or key, by.key)
    return track.file_reply(drafts.add_paper(case, key, stored, by=by), names)


@router.get("/cases/{number}/files/{file}", auth=READ, openapi_extra=DOWNLOAD)
def show(request: Request, number: str, file: UUID) -> HttpResponseBase:
    """下载上传过的材料。"""
    paper = own_case(request, number).papers.filter(pk=file).select_related("file").first()
    if paper is None or paper.file is None:
        raise not_found(NO_FILE)
    return files.serve(paper.file)


@router.delete("/cases/{number}/files/{file}", response={204: None}, auth=WRITE)
def delete(request: Request, number: str, file: UUID) -> HttpResponse:
    """从申请中取出一份材料；提交后不能再取。重复请求没有影响。"""
    case = own_case(request, number)
    paper = case.papers.filter(pk=file).first()
    if paper is None:
        raise not_found(NO_FILE)
    if paper.removed_at is None:
        drafts.remove_paper(case, paper, by=request.auth)
    return HttpResponse(status=204)


@router.get("/cases/{number}/papers/{entry}", auth=READ, openapi_extra=DOWNLOAD)
def paper(request: Request, number: str, entry: int) -> HttpResponseBase:
    """某一步出具的文书（PDF，带电子印章）。"""
    case = own_case(request, number)
    row = Entry.objects.filter(pk=entry, kind="case", subject=case.number).first()
    found = notices.paper_of(row) if row else None
    if found is None:
        raise not_found(NO_PAPER)
    return files.serve(papers.paper_pdf(found))


@router.get("/cases/{number}/certificate", auth=READ, openapi_extra=DOWNLOAD)
def certificate(request: Request, number: str) -> HttpResponseBase:
    """办结后的电子证照（PDF，带电子印章）。"""
    found = timeline.certificate(own_case(request, number))
    if found is None:
        raise not_found("这个办件还没有证照。")
    return files.serve(papers.certificate_pdf(found))
