"""What was handed in for a case."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onewindow.cases.models.case import Case
from onewindow.documents.content import IMAGES
from onewindow.kernel import clock


class CasePaper(models.Model):
    """A file handed in for one of the case's materials."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    material = models.CharField(max_length=60)
    # What the paper is called in the guide: other items ask for it by the same name.
    title = models.CharField(max_length=200, blank=True)
    file = models.ForeignKey("documents.File", models.PROTECT, null=True, blank=True, related_name="case_papers")
    # Paper seen at the window instead of a file: "original", "copy".
    paper_form = models.CharField(max_length=20, blank=True)
    # Taken from what was there before: "paper:<id>" or "certificate:<number>" (cases.vault); empty: handed in anew.
    taken_from = models.CharField(max_length=100, blank=True)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "material"])]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "material", "file", "paper_form"], name="case_paper_once",
                condition=Q(removed_at__isnull=True), nulls_distinct=False,
            )
        ]  # fmt: skip
        ordering = ["added_at"]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.material}"

    @property
    def is_photo(self) -> bool:
        return self.file is not None and self.file.mime in IMAGES
