"""Zones, queues, windows, devices and opening hours from the files of a district (data/…/hall/*.csv)."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from django.db import transaction

from onewindow.accounts.models import Agency, Site
from onewindow.hall.models import Attendance, Device, Hours, Queue, Window, Zone
from onewindow.kernel.tables import Problems, Row, read_csv, store

ZONE = ("site", "code", "name", "name_en", "seq")
QUEUE = ("site", "code", "zone", "name", "name_en", "agencies", "usual_minutes", "rest")
WINDOW = ("site", "zone", "number", "queues", "languages", "accessible")
DEVICE = ("site", "zone", "code", "name", "kind")
HOURS = ("site", "zone", "queue", "weekdays", "opens", "closes", "kind")
ATTENDANCE = ("site", "name", "agencies", "kinds")
YES = {"": False, "yes": True}
# In hours.csv instead of a site: every village station 便民服务站 that has no line of its own.
STATIONS = "stations"


def load(folder: Path) -> tuple[int, Problems]:
    """Rows written and what is wrong; nothing is written when a row is wrong. A district without a hall has no files.

    What a manager has changed since (a window's queues) stays: the files only say what a window begins with.
    """
    problems = Problems()
    if not (folder / "hall").is_dir():
        return 0, problems
    tables = {
        name: read_csv(folder / "hall" / f"{name}.csv", columns, problems)
        for name, columns in
        {"zones": ZONE, "queues": QUEUE, "windows": WINDOW, "devices": DEVICE, "hours": HOURS,
         "attendance": ATTENDANCE}.items()
    }  # fmt: skip
    _check_sites(tables, problems)
    if problems:
        return 0, problems
    with transaction.atomic():
        written = _store(tables, problems)
        if problems:
            transaction.set_rollback(True)
    return written, problems


def _check_sites(tables: dict[str, list[Row]], problems: Problems) -> None:
    sites = set(Site.objects.order_by("pk").values_list("pk", flat=True))
    zones = {(row["site"], row["code"]) for row in tables["zones"]}
    queues = {(row["site"], row["code"]) for row in tables["queues"]}
    agencies = set(Agency.objects.order_by("pk").values_list("pk", flat=True))
    for name, rows in tables.items():
        for row in rows:
            if row["site"] not in sites and not (name == "hours" and row["site"] == STATIONS):
                row.wrong("site", f"没有编号为“{row['site']}”的场所")
            if row.cells.get("zone") and (row["site"], row["zone"]) not in zones:
                row.wrong("zone", f"zones.csv 里没有“{row['zone']}”区")
    for row in [*tables["queues"], *tables["attendance"]]:
        if unknown := set(_split(row["agencies"])) - agencies:
            row.wrong("agencies", f"没有部门 {'、'.join(sorted(unknown))}")
    for row in tables["windows"]:
        for code in _split(row.needed("queues")):
            if (row["site"], code) not in queues:
                row.wrong("queues", f"queues.csv 里没有“{code}”")
    for row in tables["hours"]:
        if row["queue"] and (row["site"], row["queue"]) not in queues:
            row.wrong("queue", f"queues.csv 里没有“{row['queue']}”")


def _store(tables: dict[str, list[Row]], problems: Problems) -> int:
    zones = [
        Zone(site_id=row["site"], code=row["code"], name=row.needed("name"), name_en=row["name_en"],
             seq=row.number("seq"))
        for row in tables["zones"]
    ]  # fmt: skip
    written = store(zones, "site_id", "code")
    zone_of = {(zone.site_id, zone.code): zone.pk for zone in Zone.objects.order_by("pk")}
    queues = [
        Queue(site_id=row["site"], code=row["code"], zone_id=zone_of[row["site"], row["zone"]],
              name=row.needed("name"), name_en=row["name_en"], rest=row.one_of("rest", YES),
              usual_minutes=row.number("usual_minutes", 1, 240), seq=seq)
        for seq, row in enumerate(tables["queues"], start=1)
    ]  # fmt: skip
    written += store(queues, "site_id", "code")
    queue_of = {(queue.site_id, queue.code): queue for queue in Queue.objects.order_by("pk")}
    _store_agencies(tables["queues"], queue_of)
    written += _store_windows(tables["windows"], zone_of, queue_of)
    devices = [
        Device(site_id=row["site"], zone_id=zone_of[row["site"], row["zone"]], code=row["code"], name=row["name"],
               kind=row.one_of("kind", {value: value for value in Device.Kind.values}))
        for row in tables["devices"]
    ]  # fmt: skip
    known = set(Device.objects.order_by("pk").values_list("site_id", "code"))
    new = [device for device in devices if (device.site_id, device.code) not in known]
    Device.objects.bulk_create(new)
    written += len(new) + _store_hours(tables["hours"], zone_of, queue_of)
    return written + _store_attendance(tables["attendance"])


def _store_agencies(rows: list[Row], queue_of: dict[tuple[str, str], Queue]) -> None:
    wanted = {(queue_of[row["site"], row["code"]].pk, code) for row in rows for code in _split(row["agencies"])}
    serves = Queue.agencies.through
    there = set(serves.objects.order_by("pk").values_list("queue_id", "agency_id"))
    for queue, agency in there - wanted:
        serves.objects.filter(queue_id=queue, agency_id=agency).delete()
    serves.objects.bulk_create(serves(queue_id=queue, agency_id=agency) for queue, agency in sorted(wanted - there))


def _store_windows(rows: list[Row], zone_of: dict[tuple[str, str], int], queue_of: dict[tuple[str, str], Queue]) -> int:
    known = set(Window.objects.order_by("pk").values_list("site_id", "number"))
    new = [row for row in rows if (row["site"], row["number"]) not in known]
    windows = Window.objects.bulk_create(
        Window(
            site_id=row["site"], zone_id=zone_of[row["site"], row["zone"]], number=row["number"],
            languages=_split(row["languages"]), accessible=row.one_of("accessible", YES),
        )
        for row in new
    )  # fmt: skip
    profile = Window.queues.through
    profile.objects.bulk_create(
        profile(window_id=window.pk, queue_id=queue_of[row["site"], code].pk)
        for window, row in zip(windows, new, strict=True)
        for code in _split(row["queues"])
    )
    return len(windows)


def _store_hours(rows: list[Row], zone_of: dict[tuple[str, str], int], queue_of: dict[tuple[str, str], Queue]) -> int:
    """Only for sites that have none yet: afterwards the hours are the manager's (/manage/hours/)."""
    kinds = {value: value for value in Hours.Kind.values}
    theirs = set(Hours.objects.order_by("site").values_list("site", flat=True).distinct())
    own = theirs | {row["site"] for row in rows}
    stations = Site.objects.filter(level=Site.Level.VILLAGE).exclude(pk__in=own).order_by("pk")
    everywhere = list(stations.values_list("pk", flat=True))
    wanted = [
        Hours(site_id=site, zone_id=zone_of.get((row["site"], row["zone"])),
              queue=queue_of.get((row["site"], row["queue"])), weekday=int(day), opens=_time(row, "opens"),
              closes=_time(row, "closes"), kind=row.one_of("kind", kinds))
        for row in rows
        for site in (everywhere if row["site"] == STATIONS else [row["site"]])
        if site not in theirs
        for day in row["weekdays"]
    ]  # fmt: skip
    return len(Hours.objects.bulk_create(wanted))


def _store_attendance(rows: list[Row]) -> int:
    for row in rows:
        if unknown := set(_split(row.needed("kinds"))) - {str(kind) for kind in Hours.EXTENDED}:
            row.wrong("kinds", f"没有时段 {'、'.join(sorted(unknown))}")
    wanted = [
        Attendance(site_id=row["site"], name=row.needed("name"), agencies=_split(row.needed("agencies")),
                   kinds=_split(row["kinds"]))
        for row in rows
    ]  # fmt: skip
    return store(wanted, "site_id", "name")


def _time(row: Row, column: str) -> time:
    try:
        return time.fromisoformat(row[column])
    except ValueError:
        row.wrong(column, f"应是时间，例如 09:00，现在是“{row[column]}”")
        return time(0)


def _split(text: str) -> list[str]:
    return [part for part in text.split("|") if part]
