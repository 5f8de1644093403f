from __future__ import annotations

from django.db import models

from onewindow.kernel import clock


class IdempotentReply(models.Model):
    """The answer kept for an Idempotency-Key, so that a retried request acts once."""

    token = models.ForeignKey("accounts.ApiToken", models.CASCADE)
    key = models.CharField(max_length=100)
    # Digest of method, path and body: the same key with another request is refused.
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="reply_one_per_key")]

    def __str__(self) -> str:
        return self.key


class Webhook(models.Model):
    """An address that is told what happens to the cases its account may see (docs/api.md)."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    # Signing key, encrypted; shown once when the webhook is made.
    secret = models.TextField()
    # Names of ledger events, or ["*"].
    events = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    # The receiver said 410 Gone, or nothing arrived for days; why, in words.
    stopped_at = models.DateTimeField(null=True)
    stopped_because = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "id"])]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event on its way to one webhook."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待发送"
        SENT = "sent", "已送达"
        FAILED = "failed", "没有送达"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    # Ledger row told about; 0 for a test.
    entry = models.BigIntegerField()
    event = models.CharField(max_length=60)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "entry"], name="delivery_once_per_entry", condition=models.Q(entry__gt=0)
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event} → {self.webhook_id}"
