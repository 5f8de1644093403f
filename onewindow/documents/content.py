"""What a file is, decided by its content; the name it came with is only a wish."""

from __future__ import annotations

import re
import struct
import unicodedata
import warnings
import zipfile
import zlib
from typing import BinaryIO

import filetype
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", WEBP: "webp", DOCX: "docx", XLSX: "xlsx", HEIC: "heic"}
IMAGES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
# What phones make and browsers do not show: always turned into JPEG (documents.photos).
PHONES = frozenset({HEIC})
# Shown in the browser; everything else is handed over for saving.
INLINE = frozenset({PDF, JPEG, PNG, WEBP})
ALLOWED = "可以上传 PDF、照片和图片（JPG、PNG、WEBP、HEIC）、Word（.docx）和 Excel（.xlsx）文件"
# The largest picture a phone of today takes is 48 megapixels.
MAX_PIXELS = 50_000_000
NAME_MAX = 80


# What a file made to break its reader raises, besides what the readers promise.
BROKEN = (
    zipfile.BadZipFile, OSError, ValueError, SyntaxError, LookupError, ArithmeticError, TypeError, AttributeError,
    EOFError, NotImplementedError, RecursionError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


class FileRefused(Exception):
    """The file is not taken; the message tells the person why and what to do."""


def kind_of(stream: BinaryIO) -> str:
    """The MIME type, one of EXTENSIONS; `FileRefused` for anything else, for broken pictures and for macros."""
    stream.seek(0)
    head = stream.read(8192)
    if not head:
        raise FileRefused("这个文件是空的，请检查后重新选择。")
    if head.startswith(b"%PDF-"):
        return _pdf(stream)
    if head.startswith(b"PK\x03\x04"):
        return _office(stream)
    guess = filetype.guess_mime(head)
    if guess in IMAGES or guess == "image/heif":
        return _image(stream, HEIC if guess == "image/heif" else guess)
    raise FileRefused(f"这种文件不能上传。{ALLOWED}。")


def _pdf(stream: BinaryIO) -> str:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 2048))
    if b"%%EOF" not in stream.read():
        raise FileRefused("这个 PDF 不完整，可能没有下载完，请重新导出后再上传。")
    return PDF


def _office(stream: BinaryIO) -> str:
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
    except BROKEN as error:
        raise FileRefused("这个文件已损坏，打不开，请重新保存后再上传。") from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("含宏的文件不能上传，请另存为普通的 .docx 或 .xlsx。")
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return DOCX
        if "xl/workbook.xml" in names:
            return XLSX
    raise FileRefused(f"压缩包不能上传，请把里面的文件逐个上传。{ALLOWED}。")


def _image(stream: BinaryIO, mime: str) -> str:
    """Opened and decoded once; a picture whose size in the header is a bomb is refused before any pixel is read."""
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=[IMAGES[mime]]) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise FileRefused("这张图片太大，请把图片缩小到 5000 万像素以内再上传。")
                image.draft("L", (512, 512))
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefused("这张图片太大，请把图片缩小到 5000 万像素以内再上传。") from error
    except BROKEN as error:
        raise FileRefused("这张图片打不开，可能已损坏，请重新拍照或保存后再上传。") from error
    return mime


def safe_name(name: str, mime: str) -> str:
    """A display name: no path, no control characters, at most 80 characters, the extension of the content."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = re.sub(r'[<>:"|?*\s]+', " ", name)
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.strip().lower() not in _SUFFIXES:
        stem = name
    extension = EXTENSIONS[mime]
    stem = stem.strip(" .")[: NAME_MAX - len(extension) - 1] or "文件"
    return f"{stem}.{extension}"


# Suffixes that are dropped for the right one; any other dot belongs to the name ("证明3.1").
_SUFFIXES = {*EXTENSIONS.values(), "jpeg", "jpe", "jfif", "heic", "doc", "xls", "exe", "html", "htm", "svg", "bin"}
