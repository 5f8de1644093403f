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
