"""共同申请人: both sides of a sale, spouses. Each confirms what is declared, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from onewindow.cases.models.case import Case
from onewindow.kernel import clock, numbers

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal


class PartyQuerySet(models.QuerySet["Party"]):
    def current(self) -> PartyQuerySet:
        return self.filter(ended_at__isnull=True)

    def of(self, principal: Principal) -> PartyQuerySet:
        """Where this person has joined."""
        if principal.person_id is None:
            return self.none()
        return self.current().filter(person_id=principal.person_id, joined_at__isnull=False)


class Party(models.Model):
    """asked → joined (signed in, or at the window) → confirmed or declined; a change of the file voids it.

    The case is submitted only when everybody its guide asks for has confirmed it as it stands.
    """

    class How(models.TextChoices):
        ONLINE = "online", "本人网上确认"
        WINDOW = "window", "窗口核验身份并签名"

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    # Which of the guide's parties, and what the guide called it then.
    need = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    # As the applicant wrote it: who joins must bear the name.
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, blank=True)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(default=clock.now)
    joined_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_how = models.CharField(max_length=10, choices=How, blank=True)
    voided_at = models.DateTimeField(null=True)
    voided_why = models.CharField(max_length=200, blank=True)
    declined_at = models.DateTimeField(null=True)
    declined_why = models.CharField(max_length=300, blank=True)
    # 同意电子送达, asked with the confirmation.
    agreed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    objects = PartyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "person"], name="party_once", condition=Q(ended_at__isnull=True, person__isnull=False)
            ),
            models.CheckConstraint(
                name="party_one_answer", condition=Q(confirmed_at__isnull=True) | Q(declined_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["person", "ended_at"])]
        ordering = ["invited_at", "pk"]

    def __str__(self) -> str:
        return f"{self.name}（{self.label}）"

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def stands(self) -> str:
        """Where it stands, in words for both sides."""
        if self.confirmed_at:
            return "已确认"
        if self.declined_at:
            return f"不同意：{self.declined_why}"
        if self.voided_at:
            return f"内容改过，要重新确认（{self.voided_why}）"
        return "还没有确认" if self.joined_at else "还没有打开邀请"
