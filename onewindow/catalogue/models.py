"""Items 事项 and their immutable versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.db import models

from onewindow.catalogue.checklist import Checklist, checklist
from onewindow.catalogue.guide import Guide
from onewindow.kernel import clock


class Item(models.Model):
    """A service item. What lists and search need is copied here from the current version."""

    code = models.CharField(max_length=50, primary_key=True)
    name = models.CharField(max_length=255)
    short_name = models.CharField(max_length=255, blank=True)
    name_en = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=20)
    core = models.BooleanField(default=True)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="items")
    target = models.JSONField(default=list)
    themes = models.JSONField(default=list)
    complete = models.BooleanField(default=False)
    online_depth = models.PositiveSmallIntegerField(default=1)
    current = models.ForeignKey("ItemVersion", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def guide(self) -> Guide:
        """Of the current version; an item has one from its first loading on."""
        assert self.current is not None
        return self.current.guide


class ItemVersion(models.Model):
    """One published state of an item; never changed (a trigger refuses it). A case keeps the one it was filed under."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="version_one_per_number")]
        ordering = ["item", "-number"]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.number}"

    @cached_property
    def guide(self) -> Guide:
        return _guide(self.pk, self) if self.pk else Guide.model_validate(self.body)

    def checklist(self, answers: Mapping[str, Any]) -> Checklist:
        return checklist(self.guide, answers)


_guides: dict[int, Guide] = {}


def _guide(pk: int, version: ItemVersion) -> Guide:
    """Versions never change, so a parsed guide is kept for the life of the process."""
    guide = _guides.get(pk)
    if guide is None:
        if len(_guides) > 4000:
            _guides.clear()
        guide = _guides[pk] = Guide.model_validate(version.body)
    return guide
