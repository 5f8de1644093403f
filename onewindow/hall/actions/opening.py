"""开放时间: changed by the hall's manager; numbers, slots and bookings follow. The legal clock never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.models import Site
from onewindow.accounts.principal import Principal
from onewindow.hall import slots
from onewindow.hall.actions import capacity
from onewindow.hall.actions.rostering import manages
from onewindow.hall.hours import AHEAD, Timetable
from onewindow.hall.models import Booking, Hours, Queue, Slot, SpecialDay, Zone
from onewindow.hall.sessions import WEEKDAYS
from onewindow.kernel import clock, ledger

CHANGED = "开放时间调整"


@dataclass(frozen=True)
class Scope:
    """Whose hours: of the whole site, of one zone or of one queue."""

    site: Site
    zone: Zone | None = None
    queue: Queue | None = None

    def __str__(self) -> str:
        return str(self.queue or self.zone or self.site)

    def hours(self) -> list[Hours]:
        return list(Hours.objects.filter(site=self.site, zone=self.zone, queue=self.queue).order_by("weekday", "opens"))

    def made(self, weekday: int, opens: time, closes: time, kind: str) -> Hours:
        return Hours(
            site=self.site, zone=self.zone, queue=self.queue, weekday=weekday, opens=opens, closes=closes, kind=kind
        )


def ensure_sound(rows: Sequence[Hours]) -> None:
    """ValueError when one ends before it begins, or two of a day overlap."""
    by_day: dict[int, list[Hours]] = {}
    for row in rows:
        if row.closes <= row.opens:
            raise ValueError(f"{_told(row)}：结束要晚于开始。")
        by_day.setdefault(row.weekday, []).append(row)
    for weekday, each in sorted(by_day.items()):
        each.sort(key=lambda row: row.opens)
        for first, second in pairwise(each):
            if second.opens < first.closes:
                raise ValueError(
                    f"周{WEEKDAYS[weekday - 1]}的 {first.opens:%H:%M}–{first.closes:%H:%M} 和 "
                    f"{second.opens:%H:%M}–{second.closes:%H:%M} 重叠。"
                )


def with_hours(scope: Scope, rows: Sequence[Hours]) -> Timetable:
    """The timetable as it would be with these rows of the scope."""
    now = Timetable.of(scope.site.pk)
    pks = (scope.zone.pk if scope.zone else None, scope.queue.pk if scope.queue else None)
    kept = [row for row in now.hours if (row.zone_id, row.queue_id) != pks]
    return Timetable((*kept, *rows), now.special, now.kept, now.rostered)


def with_day(special: SpecialDay) -> Timetable:
    """The timetable as it would be with this special day."""
    now = Timetable.of(special.site_id)
    key = (special.day, special.zone_id, special.queue_id)
    kept = [row for row in now.special if (row.day, row.zone_id, row.queue_id) != key]
    return Timetable(now.hours, (*kept, special), now.kept, now.rostered)


def left_outside(site: Site, timetable: Timetable, days: tuple[date, date] | None = None) -> list[Slot]:
    """Slots ahead that the timetable no longer serves."""
    first, last = days or (clock.today(), clock.today() + timedelta(days=AHEAD))
    ahead = Slot.objects.filter(queue__site=site, closed_at=None, starts__gt=clock.now())
    ahead = ahead.filter(starts__date__gte=first, starts__date__lte=last)
    served: dict[tuple[int, date], list[tuple[datetime, ...]]] = {}
    found = []
    for slot in ahead.select_related("queue").order_by("starts", "pk"):
        key = (slot.queue_id, slot.starts.astimezone(clock.SHANGHAI).date())
        if key not in served:
            served[key] = [
                tuple(datetime.combine(key[1], at, clock.SHANGHAI) for at in (each.opens, each.closes))
                for each in timetable.served(slot.queue, key[1])
            ]
        if not any(opens <= slot.starts and slot.ends <= closes for opens, closes in served[key]):
            found.append(slot)
    return found


def booked_in(outside: Sequence[Slot]) -> int:
    """Those who will be told: whoever has checked in already is served."""
    return Booking.objects.filter(slot__in=outside, state__in=Booking.LIVE).count()


def write_hours(scope: Scope, rows: Sequence[Hours], *, by: Principal) -> int:
    """These rows are the scope's hours from now on. How many people were asked to take another time."""
    _ensure_keeper(scope.site, by)
    ensure_sound(rows)
    with transaction.atomic():
        Site.objects.select_for_update().get(pk=scope.site.pk)
        before = [_told(row) for row in scope.hours()]
        Hours.objects.filter(site=scope.site, zone=scope.zone, queue=scope.queue).delete()
        Hours.objects.bulk_create(rows)
        data = {"of": str(scope), "before": before, "after": [_told(row) for row in rows]}
        ledger.record(("hours", scope.site.pk), "hours.changed", by=by, data=data)
    outside = left_outside(scope.site, Timetable.of(scope.site.pk))
    told = capacity.close(outside, why=CHANGED, by=by) if outside else 0
    slots.make(scope.site.pk)
    return told


def _told(row: Hours) -> str:
    return f"周{WEEKDAYS[row.weekday - 1]} {row.opens:%H:%M}–{row.closes:%H:%M} {row.get_kind_display()}"


def set_day(special: SpecialDay, *, by: Principal) -> int:
    """特殊日: closed or other hours, with the reason people read. How many were asked to take another time."""
    _ensure_keeper(special.site, by)
    special.reason = special.reason.strip()[:60]
    if len(special.reason) < 2:
        raise ValueError("请写原因，例如“暴雨红色预警”，来办事的人会看到。")
    if special.day < clock.today():
        raise ValueError("这一天已经过去。")
    if special.opens and special.closes and special.closes <= special.opens:
        raise ValueError("结束要晚于开始。")
    with transaction.atomic():
        Site.objects.select_for_update().get(pk=special.site_id)
        same = SpecialDay.objects.filter(site=special.site, zone=special.zone, queue=special.queue, day=special.day)
        same.delete()
        special.save(force_insert=True)
        ledger.record(("hours", special.site_id), "hours.special_day", by=by, data=_of_day(special))
    outside = left_outside(special.site, Timetable.of(special.site_id), (special.day, special.day))
    told = capacity.close(outside, why=special.reason, by=by) if outside else 0
    slots.make(special.site_id)
    return told


def _of_day(special: SpecialDay) -> dict[str, str]:
    hours = f"{special.opens:%H:%M}–{special.closes:%H:%M}" if special.opens else "不开放"
    of = str(special.queue or special.zone or special.site)
    return {"of": of, "day": special.day.isoformat(), "hours": hours, "reason": special.reason}


def clear_day(special: SpecialDay, *, by: Principal) -> None:
    """The ordinary hours hold again; times it had closed can be booked once more."""
    _ensure_keeper(special.site, by)
    with transaction.atomic():
        ledger.record(("hours", special.site_id), "hours.special_day_ended", by=by, data=_of_day(special))
        special.delete()
    shut = Slot.objects.filter(
        queue__site=special.site, starts__date=special.day, closed_why=special.reason, closed_at__isnull=False
    )
    for slot in shut.select_related("queue"):
        capacity.reopen(slot, by=by)
    slots.make(special.site_id)


def _ensure_keeper(site: Site, by: Principal) -> None:
    if not manages(by, site.pk):
        raise PermissionDenied("开放时间由大厅管理调整。")
