"""Outside systems 外部系统, what goes to and fro, and what was completed there without ever being a case here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from onewindow.kernel import clock

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal


class System(models.Model):
    """A configured outside system; its key is what guides name (`Guide.outside.system`)."""

    key = models.SlugField(max_length=40, primary_key=True)
    name = models.CharField(max_length=60)
    adapter = models.CharField(max_length=40)
    options = models.JSONField(default=dict)
    # Option → cipher, or "env:ONEWINDOW_EXCHANGE_…"; never shown.
    secrets = models.JSONField(default=dict)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_because = models.CharField(max_length=120, blank=True)
    # Failures in a row; from a handful on nothing is sent until `open_until` (the circuit is open).
    failures = models.PositiveSmallIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    # Where polling goes on.
    cursor = models.CharField(max_length=200, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    # Callbacks not believed.
    refused = models.PositiveIntegerField(default=0)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_because = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """断开: the other side did not answer several times; it is tried again later."""
        return self.open_until is not None and self.open_until > clock.now()

    @property
    def may_send(self) -> bool:
        return self.paused_at is None and not self.is_open


class Letter(models.Model):
    """来往消息: one handover on its way out, or one word that came in. Bodies are never shown whole."""

    class Way(models.TextChoices):
        OUT = "out", "送出"
        IN = "in", "收到"

    class State(models.TextChoices):
        WAITING = "waiting", "等待"
        DONE = "done", "完成"
        PARKED = "parked", "搁置"

    system = models.ForeignKey(System, models.PROTECT, related_name="letters")
    way = models.CharField(max_length=3, choices=Way)
    # Idempotency key of ours, or their id: once each.
    mark = models.CharField(max_length=120)
    what = models.CharField(max_length=20)
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="letters")
    # The word as it came, encrypted; handovers are made anew from the case at each attempt.
    body = models.TextField(blank=True)
    # What may be seen of it.
    shown = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=clock.now)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "way", "mark"], name="letter_once")]
        indexes = [
            models.Index(fields=["system", "-id"]),
            models.Index(fields=["next_at"], name="letter_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.way} {self.mark}"


class Batch(models.Model):
    """One import 导入 of completions: what it did, and the rows that did not fit (encrypted: they hold names).

    Taken in by the worker, some rows at a time; `done` of them stand. The same file of the same person is one batch.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "导入中"
        DONE = "done", "完成"
        FAILED = "failed", "中断"

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    sha256 = models.CharField(max_length=64, blank=True)
    # {"header", "rows"} as encrypted JSON until all of them have been read.
    content = models.TextField(blank=True)
    done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=120)
    by = models.ForeignKey("accounts.User", models.PROTECT)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    rows = models.PositiveIntegerField(default=0)
    # Word → how many rows: case, new, changed, same.
    counts = models.JSONField(default=dict)
    faults = models.PositiveIntegerField(default=0)
    # [[row number, why, cells …]] and the header, as encrypted JSON.
    kept = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "sha256"], name="batch_once_per_file", condition=~Q(sha256=""))
        ]
        indexes = [models.Index(fields=["id"], name="batch_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return self.file


class CompletionQuerySet(models.QuerySet["Completion"]):
    def open_to(self, principal: Principal) -> CompletionQuerySet:
        if principal.has("operator") or principal.has_at(None, "supervisor"):
            return self
        return self.filter(agency_id__in=principal.agencies("clerk", "manager", "supervisor"))

    def counted(self) -> models.QuerySet[Completion, dict[str, Any]]:
        """How many an item, agency and day, the newest day first."""
        rows = self.values("done_on", "agency__short_name", "item_id", "item__name")
        return rows.annotate(count=models.Count("id")).order_by("-done_on", "agency__short_name", "item_id")


class Completion(models.Model):
    """外部办结: done in an outside system and never a case here; kept to be counted, with a masked name at most."""

    system = models.CharField(max_length=40)
    number = models.CharField(max_length=60)
    item = models.ForeignKey("catalogue.Item", models.PROTECT, related_name="completions")
    agency = models.ForeignKey("accounts.Agency", models.PROTECT)
    done_on = models.DateField()
    outcome = models.CharField(max_length=10)
    applicant = models.CharField(max_length=20, blank=True)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, blank=True)
    told_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(null=True, blank=True)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "number"], name="completion_once")]
        indexes = [models.Index(fields=["agency", "-done_on", "item"])]

    def __str__(self) -> str:
        return f"{self.system} {self.number}"
