"""Numbers 排队号: drawn, called, served; and who sits where 值守."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from onewindow.hall.models.places import Queue, Window
from onewindow.kernel import clock, numbers
from onewindow.kernel.models import Flowing


class Visit(models.Model):
    """One person's coming to a site on a day: several numbers may belong to it, only one is at a window at a time."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="visits")
    day = models.DateField(default=clock.today)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    phone = models.CharField(max_length=20, blank=True)
    # Opens the ticket page on the phone; nobody finds it by counting.
    secret = models.CharField(max_length=12, unique=True, default=numbers.share_number)
    # One of the numbers is called or served.
    busy = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.site_id} {self.day} {self.pk}"


class Ticket(Flowing):
    """排队号. `turn_at` fixes the place in the line when the number is drawn (docs/decisions/0024)."""

    class State(models.TextChoices):
        WAITING = "waiting", "等候"
        CALLED = "called", "已叫号"
        SERVING = "serving", "办理中"
        PARKED = "parked", "暂离"
        MISSED = "missed", "过号"
        DONE = "done", "已办"
        GIVEN_UP = "given_up", "已放弃"

    class Source(models.TextChoices):
        KIOSK = "kiosk", "取号机"
        PHONE = "phone", "手机"
        DESK = "desk", "导办台"
        BOOKING = "booking", "预约"

    class Priority(models.TextChoices):
        """优先 with its reason recorded."""

        NONE = "", "无"
        ELDERLY = "elderly", "老年人"
        DISABLED = "disabled", "残疾人"
        PREGNANT = "pregnant", "孕妇、抱婴"
        SOLDIER = "soldier", "军人、消防救援人员"
        PROJECT = "project", "重点项目"

    kind = "ticket"
    # What somebody says of himself at the machine or on the phone; the rest a clerk has looked at.
    SELF_DECLARED = Priority.choices[1:5]
    AT_WINDOW = (State.CALLED, State.SERVING)

    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="tickets")
    day = models.DateField(default=clock.today)
    number = models.CharField(max_length=6)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="tickets")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="tickets")
    source = models.CharField(max_length=10, choices=Source, default=Source.KIOSK)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NONE, blank=True)
    # What it rests on: the age on the card, a certificate that was shown, the project's name.
    priority_reason = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=8, blank=True)
    accessible = models.BooleanField(default=False)
    item = models.ForeignKey("catalogue.Item", models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="tickets")
    turn_at = models.DateTimeField()
    # Minutes of waiting reckoned when it was drawn, before what was learnt from earlier days (hall.estimates).
    reckoned = models.FloatField(null=True)
    # Minutes from drawing to the first call; what comes later (重呼, 暂离) changes it no more.
    waited = models.FloatField(null=True)
    issued_at = models.DateTimeField(default=clock.now)
    called_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    window = models.ForeignKey(Window, models.PROTECT, null=True, related_name="tickets")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # How often it was called since it last waited.
    calls = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["queue", "day", "turn_at", "id"], condition=Q(state="waiting"), name="ticket_line"),
            models.Index(fields=["site", "day", "called_at"], name="ticket_called"),
            models.Index(fields=["queue", "-id"], condition=Q(state__in=["done", "missed"]), name="ticket_measured"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "number"], name="ticket_number_once_a_day"),
            models.UniqueConstraint(
                fields=["window"], condition=Q(state__in=["called", "serving"]), name="ticket_one_at_a_window"
            ),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(state__in=["called", "serving"]), name="ticket_one_of_a_visit"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called", "serving"]) | Q(window__isnull=False), name="ticket_called_has_window"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return f"{self.site_id}-{self.day:%Y%m%d}-{self.number}"


class Sitting(models.Model):
    """值守: an officer at a window, from signing on to signing off."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="sittings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sittings")
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    # Set while the window is paused 暂停服务, with the reason people see.
    paused_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    # When the officer said to be back.
    back_at = models.DateTimeField(null=True)
    # Pauses that are over, and the minutes they took together.
    pauses = models.PositiveSmallIntegerField(default=0)
    away = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["window"], condition=Q(ended_at=None), name="sitting_one_at_a_window"),
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="sitting_one_of_a_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.window}"

    @property
    def why(self) -> str:
        """Of a pause, as screens say it."""
        back = f"，约 {self.back_at.astimezone(clock.SHANGHAI):%-H:%M} 恢复" if self.back_at else ""
        return f"{self.reason}{back}"


class Consultation(models.Model):
    """咨询 without a case: a service event with a number of its own."""

    number = models.CharField(max_length=20, unique=True)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="consultations")
    item = models.ForeignKey("catalogue.Item", models.PROTECT, null=True, related_name="+")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    about = models.CharField(max_length=300)
    answer = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.number
