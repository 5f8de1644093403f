"""划转: the power over items goes from one agency to another on a day (行政许可法 §25, 相对集中行政许可权)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from onewindow.kernel import clock
from onewindow.kernel.models import Flowing


class Transfer(Flowing):
    """A plan until its day; then the lock and the bookmarks of the worker that carries it out."""

    class State(models.TextChoices):
        DRAFTING = "drafting", "拟订中"
        PROPOSED = "proposed", "待批准"
        APPROVED = "approved", "待生效"
        RUNNING = "running", "正在划转"
        DONE = "done", "已划转"
        CANCELLED = "cancelled", "已取消"

    kind = "transfer"
    # An item may be in one of these at a time.
    UNDER_WAY = (State.PROPOSED, State.APPROVED, State.RUNNING)

    state = models.CharField(max_length=20, choices=State, default=State.DRAFTING)
    giver = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    taker = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    items = ArrayField(models.CharField(max_length=50), default=list)
    # The document that moves the power: its number 文号 and what it says.
    document = models.CharField(max_length=120)
    basis = models.CharField(max_length=300)
    effective_on = models.DateField()
    # Stage of an application → "move" or "stay" (cases.transfers.STAGES); a draft always goes along.
    rule = models.JSONField(default=dict)
    # Lines of the new organ for the guides; empty: as they are.
    consult = models.CharField(max_length=40, blank=True)
    complain = models.CharField(max_length=40, blank=True)
    remark = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Everybody who has written in it: none of them may approve it.
    writers = ArrayField(models.BigIntegerField(), default=list)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Bookmark of the worker, and what it has done so far.
    case_cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    certificates = models.PositiveIntegerField(default=0)
    failed = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(name="transfer_to_another", condition=~Q(giver=models.F("taker")))]
        indexes = [
            models.Index(
                fields=["state", "effective_on"], condition=Q(state__in=["approved", "running"]), name="transfer_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}（{self.document}）"

    @property
    def subject(self) -> str:
        return f"T{self.pk}"
