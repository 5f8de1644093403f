"""自助设备: tokens, out of order, messages, refills; signs of life, and what happens when none come."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet

from onewindow.accounts.models import Post, Site, User
from onewindow.accounts.principal import Principal
from onewindow.hall.models import Device, DeviceRules
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import Actor
from onewindow.kernel.numbers import LEGIBLE
from onewindow.notifications.actions import notify

# 24 legible characters: 120 random bits, and short enough to be typed at the device.
TOKEN_LENGTH = 24
# A sign of life is written down at most once in so many seconds.
NOTED = 20
CLOCK = ledger.System("devices", "设备巡检")
ASKED_TO_MOST = 2000


@dataclass(frozen=True)
class Machine:
    """A device as the ledger's actor."""

    device: Device

    @property
    def key(self) -> str:
        return f"device:{self.device.key}"

    @property
    def name(self) -> str:
        return str(self.device)


def rules_of(site: Site) -> DeviceRules:
    return DeviceRules.objects.filter(site=site).first() or DeviceRules(site=site)


def managed_by(principal: Principal) -> QuerySet[Device]:
    """The devices a manager or operator may look after: of their sites, or all of them."""
    held = [post for post in principal.posts if post.role in ("manager", "operator")]
    if any(post.site is None and (post.role == "operator" or post.agency is None) for post in held):
        return Device.objects.all()
    return Device.objects.filter(site__in={post.site for post in held if post.site})


def _guard(device: Device, by: Principal) -> None:
    if not managed_by(by).filter(pk=device.pk).exists():
        raise PermissionDenied("只有大厅管理和运维可以管理设备。")


def _note(device: Device, event: str, by: Actor, **data: Any) -> int:
    return ledger.record(("device", device.key), event, by=by, data=data)


@transaction.atomic
def issue_token(device: Device, *, by: Principal) -> str:
    """The token, shown once; the one before is dead from now on."""
    _guard(device, by)
    return hand_token(device, by=by)


def hand_token(device: Device, *, by: Actor) -> str:
    token = "".join(secrets.choice(LEGIBLE) for _ in range(TOKEN_LENGTH))
    device.token_hash = _digest(token)
    Device.objects.filter(pk=device.pk).update(token_hash=device.token_hash, seen_at=None, silent=False)
    _note(device, "device.token_issued", by)
    return token


@transaction.atomic
def revoke_token(device: Device, *, by: Principal) -> None:
    _guard(device, by)
    if Device.objects.filter(pk=device.pk).exclude(token_hash="").update(token_hash="", silent=False):
        _note(device, "device.token_revoked", by)
    device.token_hash = ""


def find(typed: str) -> Device | None:
    """The device whose token this is, as typed or scanned; revoked tokens open nothing from the next request on."""
    token = "".join(typed.upper().replace("-", " ").split()).translate(str.maketrans("OIL", "011"))
    if len(token) != TOKEN_LENGTH:
        return None
    return Device.objects.select_related("site__device_rules", "zone").filter(token_hash=_digest(token)).first()


def _digest(token: str) -> str:
    # 120 random bits: a plain hash cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def close(device: Device, *, by: Principal, reason: str) -> None:
    """停用: the device says why and where the next working one is."""
    _guard(device, by)
    reason = reason.strip()[:60]
    if len(reason) < 2:
        raise ValueError("请写明为什么停用，群众在设备上看得到。")
    if Device.objects.filter(pk=device.pk).exclude(closed_reason=reason).update(closed_reason=reason):
        _note(device, "device.closed", by, reason=reason)
    device.closed_reason = reason


@transaction.atomic
def reopen(device: Device, *, by: Principal, reason: str) -> None:
    _guard(device, by)
    reason = reason.strip()[:60]
    if len(reason) < 2:
        raise ValueError("请写明怎么修好的，下一次坏了好查。")
    if Device.objects.filter(pk=device.pk).exclude(closed_reason="").update(closed_reason=""):
        _note(device, "device.reopened", by, reason=reason)
    device.closed_reason = ""


@transaction.atomic
def say(device: Device, *, by: Principal, message: str) -> None:
    _guard(device, by)
    message = " ".join(message.split())[:120]
    if Device.objects.filter(pk=device.pk).exclude(message=message).update(message=message):
        _note(device, "device.message_set", by, message=message)
    device.message = message


@transaction.atomic
def refill(device: Device, *, by: Principal, sheets: int | None, roll: int | None) -> None:
    """加纸: what is in it now; None is a printer it does not have."""
    _guard(device, by)
    for amount in (sheets, roll):
        if amount is not None and not 0 <= amount <= ASKED_TO_MOST:
            raise ValueError(f"纸张数量应在 0 到 {ASKED_TO_MOST} 之间。")
    Device.objects.filter(pk=device.pk).update(sheets=sheets, roll=roll)
    device.sheets, device.roll = sheets, roll
    _note(device, "device.refilled", by, sheets=sheets, roll=roll)


