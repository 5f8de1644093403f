"""Rows the kernel keeps: the ledger, its seals and cursors, the calendar, counters and rate limits."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Entry(models.Model):
    """One act (docs/decisions/0006). Append-only: a trigger refuses UPDATE and DELETE."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    seq = models.PositiveIntegerField()
    event = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=80)
    data = models.JSONField()
    hash = models.BinaryField()
    # Commit order for subscribers: a row is safe to read once no older transaction is still running.
    xact = models.BigIntegerField(db_default=models.expressions.RawSQL("pg_current_xact_id()::text::bigint", []))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject", "seq"], name="entry_one_per_seq")]
        indexes = [models.Index(fields=["xact", "id"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}#{self.seq} {self.event}"


class Chain(models.Model):
    """Head of the hash chain of a subject that has no row of its own to carry it (a person, the catalogue)."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    chain_seq = models.PositiveIntegerField(default=0)
    chain_head = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="chain_one_per_subject")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}"


class DaySeal(models.Model):
    """Merkle root over the hashes of one day's entries (Asia/Shanghai), in id order."""

    day = models.DateField(primary_key=True)
    entries = models.PositiveIntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.day)


class Cursor(models.Model):
    """How far a subscriber has read the ledger."""

    name = models.CharField(max_length=60, primary_key=True)
    xact = models.BigIntegerField(default=0)
    entry = models.BigIntegerField(default=0)
    # How often the next row has failed, and when it is tried again.
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Parked(models.Model):
    """A ledger row its subscriber could not handle in several tries; `onewindow ledger retry` tries again."""

    name = models.CharField(max_length=60)
    entry = models.BigIntegerField()
    error = models.TextField()
    parked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "entry"], name="parked_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.entry}"


class Counter(models.Model):
    """Serial numbers; one row a series and period, taken by one UPDATE … RETURNING."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class CalendarYear(models.Model):
    """Whether the State Council's list of the year has been loaded (official) or only weekends are known."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    official = models.BooleanField(default=False)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.year}{'' if self.official else '（暂定）'}"


class CalendarDay(models.Model):
    """A day that differs from Monday–Friday work: a holiday (off) or a make-up workday 调休上班."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class CalendarEdition(models.Model):
    """The whole calendar as it stood from one publication to the next; a date told earlier is told by an edition."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    source = models.CharField(max_length=200)
    # {"off": {"2026-01-01": "元旦"}, "makeup": {…}, "official": [2026]}
    content = models.JSONField()

    def __str__(self) -> str:
        return f"第 {self.number} 版 {self.source}"


class Flowing(models.Model):
    """A subject of transitions: its state, its revision and the head of its own hash chain."""

    state = models.CharField(max_length=20)
    revision = models.PositiveIntegerField(default=0)
    chain_seq = models.PositiveIntegerField(default=0)
    chain_head = models.BinaryField(default=b"")

    kind: ClassVar[str]

    class Meta:
        abstract = True

    @property
    def subject(self) -> str:
        """What the ledger calls this row; at most 64 characters."""
        raise NotImplementedError


class RateLimit(models.Model):
    """Uses of a key in its running window (kernel.limits)."""

    key = models.CharField(max_length=200, primary_key=True)
    hits = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
