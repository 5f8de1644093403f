"""Pages by key: a deep page costs no more than the first, and rows that come meanwhile shift nothing."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from ninja import Field, Schema

T = TypeVar("T", bound=Model)


class Page(Schema):
    limit: int = Field(50, ge=1, le=100, description="每页条数")
    after: str = Field("", max_length=60, description="上一页 next 的值；第一页不填")


def cut(rows: QuerySet[T] | list[T], limit: int, key: str) -> tuple[list[T], str | None]:
    """One page of the ordered rows, and the key (a field's name) the next page begins after; None at the end."""
    found = list(rows[: limit + 1])
    return found[:limit], getattr(found[limit - 1], key) if len(found) > limit else None
