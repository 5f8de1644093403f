"""信用记录: promises made to an organ and not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from onewindow.accounts.models.people import Agency, Organisation, Person
from onewindow.kernel import clock, numbers

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal


class CreditRecordQuerySet(models.QuerySet["CreditRecord"]):
    def open(self) -> CreditRecordQuerySet:
        """Neither repaired nor past its time: whom it names can use neither 容缺受理 nor 告知承诺."""
        standing = Q(until__isnull=True) | Q(until__gte=clock.today())
        return self.filter(standing, repaired_at__isnull=True)

    def of(self, person_id: int | None, organisation_id: int | None) -> CreditRecordQuerySet:
        """Of the body where one applies, else of the person: who acts for a firm does not answer with the own name."""
        if organisation_id:
            return self.filter(organisation_id=organisation_id)
        return self.filter(person_id=person_id) if person_id else self.none()

    def kept_by(self, principal: Principal) -> CreditRecordQuerySet:
        """A supervisor of the district sees all, else each post its own agency's."""
        if principal.has_at(None, "supervisor"):
            return self
        return self.filter(agency_id__in=principal.agencies("head", "supervisor"))


class CreditRecord(models.Model):
    """失信记录 of one person or body; stands until it is repaired 信用修复 or its time is over."""

    class Ground(models.TextChoices):
        GAP = "gap", "容缺材料逾期未补"
        FALSE = "false", "虚假承诺"
        UNMENDED = "unmended", "承诺未兑现且逾期不改正"
        OTHER = "other", "其他失信行为"

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="credit_records")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="credit_records")
    agency = models.ForeignKey(Agency, models.PROTECT)
    ground = models.CharField(max_length=10, choices=Ground)
    happened = models.CharField(max_length=300)
    case_number = models.CharField(max_length=20, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=clock.now)
    repaired_at = models.DateTimeField(null=True, blank=True)
    repair_reason = models.CharField(max_length=300, blank=True)

    objects = CreditRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "number"]
        indexes = [models.Index(fields=["agency", "-recorded_at"])]
        constraints = [
            models.CheckConstraint(
                name="credit_of_one_subject",
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
            ),
            # A case leaves one record for one ground, whatever acts at once.
            models.UniqueConstraint(
                fields=["case_number", "ground"], name="credit_once_per_case", condition=~Q(case_number="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_ground_display()}"

    @property
    def is_open(self) -> bool:
        return self.repaired_at is None and (self.until is None or self.until >= clock.today())

    @property
    def subject_masked(self) -> str:
        return str(self.organisation or self.person)
