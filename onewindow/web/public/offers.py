"""What the home page offers before anybody has searched: data/xindu/home.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.conf import settings

from onewindow.catalogue.models import Item


@dataclass(frozen=True)
class Tile:
    item: Item
    words: str


@cache
def _home() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((settings.DATA_DIR / "home.yaml").read_text(encoding="utf-8"))
    return content


def often() -> list[str]:
    """Item codes in the order they are offered."""
    return list(_home()["often"])


def tiles() -> list[Tile]:
    """The large buttons of the plain home page, items that exist here."""
    wanted = [(row["code"], row["words"]) for row in _home()["elder"]]
    items = Item.objects.filter(current__isnull=False).in_bulk([code for code, _ in wanted])
    return [Tile(items[code], words) for code, words in wanted if code in items]
