"""What is done outside the steps: site visits, hearings, experts, other organs, third parties, discussions."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from onewindow.cases.models.case import Case
from onewindow.cases.models.states import State
from onewindow.kernel import clock

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal


class ProceedingQuerySet(models.QuerySet["Proceeding"]):
    def open(self) -> ProceedingQuerySet:
        return self.filter(state__in=OPEN)

    def coming_up(self, principal: Principal) -> ProceedingQuerySet:
        """Open ones the person goes to, leads, or has to answer for an agency; the nearest first."""
        asked = sorted(principal.agencies("reviewer", "decider"))
        mine = Q(officers__contains=[principal.user_id]) | Q(agency__in=asked)
        under_way = self.open().filter(mine, case__state__in=UNDER_WAY)
        return under_way.select_related("case__item").order_by("on", "id")


class Proceeding(models.Model):
    """One table, for all of them are planned, stand on a list by their day, and end in a record.

    `rows` and `result` are what the papers say, label and text, at the beginning and at the end.
    """

    class Kind(models.TextChoices):
        SITE_VISIT = "site_visit", "现场核查"
        HEARING = "hearing", "听证"
        THIRD_PARTY = "third_party", "利害关系人陈述"
        EXPERTS = "experts", "专家评审"
        CONSULTATION = "consultation", "征求意见"
        DISCUSSION = "discussion", "集体讨论"

    class State(models.TextChoices):
        TOLD = "told", "已告知权利"
        ASKED = "asked", "已申请"
        PLANNED = "planned", "已安排"
        DONE = "done", "已完成"
        WAIVED = "waived", "放弃"
        CANCELLED = "cancelled", "已取消"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.PROTECT, related_name="proceedings")
    kind = models.CharField(max_length=20, choices=Kind)
    # Which of its kind in the case, for the number of its papers.
    nth = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    # The organ asked 征求意见.
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, null=True, blank=True)
    # Who goes there, or chairs.
    officers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # The day planned, or the last day to apply or answer.
    on = models.DateField()
    time = models.CharField(max_length=5, blank=True)
    place = models.CharField(max_length=200, blank=True)
    rows = models.JSONField(default=list, blank=True)
    result = models.JSONField(default=list, blank=True)
    # A word for lists: 符合 · 不予.
    conclusion = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    # 公告: anybody reads on the public page that it is held, since then.
    announced_at = models.DateTimeField(null=True, blank=True)

    objects = ProceedingQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at"]
        constraints = [models.UniqueConstraint(fields=["case", "kind", "nth"], name="proceeding_once")]
        indexes = [
            GinIndex(fields=["officers"], name="proceeding_officers"),
            models.Index(fields=["agency", "on"], condition=Q(agency__isnull=False), name="proceeding_asked"),
            models.Index(fields=["on", "id"], condition=Q(announced_at__isnull=False), name="proceeding_announced"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_coming(self) -> bool:
        """It will take place: planned, and the case still goes on."""
        return self.state == self.State.PLANNED and self.case.state in UNDER_WAY

    @property
    def may_wait(self) -> bool:
        """Nothing needs to be done any more once the day has passed: a right not used, an answer that did not come."""
        waits_for_others = self.kind in {self.Kind.THIRD_PARTY, self.Kind.CONSULTATION} or self.state == self.State.TOLD
        return waits_for_others and self.on < clock.today()

    @property
    def is_late(self) -> bool:
        return self.is_open and self.on < clock.today()


# Of a case that was withdrawn or ended otherwise nothing comes up any more.
UNDER_WAY = [State.REVIEWING, State.PAUSED, State.DECIDING]
OPEN = [Proceeding.State.TOLD, Proceeding.State.ASKED, Proceeding.State.PLANNED]


class SitePhoto(models.Model):
    """A photograph taken at a site visit, at the check point it shows; "" for the place as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    proceeding = models.ForeignKey(Proceeding, models.PROTECT, related_name="photos")
    point = models.CharField(max_length=60, blank=True)
    file = models.ForeignKey("documents.File", models.PROTECT, related_name="+")
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["added_at"]

    def __str__(self) -> str:
        return f"{self.proceeding_id}/{self.point}"


def said_day(day: date, time: str = "") -> str:
    return f"{day.year}年{day.month}月{day.day}日" + (f" {time}" if time else "")
