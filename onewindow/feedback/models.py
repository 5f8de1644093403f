"""Ratings 好差评 (国办发〔2019〕51号; GB/T 39734)."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q

from onewindow.cases.models import Case
from onewindow.kernel import clock


def new_token() -> str:
    return secrets.token_urlsafe(12)


class Rating(models.Model):
    """An invitation to rate one service, and the answer once given. Silence stays "not rated".

    Online the finished matter is rated 一事一评, in the hall each service of a number 一次一评; where the matter was
    finished at the window both are one.
    """

    class Channel(models.TextChoices):
        ONLINE = "online", "网上"
        LINK = "link", "短信链接"
        DESK = "desk", "窗口评价器"

    case = models.OneToOneField("cases.Case", models.PROTECT, null=True, blank=True, related_name="rating")
    service = models.OneToOneField("hall.Service", models.PROTECT, null=True, blank=True, related_name="rating")
    token = models.CharField(max_length=24, unique=True, default=new_token)
    invited_at = models.DateTimeField(default=clock.now)
    stars = models.PositiveSmallIntegerField(null=True, blank=True)
    tags = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True, max_length=500)
    channel = models.CharField(max_length=10, choices=Channel, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="rating_of", condition=Q(case__isnull=False) | Q(service__isnull=False)),
            models.CheckConstraint(name="rating_stars", condition=Q(stars__isnull=True) | Q(stars__range=(1, 5))),
            models.CheckConstraint(
                name="rating_whole",
                condition=Q(stars__isnull=True, rated_at__isnull=True) | Q(stars__isnull=False, rated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.stars or '未评价'}"

    @property
    def subject(self) -> str:
        """Number of the case, or of the service in the hall."""
        if self.case:
            return self.case.number
        assert self.service is not None
        return self.service.number

    @property
    def of_case(self) -> Case | None:
        return self.case or (self.service.case if self.service else None)

    @property
    def gb_code(self) -> int | None:
        """GB/T 39046 A.8 counts the other way: 1 is 非常满意, 5 is 非常不满意."""
        return None if self.stars is None else 6 - self.stars
