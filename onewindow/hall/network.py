"""三级服务网: hall, town centres and village stations; which of them is open now, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet

from onewindow.accounts.models import Site
from onewindow.catalogue.models import Item
from onewindow.hall.hours import AHEAD, Period, Timetable
from onewindow.hall.models import Hours, SpecialDay
from onewindow.kernel import clock

Level = Site.Level


@dataclass(frozen=True)
class Place:
    """A site as a whole; what single zones or queues have besides is on the hall's own page."""

    site: Site
    timetable: Timetable

    @property
    def known(self) -> bool:
        """Somebody has written its opening hours down."""
        return bool(self.timetable.hours)

    @cached_property
    def period(self) -> Period | None:
        return self.timetable.now(None) if self.known else None

    @property
    def until(self) -> datetime | None:
        return datetime.combine(clock.today(), self.period.closes, clock.SHANGHAI) if self.period else None

    @property
    def opens(self) -> datetime | None:
        return self.timetable.next_opening(None) if self.known and not self.period else None

    def week(self) -> list[tuple[date, list[Period]]]:
        days = [clock.today() + timedelta(days=ahead) for ahead in range(7)] if self.known else []
        return [(day, self.timetable.periods(None, day)) for day in days]


@dataclass(frozen=True)
class Town:
    place: Place
    stations: list[Place]
    # Of its stations, those that are open now.
    open: int


def sites() -> QuerySet[Site]:
    """Halls with windows, and every village station."""
    served = Q(level=Level.VILLAGE) | Q(pk__in=Site.objects.filter(zones__isnull=False).values("pk"))
    return Site.objects.filter(served).order_by("code")


def places(found: Sequence[Site]) -> list[Place]:
    """Two queries, however many sites."""
    today = clock.today()
    keys = [site.pk for site in found]
    hours: dict[str, list[Hours]] = defaultdict(list)
    for row in Hours.objects.filter(site__in=keys, zone=None, queue=None):
        hours[row.site_id].append(row)
    special: dict[str, list[SpecialDay]] = defaultdict(list)
    days = (today - timedelta(days=1), today + timedelta(days=AHEAD))
    for day in SpecialDay.objects.filter(site__in=keys, zone=None, queue=None, day__range=days):
        special[day.site_id].append(day)
    return [Place(site, Timetable(tuple(hours[site.pk]), tuple(special[site.pk]))) for site in found]


def place(site: Site) -> Place:
    return places([site])[0]


def towns(found: Sequence[Place]) -> list[Town]:
    """Those given, as towns with their stations; a station is found under its town."""
    stations: dict[str | None, list[Place]] = defaultdict(list)
    for each in found:
        if each.site.level == Level.VILLAGE:
            stations[each.site.parent_id].append(each)
    return [
        Town(each, stations[each.site.pk], sum(station.period is not None for station in stations[each.site.pk]))
        for each in found
        if each.site.level == Level.TOWN
    ]


def taking(found: QuerySet[Site], item: Item) -> QuerySet[Site]:
    """Where the item is taken in: at the levels its guide names, and always at the district's hall."""
    return found.filter(level__in={Level.DISTRICT.value, *item.guide.levels})


def taken_at(level: str) -> QuerySet[Item]:
    """What is taken in at the places of this level."""
    known = Item.objects.filter(current__isnull=False).select_related("agency", "current")
    return known.filter(current__body__levels__contains=[level]).order_by("agency__seq", "-complete", "code")
