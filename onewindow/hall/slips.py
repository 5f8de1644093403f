"""号票 on paper: drawn as a picture and sent as ESC/POS to the device's printer (TCP 9100).

As a picture, because the Chinese font of a cheap printer is a matter of luck: one model wants GBK after `FS &`, another
GB18030 by a switch under its lid, an imported one has no Chinese at all, and none has the rare characters of names.
The raster command GS v 0 is known to all of them. A ticket of 576 dots is about 45 KB, a second of printing.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import segno
from escpos.exceptions import Error
from escpos.printer import Network
from PIL import Image, ImageDraw, ImageFont

from onewindow.documents.typesetting import FONTS
from onewindow.hall.models import Device

FONT = next(FONTS.glob("*.otf"))
# A printer that does not answer the door in so many seconds is off.
PATIENCE = 3
# Real-time status (DLE EOT n): cheap printers do not answer it, then the ticket is sent all the same.
ANSWER = 0.6
PAPER, OFFLINE = b"\x10\x04\x04", b"\x10\x04\x02"
PAPER_END, COVER_OPEN = 0x60, 0x04


class NotPrinted(Exception):
    """In words for whoever stands at the device."""


@dataclass(frozen=True)
class Slip:
    site: str
    number: str
    queue: str
    wait: str
    moment: str
    # The page of the number.
    address: str


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


def draw(slip: Slip, dots: int) -> Image.Image:
    """Black on white, as wide as the printer's line; every row of text as large as fits."""
    unit = dots / 576
    rows: list[tuple[str, float]] = [
        (slip.site, 34), (slip.number, 150), (slip.queue, 40), (slip.wait, 32),
        ("扫码看还有几人", 28), (slip.moment, 28),
    ]  # fmt: skip
    code = _code(slip.address, round(240 * unit))
    picture = Image.new("L", (dots, round(1100 * unit)), 255)
    pen, top = ImageDraw.Draw(picture), round(12 * unit)
    for text, size in rows:
        if text == "扫码看还有几人":
            picture.paste(code, ((dots - code.width) // 2, top + round(8 * unit)))
            top += code.height + round(20 * unit)
        font = _fitting(text, round(size * unit), dots)
        left, upper, right, lower = font.getbbox(text)
        pen.text(((dots - (right - left)) / 2 - left, top - upper), text, font=font, fill=0)
        top += round(lower - upper + 18 * unit)
    return picture.crop((0, 0, dots, top + round(10 * unit))).point(lambda grey: 255 if grey > 128 else 0, mode="1")


def _fitting(text: str, size: int, width: int) -> ImageFont.FreeTypeFont:
    while size > 14 and _font(size).getlength(text) > width - 8:
        size -= 2
    return _font(size)


def _code(address: str, width: int) -> Image.Image:
    """Whole dots for a module, or a reader cannot tell them apart."""
    made = segno.make(address, error="m", micro=False)
    modules = made.symbol_size(border=2)[0]
    out = io.BytesIO()
    made.save(out, kind="png", scale=max(3, width // modules), border=2)
    return Image.open(out).convert("L")


def send(slip: Slip, device: Device) -> None:
    """To the printer, once; `NotPrinted` when it is off, without paper or open."""
    printer = Network(device.printer_host or "", port=device.printer_port, timeout=PATIENCE)
    try:
        printer.open()
        _ensure_ready(printer)
        printer.hw("INIT")
        printer.image(draw(slip, device.printer_dots), impl="bitImageRaster")
        printer.cut(feed=True)
    except (Error, OSError) as error:
        raise NotPrinted("打印机没有反应。") from error
    finally:
        printer.close()


def _ensure_ready(printer: Network) -> None:
    paper, offline = _asked(printer, PAPER), _asked(printer, OFFLINE)
    if paper & PAPER_END == PAPER_END:
        raise NotPrinted("打印机没有纸了。")
    if offline & COVER_OPEN:
        raise NotPrinted("打印机的盖子没有盖好。")


def _asked(printer: Network, status: bytes) -> int:
    printer.device.settimeout(ANSWER)
    try:
        printer._raw(status)
        with suppress(TimeoutError):
            answer = printer._read()
            return answer[-1] if answer else 0
        return 0
    finally:
        printer.device.settimeout(PATIENCE)
