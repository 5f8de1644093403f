"""Who is away, and until when: their B 角 works in their stead."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from onewindow.accounts.models.users import User
from onewindow.kernel import clock


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, day: dt.date) -> AbsenceQuerySet:
        return self.filter(starts__lte=day, ends__gte=day, ended_at__isnull=True)


class Absence(models.Model):
    """离岗: leave, training, illness; both days included."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=100, blank=True)
    set_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    # Came back sooner, or it was a mistake.
    ended_at = models.DateTimeField(null=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_ends_after_start", condition=Q(ends__gte=F("starts"))),
            models.UniqueConstraint(fields=["user", "starts"], name="absence_once", condition=Q(ended_at__isnull=True)),
        ]
        indexes = [models.Index(fields=["user", "ends"])]
        ordering = ["-starts"]

    def __str__(self) -> str:
        return f"{self.user} {self.starts}–{self.ends}"
