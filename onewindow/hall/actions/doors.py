"""门禁记录 of the 24-hour area: kept without personal numbers, found by card, and no longer than the rule says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from onewindow.accounts.models import Site
from onewindow.hall.actions import devices
from onewindow.hall.models import Device, Opening
from onewindow.kernel import clock, secrecy

# A controller whose clock is wrong is not believed further than this.
AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Told:
    event: str
    at: datetime
    how: str
    granted: bool
    mark: str


def keep(device: Device, told: list[Told]) -> int:
    """How many were new: a controller that tells an event again is right to do so."""
    limit, before = clock.now() + AHEAD, device.openings.count()
    Opening.objects.bulk_create(
        [
            Opening(
                device=device, event=each.event, at=min(each.at, limit), how=each.how, granted=each.granted,
                mark_index=index(each.mark), mark_masked=masked(each.mark),
            )
            for each in told
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return device.openings.count() - before


def index(mark: str) -> str:
    return secrecy.index(mark, purpose="door") if mark.strip() else ""


def masked(mark: str) -> str:
    """The last four; the code of a booking is as secret as a card while its day lasts."""
    mark = mark.strip()
    return f"…{mark[-4:]}" if len(mark) > 4 else "…" if mark else ""


def found(openings: QuerySet[Opening], typed: str) -> QuerySet[Opening]:
    """Those of one card or code, as it was shown at the reader."""
    return openings.filter(mark_index=index(typed))


def forget() -> int:
    """What the site's rule no longer keeps."""
    gone = 0
    for site in Site.objects.filter(devices__openings__isnull=False).distinct().order_by("pk"):
        old = clock.now() - timedelta(days=devices.rules_of(site).door_days)
        gone += Opening.objects.filter(device__site=site, at__lt=old).delete()[0]
    return gone
