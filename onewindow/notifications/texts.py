"""Texts of notices as data: data/<district>/notices.yaml, code → text with {placeholders}."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings


@cache
def _load(path: Path) -> dict[str, str]:
    texts: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return texts


def codes() -> list[str]:
    return sorted(_load(settings.DATA_DIR / "notices.yaml"))


def render(code: str, context: dict[str, Any]) -> str:
    """KeyError when the text or one of its placeholders is missing: a notice with a hole is never sent."""
    return _load(settings.DATA_DIR / "notices.yaml")[code].format_map(context | {"district": settings.DISTRICT_NAME})
