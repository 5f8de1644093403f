"""Acting for somebody: one concept for 委托, 经办人, 法定代表人, guardians and kin."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from onewindow.accounts.models.people import Organisation, Person
from onewindow.kernel import clock, numbers

# Asked and not proven: forgotten after so many days.
PATIENCE_DAYS = 30


def in_force(day: dt.date | None = None, prefix: str = "") -> Q:
    """Proven, begun, not over and not ended, on the day; `prefix` where the mandate is joined."""
    day = day or clock.today()
    at = f"{prefix}__" if prefix else ""
    open_end = Q(**{f"{at}ends__isnull": True}) | Q(**{f"{at}ends__gte": day})
    rest = {f"{at}proven_at__isnull": False, f"{at}revoked_at__isnull": True, f"{at}starts__lte": day}
    return Q(**rest) & open_end


class MandateQuerySet(models.QuerySet["Mandate"]):
    def in_force(self, day: dt.date | None = None) -> MandateQuerySet:
        return self.filter(in_force(day))

    def asked(self) -> MandateQuerySet:
        """Waiting for the other side, or for the window."""
        since = clock.now() - dt.timedelta(days=PATIENCE_DAYS)
        return self.filter(proven_at__isnull=True, revoked_at__isnull=True, created_at__gt=since)

    def asked_by(self, person_id: int) -> MandateQuerySet:
        given = Q(ground__in=Mandate.GIVEN)
        by_giver = given & (Q(principal_person=person_id) | Q(principal_organisation__in=self.bodies(person_id)))
        return self.asked().filter(by_giver | ~given & Q(agent=person_id))

    def for_acceptance(self, person_id: int) -> MandateQuerySet:
        """What the person may accept: only if the name they were asked by is theirs."""
        as_agent = Q(ground__in=Mandate.GIVEN, agent=person_id, stated_name=F("agent__name"))
        as_principal = Q(ground="kin", principal_person=person_id, stated_name=F("principal_person__name"))
        return self.asked().filter(as_agent | as_principal)

    def concerning(self, person_id: int) -> MandateQuerySet:
        """In force, on either side; for a body on the side of its legal representative."""
        own = Q(agent=person_id) | Q(principal_person=person_id)
        return self.in_force().filter(own | Q(principal_organisation__in=self.bodies(person_id)))

    def reaching(self) -> MandateQuerySet:
        """Those that show the principal's matters, whoever filed them: a body's to its operators, a child's to its
        guardian.
        """
        return self.filter(Q(principal_organisation__isnull=False) | Q(ground=Mandate.Ground.GUARDIAN))

    @staticmethod
    def bodies(person_id: int | None) -> models.QuerySet[Organisation]:
        """Those the person stands for as legal representative 法定代表人."""
        held = Mandate.objects.in_force().filter(agent=person_id, ground=Mandate.Ground.LEGAL)
        return Organisation.objects.filter(pk__in=held.values("principal_organisation")).order_by("pk")


class Mandate(models.Model):
    """`agent` may act for the person or organisation within scope and period, until it is ended.

    asked 等待核实 → proven 有效 (how, by whom) → ended 已结束 (by either side, the window, age or date).
    """

    class Ground(models.TextChoices):
        ENTRUSTED = "entrusted", "委托"
        OPERATOR = "operator", "经办人"
        LEGAL = "legal", "法定代表人"
        GUARDIAN = "guardian", "未成年人的监护人"
        KIN = "kin", "亲属代办"

    class Proof(models.TextChoices):
        ACCEPTED = "accepted", "双方登录确认"
        PHONE_CODE = "phone_code", "对方手机验证码同意"
        WINDOW = "window", "窗口核验原件"
        OWN_WORD = "own_word", "委托人登记"
        SIGNED = "signed", "代办员拍照的签名委托书"

    # Given by the principal; the other grounds are asked for by the agent.
    GIVEN = (Ground.ENTRUSTED, Ground.OPERATOR)

    principal_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="mandates_given")
    principal_organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="mandates_given"
    )
    agent = models.ForeignKey(Person, models.PROTECT, related_name="mandates_held")
    ground = models.CharField(max_length=12, choices=Ground, default=Ground.ENTRUSTED)
    # Item codes the mandate covers; empty means every item.
    scope = models.JSONField(default=list, blank=True)
    starts = models.DateField(default=clock.today)
    ends = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    # What is told at the window and stands in the QR.
    reference = models.CharField(max_length=12, unique=True, null=True, default=numbers.share_number)
    # The other side as the asker wrote it: until it is proven nothing of our record is shown to the asker.
    stated_name = models.CharField(max_length=120, blank=True)
    relation = models.CharField(max_length=20, blank=True)
    asked_phone = models.CharField(max_length=20, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)
    proven_how = models.CharField(max_length=12, choices=Proof, blank=True)
    # The actor's ledger key, and the original that was seen.
    proven_by = models.CharField(max_length=60, blank=True)
    proven_paper = models.CharField(max_length=60, blank=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_one_principal",
                condition=Q(principal_person__isnull=False) ^ Q(principal_organisation__isnull=False),
            ),
            models.CheckConstraint(name="mandate_period", condition=Q(ends__isnull=True) | Q(ends__gte=F("starts"))),
            models.UniqueConstraint(
                fields=["agent", "principal_person", "principal_organisation", "ground"], name="mandate_asked_once",
                condition=Q(revoked_at__isnull=True, ground__in=["legal", "guardian", "kin"]), nulls_distinct=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.principal} → {self.agent}"

    @property
    def principal(self) -> Person | Organisation:
        return self.principal_person or self.principal_organisation  # type: ignore[return-value]

    def covers(self, item_code: str) -> bool:
        return not self.scope or item_code in self.scope

    @property
    def principal_name(self) -> str:
        asked = self.proven_at is None and self.ground not in self.GIVEN
        return self.stated_name if asked else self.principal.name

    @property
    def agent_name(self) -> str:
        return self.stated_name if self.proven_at is None and self.ground in self.GIVEN else self.agent.name
