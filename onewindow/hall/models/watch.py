"""What a manager of the hall does and is told: windows moved 调整窗口, alerts 预警."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from onewindow.hall.models.devices import Device
from onewindow.hall.models.places import Queue, Window
from onewindow.kernel import clock


class Move(models.Model):
    """调整窗口: what windows served before and serve since, so that it can be taken back."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    # {window: {"number", "queues": before, "edition": of the window once it was moved}}
    windows = models.JSONField()
    # Primary keys and names of the queues served since.
    queues = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["site", "-at"], name="move_recent")]

    def __str__(self) -> str:
        return f"{'、'.join(self.numbers)} → {'、'.join(self.names)}"

    @property
    def numbers(self) -> list[str]:
        return sorted(each["number"] for each in self.windows.values())

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.queues]


class Alert(models.Model):
    """预警, recorded once while it lasts; whoever has seen it says so."""

    class Kind(models.TextChoices):
        WAIT = "wait", "等候过久"
        UNSERVED = "unserved", "有人等候没有窗口"
        PAUSED = "paused", "暂停过久"
        DEVICE = "device", "设备异常"

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, related_name="+")
    window = models.ForeignKey(Window, models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=120)
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind", "queue", "window", "device"], condition=models.Q(ended_at=None),
                nulls_distinct=False, name="alert_once",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["site", "-began_at"], name="alert_recent")]

    def __str__(self) -> str:
        return self.words

    @property
    def about(self) -> tuple[str, int | None, int | None, int | None]:
        return self.kind, self.queue_id, self.window_id, self.device_id
