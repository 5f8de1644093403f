"""A PDF of ours as pictures of its pages: what a browser prints by itself, the same on every machine.

A browser prints a page of its own; a PDF in a frame depends on its viewer, and headless Chromium dies of it.
"""

from __future__ import annotations

import base64
import io
import threading

import pypdfium2

DPI = 200
# Type, lines, the seal and its shades.
COLOURS = 48
# PDFium keeps its state in the process: one page at a time.
_one_at_a_time = threading.Lock()


def count(pdf: bytes) -> int:
    with _one_at_a_time:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return len(document)
        finally:
            document.close()


def pictures(pdf: bytes) -> list[str]:
    """As addresses of their own (data:), so that no second request can fetch them again."""
    with _one_at_a_time:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [_picture(document[number]) for number in range(len(document))]
        finally:
            document.close()


def _picture(page: pypdfium2.PdfPage) -> str:
    out = io.BytesIO()
    page.render(scale=DPI / 72).to_pil().convert("RGB").quantize(COLOURS).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
