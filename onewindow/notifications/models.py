from __future__ import annotations

from django.db import models

from onewindow.kernel import clock


class MessageQuerySet(models.QuerySet["Message"]):
    def in_app(self, user_id: int) -> MessageQuerySet:
        return self.filter(user_id=user_id, channel="in_app")

    def unread(self, user_id: int) -> MessageQuerySet:
        return self.in_app(user_id).filter(read_at__isnull=True)


class Message(models.Model):
    """One notice to one recipient by one channel."""

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"

    channel = models.CharField(max_length=20)
    user = models.ForeignKey("accounts.User", models.CASCADE, null=True, blank=True, related_name="messages")
    to = models.CharField(max_length=80)
    template = models.CharField(max_length=40)
    text = models.TextField()
    link = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=64, blank=True, db_index=True)
    # The ledger row that caused it: a replay of the ledger sends nothing twice.
    entry = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reference = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "channel", "to"], name="message_once_per_entry"),
        ]
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.template}"
