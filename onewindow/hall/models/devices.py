"""自助设备: kiosks, ticket machines, screens and doors; what they printed, and who opened a door."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q

from onewindow.hall.models.places import Zone
from onewindow.kernel import clock


class Device(models.Model):
    """自助设备, known by a token that only its own browser or controller holds; the row keeps the hash."""

    class Kind(models.TextChoices):
        KIOSK = "kiosk", "自助终端"
        TICKETS = "tickets", "取号机"
        SCREEN = "screen", "显示屏"
        DOOR = "door", "门禁"

    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="devices")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="devices")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.KIOSK)
    token_hash = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField(null=True)
    # Nothing was heard for too long; the manager has been told.
    silent = models.BooleanField(default=False)
    # What it last told about itself: {"paper": "low", "ink": "ok", "door": "closed", "version": …}.
    state = models.JSONField(default=dict)
    # 停用 with the reason people read at the device.
    closed_reason = models.CharField(max_length=60, blank=True)
    # What the manager lets it show.
    message = models.CharField(max_length=120, blank=True)
    # Left in the device: sheets of A4, and tickets of the roll; null where it has no such printer.
    sheets = models.IntegerField(null=True)
    roll = models.IntegerField(null=True)
    # The ticket printer in the hall's network (TCP 9100), and the dots of its line: 384 at 58 mm, 576 at 80 mm.
    printer_host = models.GenericIPAddressField(null=True, protocol="IPv4")
    printer_port = models.PositiveIntegerField(default=9100)
    printer_dots = models.PositiveSmallIntegerField(default=576)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="device_one_per_code"),
            models.UniqueConstraint(fields=["token_hash"], condition=~Q(token_hash=""), name="device_one_per_token"),
            models.CheckConstraint(condition=Q(sheets__isnull=True) | Q(sheets__gte=0), name="device_sheets_left"),
            models.CheckConstraint(condition=Q(roll__isnull=True) | Q(roll__gte=0), name="device_roll_left"),
        ]
        ordering = ["site", "code"]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    @property
    def key(self) -> str:
        """In the ledger, as subject and as actor."""
        return f"{self.site_id}-{self.code}"

    @property
    def works(self) -> bool:
        return not (self.closed_reason or self.silent)

    @property
    def rules(self) -> DeviceRules:
        try:
            return self.site.device_rules
        except DeviceRules.DoesNotExist:
            return DeviceRules(site_id=self.site_id)

    def tells(self, what: str) -> str:
        """A sensor's word: ok, low, out; empty when it has not told."""
        return str(self.state.get(what, ""))


class DeviceRules(models.Model):
    """What a manager sets for the devices of a site. Absent: these defaults."""

    site = models.OneToOneField("accounts.Site", models.PROTECT, primary_key=True, related_name="device_rules")
    # Nothing heard for so long: not reachable.
    silent_minutes = models.PositiveSmallIntegerField(default=5)
    # A session at a kiosk ends after so long without a touch, and after so long in any case.
    idle_seconds = models.PositiveSmallIntegerField(default=60)
    session_minutes = models.PositiveSmallIntegerField(default=10)
    low_sheets = models.PositiveSmallIntegerField(default=30)
    low_roll = models.PositiveSmallIntegerField(default=50)
    # 门禁记录 are personal data: kept no longer than they are needed.
    door_days = models.PositiveSmallIntegerField(default=90)

    def __str__(self) -> str:
        return f"{self.site_id}"

    @property
    def silence(self) -> timedelta:
        return timedelta(minutes=self.silent_minutes)


class Printout(models.Model):
    """One press of a print button: made before anything is sent, so that no press prints twice."""

    class What(models.TextChoices):
        TICKET = "ticket", "号票"
        GUIDE = "guide", "办事指南"
        CERTIFICATE = "certificate", "证照"

    class State(models.TextChoices):
        SENDING = "sending", "正在打印"
        SENT = "sent", "已打印"
        FAILED = "failed", "没有打出"

    # Of the press, made with the page that has the button.
    once = models.CharField(max_length=40, unique=True, default=uuid.uuid4)
    device = models.ForeignKey(Device, models.PROTECT, related_name="printouts")
    what = models.CharField(max_length=12, choices=What)
    # Number of the ticket's visit, the certificate or the item.
    subject = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.SENDING)
    why = models.CharField(max_length=80, blank=True)
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["what", "subject"]), models.Index(fields=["device", "-id"])]

    def __str__(self) -> str:
        return f"{self.device_id} {self.what} {self.subject}"


class Opening(models.Model):
    """门禁记录: who opened a door of the 24-hour area, known by the index of the card or code and its last digits."""

    class How(models.TextChoices):
        CARD = "card", "身份证"
        CODE = "code", "预约码"
        BUTTON = "button", "出门按钮"
        REMOTE = "remote", "远程开门"

    device = models.ForeignKey(Device, models.PROTECT, related_name="openings")
    # The controller's own number of the event: told twice, it is kept once.
    event = models.CharField(max_length=40)
    at = models.DateTimeField()
    how = models.CharField(max_length=8, choices=How)
    granted = models.BooleanField(default=True)
    # Keyed hash of what was shown at the reader, and what of it may be read.
    mark_index = models.CharField(max_length=64, blank=True, db_index=True)
    mark_masked = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "event"], name="opening_told_once")]
        indexes = [models.Index(fields=["device", "-at", "-id"], name="opening_newest")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.at} {self.how}"
