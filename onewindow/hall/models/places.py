"""Places: zones 区域, queues 业务组, windows 窗口 and opening hours (data/…/hall/*.csv)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Rules(models.Model):
    """How a site mixes booked and walk-in (docs/decisions/0024); minutes. Absent: these defaults."""

    site = models.OneToOneField("accounts.Site", models.PROTECT, primary_key=True, related_name="hall_rules")
    # 预约: how much earlier than the booked time the number counts, and how late one may come and still be booked.
    booked_minutes = models.PositiveSmallIntegerField(default=15)
    grace_minutes = models.PositiveSmallIntegerField(default=15)
    # 优先: how much earlier than it was drawn the number counts.
    priority_minutes = models.PositiveSmallIntegerField(default=20)
    # 老年人: from this age on, where the card says it (老年人权益保障法 §2).
    elder_age = models.PositiveSmallIntegerField(default=60)
    # 过号: who comes back within this time keeps the place.
    return_minutes = models.PositiveSmallIntegerField(default=30)
    # 现场名额: what the hall has not booked so long before goes online; 0 never.
    release_minutes = models.PositiveSmallIntegerField(default=0)
    # 预警: a wait so long, people waiting with no window for so long, a pause so long.
    long_wait_minutes = models.PositiveSmallIntegerField(default=30)
    unserved_minutes = models.PositiveSmallIntegerField(default=5)
    long_pause_minutes = models.PositiveSmallIntegerField(default=15)

    def __str__(self) -> str:
        return f"{self.site_id}"


class Zone(models.Model):
    """区域 of a site; its letter begins the numbers drawn for its queues."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="zones")
    code = models.CharField(max_length=2)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80, blank=True)
    seq = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="zone_one_per_code")]
        ordering = ["site", "seq"]

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """业务组: items that wait together; any window of the group serves the next number."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="queues")
    code = models.CharField(max_length=4)
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="queues")
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80, blank=True)
    agencies = models.ManyToManyField("accounts.Agency", related_name="+")
    # Takes every item that no other queue of the site takes 无差别综合窗口.
    rest = models.BooleanField(default=False)
    # What serving one number takes, until enough were measured.
    usual_minutes = models.PositiveSmallIntegerField(default=10)
    seq = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="queue_one_per_code"),
            models.UniqueConstraint(fields=["site"], condition=Q(rest=True), name="queue_one_for_the_rest"),
        ]
        ordering = ["site", "seq"]

    def __str__(self) -> str:
        return self.name


class Window(models.Model):
    """窗口; `queues` is its work profile, which a manager changes with one act."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="windows")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="windows")
    number = models.CharField(max_length=6)
    queues = models.ManyToManyField(Queue, related_name="windows")
    # Beyond Chinese, e.g. "en"; who needs it waits for such a window.
    languages = ArrayField(models.CharField(max_length=8), default=list)
    # 无障碍: low counter, hearing loop.
    accessible = models.BooleanField(default=False)
    # How often it was arranged: whoever arranges it says which one they saw.
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="window_one_per_number")]
        ordering = ["site", "number"]

    def __str__(self) -> str:
        return self.number


class Hours(models.Model):
    """开放时间 of a site, of one zone or of one queue of it. They never feed the legal clock."""

    class Kind(models.TextChoices):
        REGULAR = "regular", "工作时间"
        NOON = "noon", "午间不断档"
        EVENING = "evening", "夜间延时"
        SATURDAY = "saturday", "周六延时"

    EXTENDED = (Kind.NOON, Kind.EVENING, Kind.SATURDAY)

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="opening")
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, related_name="opening")
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, related_name="opening")
    # 1 Monday … 7 Sunday.
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REGULAR)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "zone", "queue", "weekday", "opens"], name="hours_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="hours_forward"),
            models.CheckConstraint(condition=Q(zone=None) | Q(queue=None), name="hours_of_zone_or_queue"),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="hours_weekday"),
        ]
        ordering = ["site", "weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A day that differs: closed, or open at other hours, with the reason people read."""

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="special_days")
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, related_name="special_days")
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, related_name="special_days")
    day = models.DateField()
    # Both empty: closed.
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)
    reason = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "zone", "queue", "day"], name="special_day_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(zone=None) | Q(queue=None), name="special_day_of_zone_or_queue"),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None) | Q(closes__gt=F("opens")), name="special_day_forward"
            ),
        ]
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"
