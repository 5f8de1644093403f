"""Each paper on its way to each addressee 送达: how, to whom, from what day it counts."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from onewindow.cases.models.case import Case
from onewindow.cases.models.parties import Party
from onewindow.kernel import clock


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        """Not in effect: nothing sent yet, or sent and not known to have arrived."""
        return self.filter(effective_on__isnull=True)

    def unnoticed(self, before: dt.datetime) -> DeliveryQuerySet:
        """Sent online and never opened, or not sent at all, since then: a paper by another way is due."""
        unopened = Q(way=Delivery.Way.ONLINE, opened_at__isnull=True, sent_at__lt=before)
        return self.filter(unopened | Q(way="", effective_on__isnull=True, created_at__lt=before))


class Delivery(models.Model):
    """送达 of one paper to the applicant (`party` empty) or to one of those who apply together.

    Effective dates after 民事诉讼法 §87–95 by analogy, computed by `cases.deliveries`.
    """

    class Way(models.TextChoices):
        WINDOW = "window", "窗口领取"
        ONLINE = "online", "网上送达"
        POST = "post", "邮寄送达"
        LEFT = "left", "留置送达"
        NOTICE = "notice", "公告送达"
        AGENT = "agent", "代收人签收"

    case = models.ForeignKey(Case, models.CASCADE, related_name="deliveries")
    # The ledger row whose act issued the paper.
    entry = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    number = models.CharField(max_length=80)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="deliveries")
    addressee = models.CharField(max_length=120)
    way = models.CharField(max_length=10, choices=Way, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    effective_on = models.DateField(null=True, blank=True)
    # Who signed, and how they are related to the addressee; why it was refused and who saw it.
    receiver = models.CharField(max_length=80, blank=True)
    relation = models.CharField(max_length=40, blank=True)
    refused = models.CharField(max_length=200, blank=True)
    witnesses = models.CharField(max_length=120, blank=True)
    servers = models.CharField(max_length=120, blank=True)
    # Address, room, or where the notice was published; the number of the letter.
    place = models.CharField(max_length=200, blank=True)
    tracking = models.CharField(max_length=50, blank=True)
    proof = models.ForeignKey("documents.File", models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.CharField(max_length=80, blank=True)
    # Ways tried before: [{"way", "sent_at", "tracking"}].
    tries = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "party"], name="delivery_once", nulls_distinct=False),
            models.CheckConstraint(
                name="delivery_effective_has_way", condition=Q(effective_on__isnull=True) | ~Q(way="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="delivery_unnoticed",
                condition=Q(opened_at__isnull=True) & (Q(way="online") | Q(way="", effective_on__isnull=True)),
            )
        ]  # fmt: skip
        ordering = ["entry", "pk"]

    def __str__(self) -> str:
        return f"{self.title} → {self.addressee}"

    @property
    def is_effective(self) -> bool:
        return self.effective_on is not None and self.effective_on <= clock.today()
