"""Items 事项 and their immutable versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db import models

from onewindow.catalogue.checklist import Checklist, ListedMaterial, checklist
from onewindow.catalogue.guide import Guide
from onewindow.kernel import clock, numbers


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


class SavedList(models.Model):
    """ "My checklist" kept 清单: whoever has its number may open and tick it; it holds answers, never a name or number.

    It keeps the version it was made from, so that what somebody has collected for a week does not change unnoticed.
    """

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    # Keys of the papers that lie ready at home.
    ticked = models.JSONField(default=list)
    owner = models.ForeignKey("accounts.User", models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    opened_on = models.DateField(default=clock.today)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"]), models.Index(fields=["opened_on"])]

    def __str__(self) -> str:
        return self.number

    @property
    def checklist(self) -> Checklist:
        return self.version.checklist(self.answers)

    @property
    def is_current(self) -> bool:
        return self.version_id == self.item.current_id

    @property
    def to_bring(self) -> tuple[ListedMaterial, ...]:
        return tuple(row for row in self.checklist.materials if row.status in {"bring", "unknown"})

    @property
    def query(self) -> str:
        """The answers as an address carries them to guide, leaflet, application and window."""
        said = {True: "yes", False: "no"}
        return urlencode({k: said[v] if isinstance(v, bool) else v for k, v in self.answers.items()})

    @property
    def left(self) -> int:
        """How many papers are still to be collected."""
        return sum(row.key not in self.ticked for row in self.to_bring)


_guides: dict[int, Guide] = {}


def _guide(pk: int, version: ItemVersion) -> Guide:
    """Versions never change, so a parsed guide is kept for the life of the process."""
    guide = _guides.get(pk)
    if guide is None:
        if len(_guides) > 4000:
            _guides.clear()
        guide = _guides[pk] = Guide.model_validate(version.body)
    return guide
