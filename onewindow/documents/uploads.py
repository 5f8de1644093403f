"""Resumable uploads, the core of tus 1.0 (https://tus.io/protocols/resumable-upload): what has arrived is kept.

Who asks for another's upload is told that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from onewindow.documents import files
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File, Upload
from onewindow.kernel import clock, limits

# Unfinished uploads one person may have: more is a fault of the page or somebody filling the disk.
OPEN_MAX = 50
# Most bytes taken by one `append`: its row is locked while they are written.
PIECE = 1024 * 1024


# Files one person may hand in on a day; a building permit takes some sixty.
FILES_A_DAY = 300


class WrongOffset(FileRefused):
    """The piece does not start where the upload ends (HTTP 409): somebody else was faster, or a reply was lost."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"上传位置不对：应从第 {offset} 字节继续。")
        self.offset = offset


def count(owner: str) -> None:
    """Before each file that comes over the web: nobody fills the disk. A program's files are counted by its token."""
    if not limits.hit(f"files:{owner}", limit=FILES_A_DAY, per=timedelta(days=1)):
        raise FileRefused("今天上传的文件太多了，请明天再传，或者带原件到窗口办理。")


def create(*, owner: str, name: str, size: int, target: str) -> Upload:
    """Announce a file of `size` bytes; `target` says where it belongs and is checked by whoever finishes the matter."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise files.TooLarge
    if size < 1:
        raise FileRefused("这个文件是空的，请检查后重新选择。")
    count(owner)
    if Upload.objects.filter(owner=owner, file=None).count() >= OPEN_MAX:
        raise FileRefused("没有传完的文件太多，请先完成或取消一些，再上传新的。")
    name = "".join(char for char in name if char.isprintable())
    return Upload.objects.create(owner=owner, name=name[-120:] or "文件", size=size, target=target)


def find(upload_id: UUID, owner: str) -> Upload:
    """Raises Upload.DoesNotExist for a stranger."""
    return Upload.objects.get(pk=upload_id, owner=owner)


def append(
    upload_id: UUID, owner: str, offset: int, piece: bytes, finished: Callable[[File], object] | None = None
) -> Upload:
    """Add a piece at `offset`; the last one makes the File. Of two pieces for the same place one wins (row lock).

    `finished` puts the File where it belongs, in the same transaction: if that fails the last piece was not taken.
    """
    try:
        with transaction.atomic():
            upload = Upload.objects.select_for_update().get(pk=upload_id, owner=owner)
            if offset != upload.offset:
                raise WrongOffset(upload.offset)
            if offset + len(piece) > upload.size:
                raise files.TooLarge
            _write(upload, offset, piece)
            upload.offset += len(piece)
            if upload.offset == upload.size and upload.file is None:
                upload.file = _finish(upload)
                if finished is not None:
                    finished(upload.file)
            upload.save(update_fields=["offset", "file"])
    except _Refused as refused:
        terminate(upload_id, owner)
        raise refused.reason from None
    if upload.file is not None:
        _partial(upload_id).unlink(missing_ok=True)
    return upload


def terminate(upload_id: UUID, owner: str) -> None:
    """Give an upload up. A file that is already whole stays: it may be in use."""
    with transaction.atomic():
        Upload.objects.select_for_update().get(pk=upload_id, owner=owner).delete()
        _partial(upload_id).unlink(missing_ok=True)


def purge_partial(older_than: timedelta) -> int:
    """For the worker: forget uploads that nobody finished; returns how many."""
    stale = Upload.objects.filter(file=None, created_at__lt=clock.now() - older_than)
    with transaction.atomic():
        gone = list(stale.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Upload.objects.filter(pk__in=gone).delete()
        for upload_id in gone:
            _partial(upload_id).unlink(missing_ok=True)
    return len(gone)


class _Refused(Exception):
    """Carries the refusal of the whole file out of the transaction, whose rows are then dropped."""

    def __init__(self, reason: FileRefused) -> None:
        super().__init__(reason)
        self.reason = reason


def _partial(upload_id: UUID) -> Path:
    return settings.MEDIA_ROOT / "partial" / str(upload_id)


def _write(upload: Upload, offset: int, piece: bytes) -> None:
    """At its place, so that bytes of a piece whose transaction failed are overwritten."""
    path = _partial(upload.pk)
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    path.touch(mode=0o640)
    with path.open("r+b") as partial:
        partial.seek(offset)
        partial.write(piece)
        partial.truncate()


def _finish(upload: Upload) -> File:
    try:
        with _partial(upload.pk).open("rb") as whole:
            return files.store(whole, upload.name, upload.owner)
    except FileRefused as reason:
        raise _Refused(reason) from reason
