"""出发提醒: one notice when it is time to set out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from onewindow.hall.models.tickets import Ticket
from onewindow.kernel import clock


class Reminder(models.Model):
    """Asked for on the number's page by its holder, who leaves a phone or is signed in."""

    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="reminder")
    # The way to the hall, in minutes.
    minutes = models.PositiveSmallIntegerField()
    phone = models.CharField(max_length=20, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minutes__range=(1, 180)), name="reminder_minutes"),
            models.CheckConstraint(condition=Q(user__isnull=False) | ~Q(phone=""), name="reminder_reaches_somebody"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(told_at=None), name="reminder_open")]

    def __str__(self) -> str:
        return f"{self.ticket}: {self.minutes}"
