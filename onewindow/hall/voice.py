"""语音叫号: the parts of an announcement as files, made once; the page joins them.

A hall that has its own recordings puts them in their place: files of the same names are never written over.
"""

from __future__ import annotations

import hashlib
import string
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# File → what is said. “请 A 零 零 一 号 到 A 零 一 号窗口”.
PARTS = {"please": "请", "number": "号", "to": "到", "window": "号窗口"}
PARTS |= dict(zip(string.digits, "零一二三四五六七八九", strict=True)) | {sign: sign for sign in string.ascii_uppercase}


def folder() -> Path:
    return Path(settings.VAR_DIR) / "voice"


def path_of(part: str) -> Path:
    return folder() / f"{part}.wav"


def missing() -> list[str]:
    return [part for part in PARTS if not path_of(part).is_file()]


def edition() -> str:
    """Changes with the files, so that browsers may keep them for ever; empty while some are missing."""
    try:
        return _edition(tuple((part, path_of(part).stat().st_mtime_ns) for part in PARTS))
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=4)
def _edition(files: tuple[tuple[str, int], ...]) -> str:
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]
