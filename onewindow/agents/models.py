"""Errands 代办 of village agents, and who has which paper in hand."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from onewindow.accounts.models import Mandate, Person, Site
from onewindow.kernel import clock, numbers
from onewindow.kernel.models import Flowing

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal


class ErrandQuerySet(models.QuerySet["Errand"]):
    def of(self, principal: Principal) -> ErrandQuerySet:
        """The agent's own."""
        return self.filter(agent_id=principal.user_id) if principal.has("agent") else self.none()

    def supervised_by(self, principal: Principal) -> ErrandQuerySet:
        """Of the stations of a town, whoever takes in or manages at its centre; the district's manager sees all."""
        if principal.over_district("manager", "supervisor") and any(
            post.site is None for post in principal.posts if post.role in {"manager", "supervisor"}
        ):
            return self.all()
        towns = {post.site for post in principal.posts if post.local and post.role in {"clerk", "manager"}}
        return self.filter(site__parent__in=towns)

    def open_to(self, principal: Principal) -> ErrandQuerySet:
        """The one door."""
        return self.of(principal) | self.supervised_by(principal)

    def under_way(self) -> ErrandQuerySet:
        """Not ended, or ended with a paper still in somebody's hands."""
        held = Held.objects.filter(returned_at=None, lost_at=None).values("errand")
        return self.filter(Q(ended_at=None) | Q(pk__in=held))


class Errand(Flowing):
    """代办: one matter of one neighbour. Without a mandate 委托 nothing but the request itself is written down."""

    class State(models.TextChoices):
        ASKED = "asked", "待委托"
        OPEN = "open", "代办中"
        DONE = "done", "已办完"
        DROPPED = "dropped", "不办了"

    kind = "errand"

    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    number = models.CharField(max_length=16, unique=True)
    # Opens the neighbour's own page, sent to their phone.
    secret = models.CharField(max_length=12, unique=True, default=numbers.share_number)
    # One-time mark of the page: sent twice, also over a bad network, it is taken up once.
    once = models.CharField(max_length=64, unique=True)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="errands")
    # 便民服务站: where it is taken in.
    site = models.ForeignKey(Site, models.PROTECT, related_name="errands")
    item = models.ForeignKey("catalogue.Item", models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="errands")
    # As the agent wrote it: what is on record under the number is not shown for having typed it.
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, blank=True)
    # The station of the village where the neighbour lives; none: outside the district.
    home = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    mandate = models.ForeignKey(Mandate, models.PROTECT, null=True, related_name="errands")
    case = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="errand")
    taken_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    why_ended = models.CharField(max_length=200, blank=True)

    objects = ErrandQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-id"], name="errand_of_agent"),
            models.Index(fields=["site", "taken_at"], condition=Q(ended_at=None), name="errand_open_of_site"),
        ]
        constraints = [
            models.CheckConstraint(
                name="errand_acts_under_mandate",
                condition=Q(state__in=["asked", "dropped"]) | Q(mandate__isnull=False, case__isnull=False),
            ),
            models.CheckConstraint(
                name="errand_end_has_time",
                condition=Q(ended_at__isnull=True, state__in=["asked", "open"])
                | Q(ended_at__isnull=False, state__in=["done", "dropped"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return self.number

    @property
    def entrusted(self) -> bool:
        """The mandate holds at this moment."""
        return self.mandate_id is not None and Mandate.objects.in_force().filter(pk=self.mandate_id).exists()

    @property
    def from_elsewhere(self) -> bool:
        """外村人: not of the agent's own village."""
        return self.home_id != self.site_id


class Bag(models.Model):
    """交接单: what an agent hands to the town's centre in one go; the town ticks what was really in it."""

    errand = models.ForeignKey(Errand, models.PROTECT, related_name="bags")
    number = models.CharField(max_length=20, unique=True)
    sent_at = models.DateTimeField(default=clock.now)
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["sent_at", "id"]

    def __str__(self) -> str:
        return self.number


class Held(models.Model):
    """保管: an original or copy, or the result, in somebody's hands until it is back with the neighbour, signed for."""

    class Form(models.TextChoices):
        ORIGINAL = "original", "原件"
        COPY = "copy", "复印件"
        RESULT = "result", "办理结果"

    class Holder(models.TextChoices):
        AGENT = "agent", "代办员"
        BAG = "bag", "交接途中"
        TOWN = "town", "镇（街道）便民服务中心"

    class Proof(models.TextChoices):
        CODE = "code", "本人手机验证码"
        SIGNED = "signed", "本人签收单（照片）"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    errand = models.ForeignKey(Errand, models.PROTECT, related_name="held")
    material = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=200)
    form = models.CharField(max_length=10, choices=Form)
    copies = models.PositiveSmallIntegerField(default=1)
    holder = models.CharField(max_length=10, choices=Holder, default=Holder.AGENT)
    bag = models.ForeignKey(Bag, models.PROTECT, null=True, related_name="held")
    # 收件回执.
    receipt = models.CharField(max_length=20)
    taken_at = models.DateTimeField(default=clock.now)
    returned_at = models.DateTimeField(null=True)
    returned_how = models.CharField(max_length=10, choices=Proof, blank=True)
    signed = models.ForeignKey("documents.File", models.PROTECT, null=True, related_name="+")
    lost_at = models.DateTimeField(null=True)
    lost_how = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["taken_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["errand", "material", "form"], condition=Q(returned_at=None, lost_at=None),
                name="held_once_at_a_time",
            ),
            models.CheckConstraint(name="held_return_is_proven", condition=Q(returned_at=None) | ~Q(returned_how="")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name}（{self.get_form_display()} {self.copies} 份）"

    @property
    def open(self) -> bool:
        return self.returned_at is None and self.lost_at is None
