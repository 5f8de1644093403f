"""Photographs of papers: upright, of a size one can read and send, without the place where they were taken."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

from PIL import Image, ImageOps

from onewindow.documents import content
from onewindow.documents.content import FileRefused

# An A4 page of 2,600 px has 220 dpi: small print stays legible, and a 12-megapixel photograph shrinks to about 1 MB.
LONGEST, QUALITY = 2600, 82
SMALL = 320
# Smaller pictures without EXIF are kept to the byte.
LEAVE_BELOW = 1_500_000
A4 = (1654, 2339)


def tidied(stream: BinaryIO, mime: str) -> bytes | None:
    """The picture as JPEG: turned as it was held, at most LONGEST px, EXIF (with the place) left out.

    None when the file may stay as it is.
    """
    with _open(stream, mime) as image:
        heavy = stream.seek(0, 2) > LEAVE_BELOW or max(image.size) > LONGEST
        if mime not in content.PHONES and not heavy and not image.getexif():
            return None
        return _jpeg(_fit(_plain(ImageOps.exif_transpose(image)), LONGEST))


def turned(stream: BinaryIO, mime: str, quarters: int) -> bytes:
    """A quarter turn clockwise for each of `quarters`."""
    with _open(stream, mime) as image:
        upright = _plain(ImageOps.exif_transpose(image))
        return _jpeg(upright.rotate(-90 * (quarters % 4), expand=True))


def small(stream: BinaryIO, mime: str) -> bytes:
    """To see which page it is and how it lies."""
    with _open(stream, mime) as image:
        image.draft("RGB", (SMALL * 2, SMALL * 2))
        return _jpeg(_fit(_plain(ImageOps.exif_transpose(image)), SMALL), quality=70)


def bound(pages: Sequence[tuple[BinaryIO, str]]) -> bytes:
    """Several photographs as one PDF, a page each, every page A4 with the picture as large as it goes."""
    sheets = []
    for stream, mime in pages:
        with _open(stream, mime) as image:
            upright = _plain(ImageOps.exif_transpose(image))
            size = A4 if upright.height >= upright.width else A4[::-1]
            sheets.append(ImageOps.pad(upright, size, color="white"))
    pdf = io.BytesIO()
    sheets[0].save(pdf, "PDF", save_all=True, append_images=sheets[1:], resolution=200, quality=QUALITY)
    return pdf.getvalue()


def _open(stream: BinaryIO, mime: str) -> Image.Image:
    stream.seek(0)
    try:
        return Image.open(stream, formats=[content.IMAGES[mime]])
    except content.BROKEN as error:
        raise FileRefused("这张图片打不开，可能已损坏，请重新拍照或保存后再上传。") from error


def _plain(image: Image.Image | None) -> Image.Image:
    """RGB on white: JPEG knows no transparency."""
    assert image is not None
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        sheet = Image.new("RGB", image.size, "white")
        layer = image.convert("RGBA")
        sheet.paste(layer, mask=layer.getchannel("A"))
        return sheet
    return image.convert("RGB")


def _fit(image: Image.Image, longest: int) -> Image.Image:
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return image


def _jpeg(image: Image.Image, quality: int = QUALITY) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
