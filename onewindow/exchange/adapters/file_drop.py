"""Files laid into a shared folder (an SFTP directory, a gatekeeper 网闸): CSV out, CSV in.

`out/<number>.csv` is one case, `out/<number>/` its files; `in/*.csv` are words. Files appear whole: written under
another name, then renamed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from django.conf import settings
from pydantic import Field, ValidationError

from onewindow.exchange.adapters.base import (
    AdapterOptions,
    Attached,
    Finding,
    Parcel,
    Polled,
    Quiet,
    Receipt,
    Unsent,
    Word,
)
from onewindow.kernel import clock
from onewindow.kernel.forms.schema import Said

OUT = ("本平台编号", "事项编号", "事项名称", "提交时间", "申请人", "证件号码", "电话", "表单", "材料文件")
IN = {
    "消息号": "id", "本平台编号": "number", "外部编号": "external", "状态": "status", "时间": "at", "说明": "words",
    "事项编号": "item", "申请人": "applicant",
}  # fmt: skip
STATUSES = {
    "已收到": "received", "已受理": "accepted", "要求补正": "correcting", "办理中": "working", "已决定": "decided",
    "准予": "granted", "不予": "denied", "其他": "other",
}  # fmt: skip
MOST_BYTES, MOST_FILES = 5 * 1024 * 1024, 50


class FileDropOptions(AdapterOptions):
    folder: Annotated[str, Said("目录名", "在 ONEWINDOW_EXCHANGE_DIR 之下，小写字母、数字和连字符")] = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"
    )
    person: Annotated[bool, Said("写申请人的姓名、证件号码和电话", "对方办理需要才勾选")] = False
    fields: Annotated[tuple[str, ...], Said("要写的表单字段", "每行一个字段代号；空着就是不写")] = ()
    files: Annotated[bool, Said("材料文件也放进目录", "对方办理需要才勾选；放在 out 下以办件编号为名的目录里")] = False


class NoSecrets(AdapterOptions):
    pass


class FileDrop(Quiet):
    title: ClassVar[str] = "文件交换（CSV 目录）"
    about: ClassVar[str] = "办件写成 CSV 放进 out 目录，对方把进展写成 CSV 放进 in 目录。适合网闸、SFTP 目录。"
    sandbox: ClassVar[bool] = False
    Options: ClassVar[type[AdapterOptions]] = FileDropOptions
    Secrets: ClassVar[type[AdapterOptions]] = NoSecrets

    def __init__(self, key: str, options: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        super().__init__(key)
        self.options = FileDropOptions.model_validate(options)

    def _folder(self, name: str) -> Path:
        path: Path = settings.EXCHANGE_DIR / self.options.folder / name
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
        return path

    def send(self, parcel: Parcel) -> Receipt:
        """Laid down once under the case's number; what they call it comes in a file of theirs."""
        person = parcel.applicant if self.options.person else {}
        fields = [name for name in self.options.fields if name in parcel.form]
        form = "；".join(f"{name}={parcel.form[name]}" for name in fields)
        row = [
            parcel.number, parcel.item["code"], parcel.item["name"], parcel.submitted_at.isoformat(),
            person.get("name", ""), person.get("number", ""), person.get("phone", ""), form,
        ]  # fmt: skip
        files = parcel.files if self.options.files else ()
        row.append("；".join(_name(n, file) for n, file in enumerate(files, start=1)))
        try:
            for n, file in enumerate(files, start=1):  # before the row that names them
                with file.open() as source:
                    _whole(self._folder(f"out/{parcel.number}") / _name(n, file), source.read())
            _lay(self._folder("out") / f"{parcel.number}.csv", [list(OUT), row])
        except OSError as error:
            raise Unsent(f"写不进交换目录：{error.strerror}") from error
        person_too = ("申请人",) if self.options.person else ()
        return Receipt("", (*person_too, *fields, *(("材料文件",) if files else ())))

    def poll(self, cursor: str) -> Polled:
        words: list[Word] = []
        faults: dict[Path, list[list[str]]] = {}
        try:
            files = sorted(path for path in self._folder("in").glob("*.csv") if path.is_file())[:MOST_FILES]
            for path in files:
                faults[path] = self._read(path, words)
        except OSError as error:
            raise Unsent(f"读不了交换目录：{error.strerror}") from error
        told = [f"{path.name} 第 {row[0]} 行：{row[1]}" for path, rows in faults.items() for row in rows]
        return Polled(words, cursor, lambda: self._settle(faults), told)

    def _read(self, path: Path, words: list[Word]) -> list[list[str]]:
        """Words that can be read are added; the others as [row number, why, cells …]."""
        if path.stat().st_size > MOST_BYTES:
            return [["1", "文件超过 5 MB"]]
        faults: list[list[str]] = []
        rows = list(csv.reader(io.StringIO(_text(path.read_bytes()))))
        header = [cell.strip() for cell in rows[0]] if rows else []
        if missing := [name for name in ("外部编号", "状态", "时间") if name not in header]:
            return [["1", f"缺少列 {'、'.join(missing)}"]]
        for line, cells in enumerate(rows[1:], start=2):
            if not any(cells):
                continue
            try:
                words.append(_word(dict(zip(header, (cell.strip() for cell in cells), strict=False))))
            except ValueError as problem:
                faults.append([str(line), str(problem), *cells])
        return faults

    def _settle(self, faults: Mapping[Path, list[list[str]]]) -> None:
        for path, rows in faults.items():
            if rows:
                _lay(self._folder("faults") / path.name, [["行号", "原因"], *rows])
            if path.exists():
                path.replace(self._folder("done") / path.name)

    def check(self) -> list[Finding]:
        found = []
        for name, what in (("out", "送出目录"), ("in", "收取目录")):
            try:
                path = self._folder(name)
                with tempfile.TemporaryFile(dir=path):
                    pass
                waiting = len(list(path.glob("*.csv")))
                found.append(Finding(what, True, f"可以读写，现有 {waiting} 个文件：{path}"))
            except OSError as error:
                found.append(Finding(what, False, f"{error.strerror}：{settings.EXCHANGE_DIR / self.options.folder}"))
        return found


def _text(data: bytes) -> str:
    """Excel on Chinese machines saves CSV as GB 18030."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _word(cells: Mapping[str, str]) -> Word:
    said = {name: cells.get(column, "") for column, name in IN.items()}
    said["status"] = STATUSES.get(said["status"], said["status"])
    said["id"] = said["id"] or hashlib.sha256("\0".join(said.values()).encode()).hexdigest()[:40]
    try:
        at = datetime.fromisoformat(said["at"].replace("/", "-"))
    except ValueError as error:
        raise ValueError(f"时间写不对：{said['at'] or '空着'}，应如 2026-11-28 10:00") from error
    try:
        return Word.model_validate(said | {"at": at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)})
    except ValidationError as error:
        column = next((column for column, name in IN.items() if name == error.errors()[0]["loc"][0]), "")
        raise ValueError(f"“{column}”不对：{cells.get(column) or '空着'}") from error


def _name(nth: int, file: Attached) -> str:
    """Display names have no path in them (documents.content.safe_name); two papers may bear the same."""
    return f"{nth:02d}-{file.name}"


def _lay(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    _whole(path, text.getvalue().encode("utf-8-sig"))


def _whole(path: Path, data: bytes) -> None:
    """Whole or not at all: whoever watches the folder never reads half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).chmod(0o640)
    Path(temporary).replace(path)
