"""日历变更: a holiday list from its proposal to the day it holds, and what it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from onewindow.cases.models.case import Case
from onewindow.kernel import clock
from onewindow.kernel.models import Flowing

if TYPE_CHECKING:
    from onewindow.kernel.clock import Calendar


class CalendarChange(Flowing):
    """The whole calendar as somebody would have it, against the edition it was drawn up from."""

    class State(models.TextChoices):
        COUNTING = "counting", "正在计算"
        PROPOSED = "proposed", "预览"
        APPLYING = "applying", "正在启用"
        APPLIED = "applied", "已启用"
        DROPPED = "dropped", "已放弃"

    # The worker's turn (cases.calendar_work).
    WORK = (State.COUNTING, State.APPLYING)
    kind = "calendar"

    state = models.CharField(max_length=20, choices=State, default=State.COUNTING)
    # Where it comes from: the notice of the State Council, the announcement of an extra day.
    source = models.CharField(max_length=200)
    content = models.JSONField()
    base = models.PositiveIntegerField()
    edition = models.PositiveIntegerField(null=True)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    # When it was handed to the worker, previewed, applied: the moves below are those of that moment.
    counted_at = models.DateTimeField(default=clock.now)
    # {"looked", "cases", "moves", "shorter", "overdue", "firm", "told", "agencies": {code: {"cases", "shorter", …}}}
    summary = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["state", "-id"])]

    def __str__(self) -> str:
        return f"日历变更 {self.pk} {self.source}"

    @property
    def subject(self) -> str:
        return str(self.pk)

    @property
    def calendar(self) -> Calendar:
        return clock.of_content(self.content, self.edition or 0)

    @property
    def earlier(self) -> Calendar:
        """What it was drawn up from; days were told by it, even where its rows are damaged by now."""
        return clock.edition(self.base) if self.base else clock.Calendar()


class CalendarMove(models.Model):
    """One clock of one case, from when to when."""

    change = models.ForeignKey(CalendarChange, models.PROTECT, related_name="moves")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    # Key and title of cases.deadlines.
    clock = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    before = models.DateField()
    after = models.DateField()
    # The new day has passed already.
    overdue = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "case", "clock"], name="calendar_move_once")]
        indexes = [models.Index(fields=["change", "agency", "id"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock} {self.before} → {self.after}"

    @property
    def days(self) -> int:
        """Days of the almanac; negative is sooner."""
        return (self.after - self.before).days
