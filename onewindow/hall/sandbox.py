"""Stand-ins for the devices of a hall: they speak the real API over HTTP, say what they are, and never run in
production.
"""

from __future__ import annotations

import itertools
import logging
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from onewindow.hall.actions import devices
from onewindow.hall.models import Device
from onewindow.kernel import clock, ledger

log = logging.getLogger(__name__)
VERSION = "sandbox-1"
BY = ledger.System("sandbox", "模拟设备")
SECONDS = 10
# One in so many tells of a trouble, and one goes silent in between.
TROUBLED, SILENT = 17, 23
FILLED = {"sheets": 400, "roll": 600}


@dataclass
class SandboxDevice:
    """One device with its token."""

    url: str
    code: str
    kind: str
    token: str
    rank: int
    events: Any = field(default_factory=itertools.count)

    def round(self, number: int) -> bool:
        """What it tells in this round; False when it is to be silent or nobody hears."""
        if not self.token or (self.rank % SILENT == SILENT - 1 and number % 12 >= 4):
            return False
        if not self._post("heartbeats", self.state(number)):
            return False
        return self.kind != Device.Kind.DOOR or self._post("openings", {"openings": [self.opening()]})

    def state(self, number: int) -> dict[str, Any]:
        told: dict[str, Any] = {"version": VERSION}
        if self.kind == Device.Kind.DOOR:
            return told | {"door": "closed"}
        troubled = self.rank % TROUBLED == TROUBLED - 1
        ink = "low" if troubled and number >= 1 else "ok"
        return told | {"paper": "ok", **({"ink": ink} if self.kind == Device.Kind.KIOSK else {})}

    def opening(self) -> dict[str, Any]:
        """Invented marks: no number of anybody."""
        how = random.choice(["card", "card", "code", "button"])  # noqa: S311 - a demonstration
        mark = "" if how == "button" else f"SANDBOX{random.randrange(10_000):04d}"  # noqa: S311
        at = clock.now()
        return {"event": f"{at:%Y%m%d%H%M%S}-{next(self.events)}", "at": at.isoformat(), "how": how, "mark": mark,
                "granted": random.random() > 0.05}  # fmt: skip # noqa: S311

    def _post(self, noun: str, body: dict[str, Any]) -> bool:
        head = {"Authorization": f"Bearer {self.token}"}
        try:
            reply = requests.post(f"{self.url}/api/v1/devices/{noun}", json=body, headers=head, timeout=SECONDS)
        except requests.RequestException as error:
            log.warning("模拟设备 %s：%s", self.code, type(error).__name__)
            return False
        if reply.status_code == 401:  # somebody has registered the device itself
            self.token = ""
        elif reply.status_code != 200:
            log.warning("模拟设备 %s：%s %s", self.code, reply.status_code, reply.text[:200])
        return reply.status_code == 200


def plug_in(url: str, most: int) -> list[SandboxDevice]:
    """Tokens for devices nobody has registered, and again for those that were simulated before; others stay alone."""
    if not settings.SANDBOX:
        raise ImproperlyConfigured("模拟设备不能在生产环境运行。")
    free = Q(token_hash="") | Q(state__version=VERSION)
    made = []
    for rank, device in enumerate(Device.objects.filter(free).exclude(kind="screen").order_by("site", "code")[:most]):
        token = devices.hand_token(device, by=BY)
        if device.kind != Device.Kind.DOOR and device.roll is None and device.sheets is None:
            column = "sheets" if device.kind == Device.Kind.KIOSK else "roll"
            Device.objects.filter(pk=device.pk).update(**{column: FILLED[column]})
        made.append(SandboxDevice(url.rstrip("/"), device.code, device.kind, token, rank))
    return made


def pause(count: int, every: timedelta) -> float:
    """Between two devices, so that all of them are through in time and none crowds the other."""
    return every.total_seconds() / max(1, count)
