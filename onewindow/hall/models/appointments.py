"""Appointments 预约: places of a queue and time, and who holds one."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onewindow.hall.models.places import Queue
from onewindow.hall.models.tickets import Ticket
from onewindow.kernel import clock, numbers
from onewindow.kernel.models import Flowing


class Slot(models.Model):
    """时段 of a queue with its places, split between those booked online and those given on site.

    The places taken stand on the row: one guarded UPDATE takes one, and the database refuses one too many.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="slots")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    online = models.PositiveSmallIntegerField()
    onsite = models.PositiveSmallIntegerField(default=0)
    taken_online = models.PositiveSmallIntegerField(default=0)
    taken_onsite = models.PositiveSmallIntegerField(default=0)
    # 关闭: nobody books any more, and who had is asked to take another time; with the reason they read.
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "starts"], name="slot_once"),
            models.CheckConstraint(condition=Q(taken_online__lte=F("online")), name="slot_never_oversold_online"),
            models.CheckConstraint(condition=Q(taken_onsite__lte=F("onsite")), name="slot_never_oversold_onsite"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="slot_forward"),
        ]
        ordering = ["starts"]

    def __str__(self) -> str:
        return f"{self.queue} {self.starts:%m-%d %H:%M}"

    @property
    def left(self) -> int:
        return 0 if self.closed_at else self.online - self.taken_online

    @property
    def left_onsite(self) -> int:
        return 0 if self.closed_at else self.onsite - self.taken_onsite


class Party(models.Model):
    """团队预约: several people of one firm booked in one act, each with a booking number of their own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="parties")
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class Booking(Flowing):
    """预约. Held 占位 while the form is filled, then booked; a freed place is offered to whoever waits."""

    class State(models.TextChoices):
        HELD = "held", "占位中"
        BOOKED = "booked", "已预约"
        WAITING = "waiting", "候补"
        OFFERED = "offered", "候补到号，待确认"
        ARRIVED = "arrived", "已签到"
        NO_SHOW = "no_show", "爽约"
        CANCELLED = "cancelled", "已取消"
        DISPLACED = "displaced", "场次取消，请改约"
        LAPSED = "lapsed", "已失效"

    class Channel(models.TextChoices):
        ONLINE = "online", "网上"
        ONSITE = "onsite", "现场"

    kind = "booking"
    # States that hold places of the slot.
    HOLDING = (State.HELD, State.BOOKED, State.OFFERED)
    LIVE = (*HOLDING, State.WAITING)

    state = models.CharField(max_length=20, choices=State, default=State.HELD)
    number = models.CharField(max_length=12, unique=True, default=numbers.share_number)
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="bookings")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.ONLINE)
    # None: made at the desk for somebody without an account, by the officer in `made_by`.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="bookings")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    item = models.ForeignKey("catalogue.Item", models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="bookings")
    party = models.ForeignKey(Party, models.PROTECT, null=True, related_name="bookings")
    # Who comes, of a party or by name only.
    guest = models.CharField(max_length=40, blank=True)
    # Of who has no account.
    phone = models.CharField(max_length=20, blank=True)
    # How many places it takes: who comes together to one window.
    people = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=clock.now)
    # When a hold or an offer ends.
    until = models.DateTimeField(null=True)
    ticket = models.OneToOneField(Ticket, models.PROTECT, null=True, related_name="booking")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "slot"],
                condition=Q(state__in=["held", "booked", "waiting", "offered"], party=None, channel="online"),
                name="booking_once_a_slot",
            ),
            models.CheckConstraint(condition=Q(people__range=(1, 20)), name="booking_people"),
            models.CheckConstraint(
                condition=~Q(state__in=["held", "offered"]) | Q(until__isnull=False), name="booking_hold_ends"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["slot", "state", "id"]),
            models.Index(fields=["until"], condition=Q(state__in=["held", "offered"]), name="booking_until"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return self.number

    @property
    def starts(self) -> datetime:
        return self.slot.starts