@transaction.atomic
def equip(device: Device, *, by: Principal, host: str, port: int, dots: int) -> None:
    """The ticket printer of the device: only inside our own network, so that the register reaches nothing else."""
    _guard(device, by)
    host = host.strip()
    if host and not _inside(host):
        raise ValueError("打印机地址应是大厅内网的 IPv4 地址，例如 192.168.10.21。")
    if not 1024 <= port <= 65535 or dots not in (384, 576):
        raise ValueError("端口一般是 9100；纸宽是 58 毫米或 80 毫米。")
    Device.objects.filter(pk=device.pk).update(printer_host=host or None, printer_port=port, printer_dots=dots)
    _note(device, "device.equipped", by, host=host, port=port, dots=dots)
    device.refresh_from_db()


def _inside(host: str) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return False
    if found.is_loopback:
        return settings.SANDBOX
    private = found.is_private and not (found.is_link_local or found.is_unspecified or found.is_reserved)
    return isinstance(found, IPv4Address) and private


def heard(device: Device, told: dict[str, Any] | None = None) -> None:
    """A sign of life; with what it tells of itself when it comes from the device's own program."""
    now = clock.now()
    fields: dict[str, Any] = {"seen_at": now, "silent": False}
    if told is None and device.seen_at and not device.silent and (now - device.seen_at).total_seconds() < NOTED:
        return
    before, was_silent = dict(device.state), device.silent
    if told is not None:
        fields["state"] = device.state | told
    with transaction.atomic():
        if was_silent and not Device.objects.filter(pk=device.pk, silent=True).update(silent=False):
            was_silent = False
        Device.objects.filter(pk=device.pk).update(**fields)
        for name, value in fields.items():
            setattr(device, name, value)
        if was_silent:
            _note(device, "device.reachable", Machine(device))
        for what in ("paper", "ink"):
            if device.tells(what) in ("low", "out") and before.get(what) != device.tells(what):
                warn(device, "device.supply", what=what, level=device.tells(what))


WORDS = {"paper": "纸", "ink": "墨", "sheets": "A4 纸", "roll": "号票纸", "low": "快用完了", "out": "用完了"}


def warn(device: Device, event: str, *, what: str, level: str) -> None:
    """Low or out: in the ledger, and told to whoever looks after the site, once for each change."""
    entry = _note(device, event, Machine(device), what=what, level=level)
    _tell(device, f"{WORDS[what]}{WORDS[level]}", entry)


def _tell(device: Device, trouble: str, entry: int) -> None:
    now = clock.today()
    of_site = Q(posts__site=device.site_id) | Q(posts__site=None)
    managers = User.objects.filter(
        of_site, Q(posts__ends=None) | Q(posts__ends__gte=now), posts__role=Post.Role.MANAGER,
        posts__agency=None, is_active=True,
    )  # fmt: skip
    for user in managers.distinct().order_by("pk"):
        notify(
            user=user, template="device_trouble", subject=device.key,
            context={"device": f"{device.zone.name} {device}", "trouble": trouble}, entry=entry,
            link=f"/manage/devices/{device.site_id}/{device.code}/",
        )  # fmt: skip


def sweep() -> int:
    """Devices nothing was heard of for too long; run twice or by two workers, each is told of once."""
    found = 0
    registered = Device.objects.exclude(token_hash="").filter(silent=False, seen_at__isnull=False)
    registered = registered.exclude(site__in=authority.unheard())
    for site in Site.objects.filter(devices__in=registered).distinct().select_related("device_rules").order_by("pk"):
        rules = rules_of(site)
        late = registered.filter(site=site, seen_at__lt=clock.now() - rules.silence).select_related("zone")
        for device in late:
            found += _fall_silent(device, rules)
    return found


@transaction.atomic
def _fall_silent(device: Device, rules: DeviceRules) -> int:
    limit = clock.now() - rules.silence
    if not Device.objects.filter(pk=device.pk, silent=False, seen_at__lt=limit).update(silent=True):
        return 0
    entry = _note(device, "device.unreachable", CLOCK, minutes=rules.silent_minutes)
    _tell(device, f"已有 {rules.silent_minutes} 分钟没有消息", entry)
    return 1


def next_working(device: Device) -> Device | None:
    """Where to go instead: of the same kind, first in the same zone, heard of lately."""
    others = Device.objects.filter(
        site=device.site_id, kind=device.kind, closed_reason="", silent=False,
        seen_at__gt=clock.now() - max(device.rules.silence, timedelta(minutes=1)),
    ).exclude(Q(pk=device.pk) | Q(token_hash=""))  # fmt: skip
    known = others.select_related("zone").order_by("code")
    return known.filter(zone=device.zone_id).first() or known.first()


def take(device: Device, column: str, pages: int) -> bool:
    """Paper for what is about to print; of many who print at once nobody gets a sheet that is not there."""
    if getattr(device, column) is None:
        return True
    enough = Device.objects.filter(pk=device.pk, **{f"{column}__gte": pages})
    if not enough.update(**{column: F(column) - pages}):
        return False
    device.refresh_from_db(fields=[column])
    left, limit = getattr(device, column), getattr(device.rules, f"low_{column}")
    if left <= limit < left + pages or left == 0:
        warn(device, "device.paper_low", what=column, level="out" if left == 0 else "low")
    return True
