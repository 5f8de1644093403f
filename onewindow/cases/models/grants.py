"""准予的公开: licences granted, as anybody may read them (行政许可法 §40)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from onewindow.cases.models.case import Case


class Grant(models.Model):
    """One decision and nothing of the file behind it; its certificate tells the state and the period.

    Made from the decision's ledger row by `cases.grants`, in the order of the ledger.
    """

    # The ledger row of the decision.
    entry = models.BigIntegerField(unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    item = models.ForeignKey("catalogue.Item", models.PROTECT, related_name="+")
    # As the decision names it; the item may be called otherwise since.
    item_name = models.CharField(max_length=255)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    number = models.CharField(max_length=80)
    # A body's name; of a person only what is left after masking, so that nobody is found by a name.
    holder = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=18, blank=True)
    certificate = models.ForeignKey("documents.Certificate", models.PROTECT, null=True, related_name="+")
    decided_on = models.DateField()
    # Every two signs that follow one another in holder and item: what is typed is found by index, in Chinese too.
    pairs = ArrayField(models.CharField(max_length=2))

    class Meta:
        indexes = [
            GinIndex(fields=["pairs"], name="grant_pairs"),
            models.Index(fields=["item", "-id"], name="grant_item"),
            models.Index(fields=["number"], name="grant_number"),
            models.Index(fields=["credit_code"], name="grant_credit_code", condition=~models.Q(credit_code="")),
        ]

    def __str__(self) -> str:
        return self.number
