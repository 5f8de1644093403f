"""Rosters 值班表: who serves in extended hours, week by week."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from onewindow.hall.models.places import Hours, Window
from onewindow.kernel import clock
from onewindow.kernel.models import Flowing


class Attendance(models.Model):
    """必到部门: a line of work that every extended session of the site must have, by whichever of these agencies.

    A site with such rows keeps rosters: in its extended sessions only the windows on a published one give numbers.
    """

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="attendance")
    name = models.CharField(max_length=20)
    agencies = ArrayField(models.CharField(max_length=20))
    kinds = ArrayField(models.CharField(max_length=10, choices=Hours.Kind))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="attendance_once")]
        ordering = ["site", "id"]

    def __str__(self) -> str:
        return self.name


class Roster(Flowing):
    """值班表 of a site and week. A change after publishing is one act with its reason in the ledger."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"
        CHANGED = "changed", "已发布（有调整）"

    kind = "roster"
    IN_FORCE = (State.PUBLISHED, State.CHANGED)

    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="rosters")
    monday = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "monday"], name="roster_once_a_week")]
        ordering = ["-monday"]

    def __str__(self) -> str:
        return f"{self.monday:%Y-%m-%d} 一周"

    @property
    def subject(self) -> str:
        return f"{self.site_id}-{self.monday:%Y%m%d}"

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


class DutyQuerySet(models.QuerySet["Duty"]):
    def standing(self) -> DutyQuerySet:
        return self.filter(removed_at=None)

    def in_force(self) -> DutyQuerySet:
        """What is published: this is who serves."""
        return self.standing().filter(roster__state__in=Roster.IN_FORCE)


class Duty(models.Model):
    """班次: an officer at a window in one session, for an agency. The hours stay what they were when it was written."""

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="duties")
    day = models.DateField()
    session = models.CharField(max_length=10, choices=Hours.Kind)
    opens = models.TimeField()
    closes = models.TimeField()
    window = models.ForeignKey(Window, models.PROTECT, related_name="duties")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="duties")
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    # Taken off the roster; the row stays because swaps and the week's count speak of it.
    removed_at = models.DateTimeField(null=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["window", "day", "session"], condition=Q(removed_at=None), name="duty_one_at_a_window"
            ),
            models.UniqueConstraint(
                fields=["user", "day", "session"], condition=Q(removed_at=None), name="duty_one_of_an_officer"
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="duty_forward"),
            models.CheckConstraint(condition=Q(session__in=["noon", "evening", "saturday"]), name="duty_extended"),
        ]
        indexes = [models.Index(fields=["day", "session"], condition=Q(removed_at=None), name="duty_of_day")]
        ordering = ["day", "opens", "window__number"]

    def __str__(self) -> str:
        return f"{self.day} {self.get_session_display()} {self.window}"

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.day, self.opens, clock.SHANGHAI)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.day, self.closes, clock.SHANGHAI)


class Swap(Flowing):
    """换班: one officer asks another to change duties with them; nothing moves before the other agrees."""

    class State(models.TextChoices):
        ASKED = "asked", "等对方同意"
        AGREED = "agreed", "已换班"
        DECLINED = "declined", "对方不换"
        WITHDRAWN = "withdrawn", "已撤回"

    kind = "swap"

    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    mine = models.ForeignKey(Duty, models.PROTECT, related_name="offered")
    theirs = models.ForeignKey(Duty, models.PROTECT, related_name="wanted")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    why = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mine"], condition=Q(state="asked"), name="swap_one_of_a_duty"),
            models.CheckConstraint(condition=~Q(mine=F("theirs")), name="swap_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.mine_id} ⇄ {self.theirs_id}"

    @property
    def subject(self) -> str:
        return f"{self.pk}"
