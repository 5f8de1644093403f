"""收件凭证: papers taken in the hall while no case can be opened there; the day of receipt stands (行政许可法 §32)."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from onewindow.accounts.models import Person
from onewindow.kernel import clock, secrecy


class Receipt(models.Model):
    """代收: who brought which papers for which item, when. At the centre a clerk enters the case from it."""

    number = models.CharField(max_length=24, primary_key=True)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="receipts")
    ticket = models.ForeignKey("hall.Ticket", models.PROTECT, null=True, related_name="receipts")
    item = models.ForeignKey("catalogue.Item", models.PROTECT, related_name="+")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # One-time mark of the page: a double click takes the papers once.
    once = models.CharField(max_length=64, unique=True)
    # Who stands at the window, and their document.
    name = models.CharField(max_length=80)
    document = models.CharField(max_length=20, choices=Person.Document, default=Person.Document.RESIDENT_ID)
    number_cipher = models.TextField()
    number_masked = models.CharField(max_length=40)
    phone = models.CharField(max_length=20, blank=True)
    # [{"key", "name", "form": "original" | "copy", "copies"}]
    papers = models.JSONField(default=list)
    received_at = models.DateTimeField(default=clock.now)
    case = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="receipt")
    # 作废: written for the wrong person or item, with the reason.
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["item", "received_at"], condition=Q(case=None, voided_at=None), name="receipt_open")
        ]

    def __str__(self) -> str:
        return self.number

    PURPOSE = "receipt"

    @property
    def person_number(self) -> str:
        return secrecy.decrypt(self.number_cipher, purpose=self.PURPOSE)

    @property
    def keys(self) -> set[str]:
        return {paper["key"] for paper in self.papers}

    @property
    def facts(self) -> dict[str, Any]:
        """What the case keeps of it (`Case.handed_in`)."""
        return {"receipt": self.number, "at": self.received_at.isoformat(), "papers": sorted(self.keys)}


class ReceiptFile(models.Model):
    """A scan of one of its papers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="files")
    material = models.CharField(max_length=80)
    file = models.ForeignKey("documents.File", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.material}"
