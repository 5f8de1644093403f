"""Taking files in, keeping them by their hash, and handing them out without letting them act."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase

from onewindow.documents import content, photos
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File
from onewindow.documents.scanners import ScannerUnavailable, scanner

log = logging.getLogger(__name__)
CHUNK = 256 * 1024
# Papers of acts are made here, not handed in.
SYSTEM = "system:documents"
# Safari shows an empty window for a sandboxed PDF and Chrome drops the policy for one, so PDFs do without `sandbox`:
# their type is checked on the way in and fixed on the way out.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


class TooLarge(FileRefused):
    """HTTP 413."""

    def __init__(self) -> None:
        super().__init__(f"文件太大：每个文件不能超过 {settings.UPLOAD_MAX_BYTES // 1024 // 1024} MB。")


def store(source: BinaryIO | bytes, name: str, owner: str) -> File:
    """Take a file in, or `FileRefused` with the reason in words. `owner` is the key of who brought it ("user:7")."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    with tempfile.TemporaryFile(dir=_folder("incoming")) as kept:
        digest, size = _copy(stream, kept)
        mime = content.kind_of(kept)
        state = _look(kept, name, owner)
        tidy = _tidied(kept, mime)
        if tidy is not None:
            digest, size, mime = hashlib.sha256(tidy).hexdigest(), len(tidy), content.JPEG
        _place(kept if tidy is None else io.BytesIO(tidy), digest)
    return File.objects.create(
        name=content.safe_name(name, mime), mime=mime, size=size, sha256=digest, scan=state, owner=owner
    )


def _tidied(kept: BinaryIO, mime: str) -> bytes | None:
    """A photograph is turned, shrunk and freed of the place it was taken at; everything else stays to the byte."""
    if mime not in content.IMAGES:
        return None
    try:
        return photos.tidied(kept, mime)
    except content.BROKEN as error:
        raise FileRefused("这张图片打不开，可能已损坏，请重新拍照或保存后再上传。") from error


def keep_made(pdf: bytes, name: str) -> File:
    """Keep a PDF the program made itself."""
    digest = hashlib.sha256(pdf).hexdigest()
    _place(io.BytesIO(pdf), digest)
    name = content.safe_name(name, content.PDF)
    return File.objects.create(
        name=name, mime=content.PDF, size=len(pdf), sha256=digest, scan=File.Scan.CLEAN, owner=SYSTEM
    )


def keep_content(source: BinaryIO, digest: str) -> None:
    """What another of our own machines took in already: to the byte, or `FileRefused` when it is not what was said."""
    with tempfile.TemporaryFile(dir=_folder("incoming")) as kept:
        found, _ = _copy(source, kept)
        if found != digest:
            raise FileRefused("内容和哈希不符，没有收下。")
        _place(kept, digest)


def _folder(name: str) -> Path:
    path = settings.MEDIA_ROOT / name
    path.mkdir(mode=0o750, parents=True, exist_ok=True)
    return path


def path_of(digest: str) -> Path:
    return settings.MEDIA_ROOT / digest[:2] / digest[2:]


def _copy(stream: BinaryIO, kept: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            raise TooLarge
        digest.update(chunk)
        kept.write(chunk)
    return digest.hexdigest(), size


def _look(kept: BinaryIO, name: str, owner: str) -> str:
    kept.seek(0)
    try:
        finding = scanner().scan(kept)
    except ScannerUnavailable as error:
        log.warning("病毒检查服务不可用，文件等待检查：%s", error)
        return File.Scan.WAITING
    if finding.infected:
        log.warning("拒收含有害内容的文件：%s，来自 %s，%s", content.safe_name(name, content.PDF), owner, finding.name)
        raise FileRefused("这个文件含有有害内容，没有接收。请先在自己的电脑或手机上查杀病毒。")
    return File.Scan.CLEAN


def _place(source: BinaryIO, digest: str) -> None:
    """Content lies on disk once, under its hash, without execution bits; a half-written file never has the name."""
    path = path_of(digest)
    if path.exists():
        return
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=_folder("incoming"))
    with os.fdopen(handle, "wb") as target:
        source.seek(0)
        while chunk := source.read(CHUNK):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    Path(temporary).chmod(0o640)
    Path(temporary).replace(path)


def fault_of(file: File) -> str:
    """ "lost" or "altered" on disk since it was taken in; "" when it is what it was."""
    try:
        with path_of(file.sha256).open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return "lost"
    return "" if same else "altered"


class FileLost(Http404):
    """The row is there, its content is not on disk (`onewindow documents verify` lists them)."""


def open_file(file: File) -> BinaryIO:
    """Raises FileLost, for a page a 404 and not a fault of the program."""
    try:
        return path_of(file.sha256).open("rb")
    except FileNotFoundError as error:
        log.error("文件内容不在磁盘上：%s %s", file.pk, file.sha256)
        raise FileLost("这个文件的内容读不到了，请联系工作人员。") from error


def scan(file: File) -> str:
    """Look at a stored file again (a scanner was away, signatures are newer); the state is kept and returned."""
    try:
        with open_file(file) as stream:
            finding = scanner().scan(stream)
    except ScannerUnavailable as error:
        log.warning("病毒检查服务不可用：%s", error)
        return file.scan
    except FileLost:
        return file.scan
    file.scan = File.Scan.INFECTED if finding.infected else File.Scan.CLEAN
    # Every row with this content gets the same answer.
    File.objects.filter(sha256=file.sha256).update(scan=file.scan)
    return file.scan


def scan_waiting(limit: int = 200) -> int:
    """For the worker: files that came while the scanner was away; returns how many were settled."""
    waiting = File.objects.filter(scan=File.Scan.WAITING).order_by("created_at")[:limit]
    return sum(scan(file) != File.Scan.WAITING for file in waiting)


def serve(file: File) -> HttpResponseBase:
    """A response that cannot act: typed by its content, saved rather than shown unless PDF or image.

    Whoever calls this has already decided that the person may see the file.
    """
    if file.scan == File.Scan.WAITING:
        return HttpResponse(
            "这个文件还在做安全检查，请过几分钟再看。", status=409, content_type="text/plain; charset=utf-8"
        )
    if file.scan == File.Scan.INFECTED:
        return HttpResponse("这个文件含有有害内容，不能打开。", status=403, content_type="text/plain; charset=utf-8")
    try:
        stream = open_file(file)
    except FileLost as lost:
        return HttpResponse(str(lost), status=404, content_type="text/plain; charset=utf-8")
    inline = file.mime in content.INLINE
    response = FileResponse(stream, as_attachment=not inline, filename=file.name, content_type=file.mime)
    response["Content-Security-Policy"] = POLICY if file.mime == content.PDF else f"sandbox; {POLICY}"
    # Pages of our own may show it beside the case.
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
