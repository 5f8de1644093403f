"""From files to published versions: only what changed is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from onewindow.accounts import loading
from onewindow.catalogue import flagship, rows
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.kernel import clock, ledger
from onewindow.kernel.tables import Problems

LOADER = ledger.System("loader")


@dataclass(frozen=True)
class Summary:
    items: int = 0
    core: int = 0
    complete: int = 0
    published: int = 0
    unchanged: int = 0
    # Items of the database that the files no longer name; they stay as they are.
    unnamed: int = 0
    # Agencies, divisions, sites and calendar days written.
    places: int = 0
    days: int = 0


def load(folder: Path) -> tuple[Summary, Problems]:
    """Everything of a district's folder, or nothing at all when a single row is wrong."""
    problems = Problems()
    agencies = loading.read_agencies(folder, problems)
    divisions = loading.read_divisions(folder, problems)
    sites = loading.read_sites(folder, divisions, problems)
    guides = read_guides(folder, {agency.code for agency in agencies}, problems)
    holidays = folder / "holidays.json"
    try:
        clock.read_file(holidays)
    except (ValueError, OSError) as error:
        problems.add(holidays.name, str(error))
    if problems:
        return Summary(), problems
    with transaction.atomic():
        written = loading.store_places(agencies, divisions, sites)
        _, days = clock.load_holidays(holidays)
        published, unnamed = publish(guides)
    return Summary(
        items=len(guides),
        core=sum(guide.core for guide in guides),
        complete=sum(guide.complete for guide in guides),
        published=published,
        unchanged=len(guides) - published,
        unnamed=unnamed,
        places=written,
        days=days,
    ), problems


def read_guides(folder: Path, agencies: set[str], problems: Problems) -> list[Guide]:
    found = rows.read_items(folder, agencies, problems)
    shared = flagship.read_common(folder, problems)
    overrides = flagship.read_overrides(folder, shared, problems)
    guides = []
    for code, content in (found | {code: {} for code in overrides.keys() - found.keys()}).items():
        source, own = overrides.get(code, (f"items.csv 事项 {code}", {}))
        if code in overrides and str(own.get("agency", content.get("agency"))) not in agencies:
            problems.add(f"{code}.yaml agency", f"agencies.csv 里没有“{own.get('agency', '')}”")
        guide = flagship.build(shared.finish(_merged(content, own)), source, problems)
        if guide:
            guides.append(guide)
    return guides


def _merged(row: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The file's fields win one by one; plain names of both stay."""
    merged = row | own
    if isinstance(own.get("provenance"), dict) and "provenance" in row:
        merged["provenance"] = row["provenance"] | own["provenance"]
    if isinstance(own.get("plain_names"), list) and "plain_names" in row:
        merged["plain_names"] = own["plain_names"] + [n for n in row["plain_names"] if n not in own["plain_names"]]
    return merged


def body(guide: Guide) -> dict[str, Any]:
    """What a version keeps: only what was said, so that a new optional field of the schema changes no digest."""
    return guide.model_dump(mode="json", exclude_defaults=True)


def digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(ledger.canonical(content).encode()).hexdigest()


def publish(guides: list[Guide]) -> tuple[int, int]:
    """New versions where the content differs: (published, items no file names). Needs a transaction."""
    with connection.cursor() as cursor:
        # Two loads at once would number the same version twice.
        cursor.execute("LOCK TABLE catalogue_item IN SHARE ROW EXCLUSIVE MODE")
    there = {
        code: (number, kept)
        for code, number, kept in Item.objects.values_list("code", "current__number", "current__digest")
    }
    changed: dict[str, tuple[Guide, ItemVersion]] = {}
    for guide in guides:
        content = body(guide)
        number, kept = there.get(guide.code, (None, None))
        mark = digest(content)
        if mark != kept:
            version = ItemVersion(item_id=guide.code, number=(number or 0) + 1, body=content, digest=mark)
            changed[guide.code] = (guide, version)
    _write(changed, there.keys())
    for code, (_, version) in changed.items():
        data = {"version": version.number, "digest": version.digest}
        ledger.record(("item", code), "item.published", by=LOADER, data=data)
    return len(changed), len(there.keys() - {guide.code for guide in guides})


def _write(changed: dict[str, tuple[Guide, ItemVersion]], there: Any) -> None:
    fresh = [_item(guide) for code, (guide, _) in changed.items() if code not in there]
    Item.objects.bulk_create(fresh, batch_size=500)
    ItemVersion.objects.bulk_create([version for _, version in changed.values()], batch_size=500)
    moved = [_item(guide, version) for guide, version in changed.values()]
    columns = [field.attname for field in Item._meta.concrete_fields if not field.primary_key]
    Item.objects.bulk_create(
        moved, batch_size=500, update_conflicts=True, unique_fields=["code"], update_fields=columns
    )


def _item(guide: Guide, version: ItemVersion | None = None) -> Item:
    return Item(
        code=guide.code,
        name=guide.name,
        short_name=guide.short_name,
        name_en=guide.name_en,
        kind=guide.kind,
        core=guide.core,
        agency_id=guide.agency,
        target=list(guide.target),
        themes=list(dict.fromkeys(guide.themes_person + guide.themes_business)),
        complete=guide.complete,
        online_depth=guide.online.depth,
        current=version,
    )
