"""Several people at one case: who fills it in together, who has it open."""

from __future__ import annotations

import datetime as dt

from django.db import connection, models
from django.db.models import Q

from onewindow.cases.models.case import Case
from onewindow.kernel import clock, numbers


class CoFiller(models.Model):
    """共同填写人: somebody the applicant asked to help fill in the draft; reads and writes it, never sends it."""

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    case = models.ForeignKey(Case, models.CASCADE, related_name="co_fillers")
    # What the applicant calls this person; not the name of an account.
    label = models.CharField(max_length=30)
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(default=clock.now)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user"], name="co_filler_once", condition=Q(ended_at__isnull=True, user__isnull=False)
            )
        ]
        indexes = [models.Index(fields=["user", "ended_at"])]
        ordering = ["invited_at"]

    def __str__(self) -> str:
        return f"{self.label} @ {self.case_id}"


class Presence(models.Model):
    """Who has a case open now, so that two people at one file see each other."""

    SECONDS = 45

    case = models.ForeignKey(Case, models.CASCADE, related_name="presences")
    user = models.ForeignKey("accounts.User", models.CASCADE)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.case_id}"

    @classmethod
    def meet(cls, case: Case, user_id: int) -> list[str]:
        """Say that the user is here; the names of the others who are. One statement: every look at a file runs it."""
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH here AS (INSERT INTO cases_presence (case_id, user_id, seen_at) VALUES (%s, %s, %s) "
                "ON CONFLICT ON CONSTRAINT presence_once DO UPDATE SET seen_at = EXCLUDED.seen_at) "
                "SELECT u.name FROM cases_presence p JOIN accounts_user u ON u.id = p.user_id "
                "WHERE p.case_id = %s AND p.user_id <> %s AND p.seen_at > %s ORDER BY p.id",
                [case.pk, user_id, now, case.pk, user_id, now - dt.timedelta(seconds=cls.SECONDS)],
            )
            return [name for (name,) in cursor.fetchall()]
