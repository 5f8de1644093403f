"""The demonstration is open at any hour: whoever tries it at night would find every queue closed."""

from __future__ import annotations

from datetime import time, timedelta

from onewindow.hall import slots
from onewindow.hall.models import SpecialDay, Zone
from onewindow.kernel import clock

REASON = "演示环境全天开放"
# Not more: the extended sessions of the week, rosters and all, are to be seen as they are.
DAYS = 2
# Times to book from the first start on: the worker makes the others at night.
BOOKABLE = 3


def open_all_day() -> None:
    """Today and tomorrow, at every site that has zones; days somebody has set already stay."""
    today = clock.today()
    sites = Zone.objects.order_by("site").values_list("site", flat=True).distinct()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    SpecialDay.objects.bulk_create(
        [
            SpecialDay(site_id=site, day=day, opens=time.min, closes=time.max, reason=REASON)
            for site in sites
            for day in days
        ],
        ignore_conflicts=True,
    )
    for site in sites:
        slots.make(site, days=BOOKABLE)
