"""换版: how far the rule of a new version has been carried out on the applications under way."""

from __future__ import annotations

from django.db import models

from onewindow.kernel import clock


class Changeover(models.Model):
    """One a published version; its row is the lock and the bookmark of the worker that carries it out."""

    version = models.OneToOneField("catalogue.ItemVersion", models.PROTECT, related_name="changeover")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    # Applications under way when it began, the last one looked at, and what became of them.
    total = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    # Ids of cases that could not be judged: tried again at every run, the others do not wait for them.
    failed = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(finished_at=None), name="changeover_open")]

    def __str__(self) -> str:
        return f"{self.version}"

    @property
    def done(self) -> int:
        return self.moved + self.kept
