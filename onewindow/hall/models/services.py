"""Service events 服务记录: what a number was served with, and what its rating is about."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from onewindow.hall.models.places import Window
from onewindow.hall.models.tickets import Consultation, Ticket
from onewindow.kernel import clock


class Service(models.Model):
    """One number's business with one case, with its acts; without a case a consultation, or what needed no record.

    In the hall each service is rated once 一次一评 (国办发〔2019〕51号).
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="services")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="services")
    consultation = models.OneToOneField(Consultation, models.PROTECT, null=True, related_name="served")
    window = models.ForeignKey(Window, models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # [{"event", "label", "at"}]: the acts on the case, the last one last.
    acts = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["window", "at"], name="service_of_window")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "case"], name="service_once_a_number", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return self.consultation.number if self.consultation else f"{self.ticket.subject}-{self.pk}"

    @property
    def act(self) -> str:
        """What was done last, in the words of the desk."""
        return str(self.acts[-1]["label"]) if self.acts else "咨询" if self.consultation_id else ""
