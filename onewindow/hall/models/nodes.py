"""The hall node 大厅节点: who has the say over a site, and what is on its way between node and centre (0025)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from onewindow.kernel import clock, numbers

# Primary keys a lease may use: more than a hall needs in a century, and what a browser can count.
BLOCK = 10**10
# After so long without contact the centre calls a node silent: it contacts every second.
SILENT = timedelta(seconds=20)


class Node(models.Model):
    """主持权: one lease of a site to one node, kept at the centre. Its key begins the node's block of primary keys."""

    class State(models.TextChoices):
        ISSUED = "issued", "待启用"
        LIVE = "live", "主持中"
        LEAVING = "leaving", "正在交回"
        ENDED = "ended", "已收回"

    HOLDING = (State.LIVE, State.LEAVING)

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="nodes")
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    # The machine that began with the token; another one is refused.
    instance = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField(default=clock.now)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Taken away without its word: what it still brings is taken in late.
    forced = models.BooleanField(default=False)
    contact_at = models.DateTimeField(null=True)
    # Rows of its outbox that are in, and the hash of the last.
    taken = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    # What it told at the last contact: rows that wait, since when, its clock minus ours.
    waiting = models.PositiveIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True)
    skew_ms = models.IntegerField(default=0)
    fault = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=Q(state__in=["live", "leaving"]), name="node_one_has_the_say"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_key(self) -> int:
        return self.pk * BLOCK

    @property
    def is_silent(self) -> bool:
        return self.contact_at is None or clock.now() - self.contact_at > SILENT

    @property
    def is_behind(self) -> bool:
        """What the centre knows of the hall is not of now."""
        return self.is_silent or (self.oldest_at is not None and clock.now() - self.oldest_at > SILENT)


class NodeConflict(models.Model):
    """对账疑点: a row of a node that could not be put in as it was; kept until somebody has looked at it."""

    node = models.ForeignKey(Node, models.PROTECT, related_name="conflicts")
    n = models.BigIntegerField()
    table = models.CharField(max_length=60)
    row = models.JSONField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "n"], name="node_conflict_once")]

    def __str__(self) -> str:
        return f"{self.node} #{self.n}"


class Outpost(models.Model):
    """On the node: which site it has the say over, and how it stands with the centre. One row."""

    class State(models.TextChoices):
        NEW = "new", "未启用"
        HELD = "held", "主持中"
        FENCED = "fenced", "已停止"

    site_code = models.CharField(max_length=20, primary_key=True)
    centre = models.CharField(max_length=200)
    instance = models.CharField(max_length=32)
    # The lease at the centre.
    lease = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    contact_at = models.DateTimeField(null=True)
    # Rows the centre has, and the hash of the last.
    sent = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    # What the centre said when it refused.
    said = models.CharField(max_length=300, blank=True)
    # Part of the brief → its digest.
    parts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.site_code

    @property
    def is_cut_off(self) -> bool:
        return self.contact_at is None or clock.now() - self.contact_at > SILENT

    @property
    def since(self) -> datetime | None:
        return self.contact_at


class Outgoing(models.Model):
    """A changed row on its way to the centre, written by a trigger with the change itself.

    `n` is given once no older transaction runs: the order of commit.
    """

    n = models.BigIntegerField(null=True, unique=True)
    head = models.CharField(max_length=64, blank=True)
    xact = models.BigIntegerField()
    at = models.DateTimeField()
    table = models.CharField(max_length=60)
    gone = models.BooleanField(default=False)
    row = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(n=None), name="outgoing_to_number")]

    def __str__(self) -> str:
        return f"{self.n} {self.table}"


class Errand(models.Model):
    """转办: what somebody asks for on the phone at the centre and the node carries out, once."""

    class State(models.TextChoices):
        WAITING = "waiting", "等大厅答复"
        DONE = "done", "已办"
        REFUSED = "refused", "没有办成"

    class What(models.TextChoices):
        DRAW = "draw", "取号"
        GIVE_UP = "give_up", "放弃"
        COME_BACK = "come_back", "过号回来"
        POSTPONE = "postpone", "晚点来"

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What)
    said = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # The visit's secret, or why not.
    answer = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["site", "asked_at"], condition=Q(state="waiting"), name="errand_waiting")]

    def __str__(self) -> str:
        return f"{self.what} {self.number}"
