"""From files to published versions: only what changed is written."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from onewindow.accounts import loading
from onewindow.catalogue import events, flagship, rows, rules, running, translations, words
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item, ItemVersion, Loading
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
    # Items whose file changed while a newer version was written on the web: left alone.
    conflicts: tuple[str, ...] = ()
    # Agencies, divisions, sites and calendar days written.
    places: int = 0
    days: int = 0
    # Words of the vocabulary written or taken away.
    words: int = 0
    # Files of translations written.
    translations: int = 0
    # The file's days off are not those in force; left alone, as open cases depend on them.
    other_calendar: bool = False
    # Items with a new version.
    changed: tuple[str, ...] = ()


def load(
    folder: Path, take_files: Collection[str] | None = None, rule: running.Rule | None = None
) -> tuple[Summary, Problems]:
    """Everything of a district's folder, or nothing at all when a single row is wrong.

    What an editor has published on the web stays, except for the items of `take_files` (empty: every item).
    """
    problems = Problems()
    agencies = loading.read_agencies(folder, problems)
    divisions = loading.read_divisions(folder, problems)
    sites = loading.read_sites(folder, divisions, problems)
    guides = read_guides(folder, {agency.code for agency in agencies}, problems)
    vocabulary = words.read(folder, problems)
    translated = translations.read(folder, {guide.code for guide in guides}, problems)
    events.read(folder, {guide.code for guide in guides}, problems)
    holidays = folder / "holidays.json"
    try:
        clock.read_file(holidays)
    except (ValueError, OSError) as error:
        problems.add(holidays.name, str(error))
    if problems:
        return Summary(), problems
    with transaction.atomic():
        written = loading.store_places(agencies, divisions, sites)
        # A calendar in force is changed with its open cases, on the page for it, never by the way.
        held = clock.in_force() > 0
        days, other_calendar = (0, clock.differs(holidays)) if held else (clock.load_holidays(holidays)[1], False)
        done = publish(guides, policy=rules.read(folder, problems), take_files=take_files, rule=rule)
        changed = words.store(vocabulary)
        said = translations.store(translated)
        if not is_loaded(folder):
            mark = {"fingerprint": fingerprint(folder), "at": clock.now()}
            Loading.objects.update_or_create(folder=str(folder.resolve()), defaults=mark)
    return Summary(
        items=len(guides),
        core=sum(guide.core for guide in guides),
        complete=sum(guide.complete for guide in guides),
        published=done.published,
        unchanged=len(guides) - done.published,
        unnamed=done.unnamed,
        conflicts=done.conflicts,
        places=written,
        days=days,
        words=changed,
        translations=said,
        other_calendar=other_calendar,
        changed=done.changed,
    ), problems


def fingerprint(folder: Path) -> str:
    """Of every file of the folder, and of the program that reads them."""
    digest = hashlib.sha256()
    for root in (folder, Path(__file__).parent):
        for path in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_loaded(folder: Path) -> bool:
    known = Loading.objects.filter(pk=str(folder.resolve())).first()
    return known is not None and known.fingerprint == fingerprint(folder)


def read_guides(folder: Path, agencies: set[str], problems: Problems) -> list[Guide]:
    found = rows.read_items(folder, agencies, problems)
    shared = flagship.read_common(folder, problems)
    overrides = flagship.read_overrides(folder, shared, problems)
    policy = rules.read(folder, problems)
    guides = []
    for code, content in (found | {code: {} for code in overrides.keys() - found.keys()}).items():
        source, own = overrides.get(code, (f"items.csv 事项 {code}", {}))
        if code in overrides and str(own.get("agency", content.get("agency"))) not in agencies:
            problems.add(f"{code}.yaml agency", f"agencies.csv 里没有“{own.get('agency', '')}”")
        for step in own.get("steps", ()):
            if isinstance(step, dict) and step.get("agency") and step["agency"] not in agencies:
                problems.add(f"{code}.yaml steps", f"agencies.csv 里没有“{step['agency']}”")
        guide = flagship.build(shared.finish(_merged(content, own)), source, problems)
        if guide:
            guides.append(rules.judged(guide, policy))
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


def _mark(guide: Guide) -> str:
    """Of what a file says; whether it is complete follows from the rules and is not the file's doing."""
    return digest({name: said for name, said in body(guide).items() if name != "complete"})


@dataclass(frozen=True)
class Done:
    published: int
    unnamed: int
    conflicts: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass
class _Plan:
    """What a load will write: new versions, and items that are to be known anew without one."""

    rule: running.Rule = field(default_factory=dict)
    versions: dict[str, tuple[Guide, ItemVersion]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def lock_versions() -> None:
    """Two who publish at once would number the same version twice. Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE catalogue_item IN SHARE ROW EXCLUSIVE MODE")


def publish(
    guides: Iterable[Guide],
    *,
    policy: rules.Policy | None = None,
    take_files: Collection[str] | None = None,
    rule: running.Rule | None = None,
) -> Done:
    """The files' guides as new versions where the content differs. Needs a transaction."""
    lock_versions()
    policy = policy or rules.of_district()
    there = {item.code: item for item in Item.objects.select_related("current").defer("current__body")}
    written = ItemVersion.objects.in_bulk([item.current_id for item in there.values() if item.edited])
    for item in there.values():
        item.current = written.get(item.current_id or 0, item.current)
    plan, named = _Plan(rule=rule or running.DEFAULT), set()
    for guide in guides:
        named.add(guide.code)
        _decide(plan, guide, there, policy, take_files)
    _write(plan, there)
    changed = tuple(code for code in plan.versions if code in there)
    return Done(len(plan.versions), len(there.keys() - named), tuple(plan.conflicts), changed)


def _decide(
    plan: _Plan, guide: Guide, there: Mapping[str, Item], policy: rules.Policy, take_files: Collection[str] | None
) -> None:
    """An item written on the web keeps its guide; a file that says something new is then a conflict, by name."""
    kept = there.get(guide.code)
    mark, edited = _mark(guide), False
    taken = take_files is not None and (not take_files or guide.code in take_files)
    if kept and kept.edited and not (taken and mark != kept.file_digest):
        if mark != kept.file_digest:
            plan.conflicts.append(guide.code)
        guide, mark, edited = rules.judged(kept.guide, policy), kept.file_digest, True
    version = kept.current if kept else None
    content = body(guide)
    if version is None or digest(content) != version.digest:
        version = new_version(guide, after=version, rule=plan.rule)
        plan.versions[guide.code] = (guide, version)
    item = _item(guide, version, policy, file_digest=mark, edited=edited)
    if kept is None or _values(item) != _values(kept):
        plan.items.append(item)


def new_version(guide: Guide, *, after: ItemVersion | None, rule: running.Rule | None = None) -> ItemVersion:
    content = body(guide)
    number = after.number + 1 if after else 1
    kept = (rule or running.DEFAULT) if after else {}
    return ItemVersion(item_id=guide.code, number=number, body=content, digest=digest(content), running=kept)


def _values(item: Item) -> tuple[Any, ...]:
    return tuple(getattr(item, column) for column in COLUMNS)


COLUMNS = [each.attname for each in Item._meta.concrete_fields if not each.primary_key]


def _write(plan: _Plan, there: Mapping[str, Item]) -> None:
    fresh = [_bare(guide) for code, (guide, _) in plan.versions.items() if code not in there]
    Item.objects.bulk_create(fresh, batch_size=500)
    ItemVersion.objects.bulk_create([version for _, version in plan.versions.values()], batch_size=500)
    for item in plan.items:
        if item.pk in plan.versions:
            item.current = plan.versions[item.pk][1]
    Item.objects.bulk_create(
        plan.items, batch_size=500, update_conflicts=True, unique_fields=["code"], update_fields=COLUMNS
    )
    for _, version in plan.versions.values():
        note_published(version, by=LOADER)


def note_published(version: ItemVersion, *, by: ledger.Actor, **more: Any) -> None:
    rule = {"running": version.running} if version.running else {}
    data = {"version": version.number, "digest": version.digest, **rule, **more}
    ledger.record(("item", version.item_id), "item.published", by=by, data=data)


class Moved(Exception):
    """Another version became current since the draft was begun."""


def release(
    guide: Guide, *, after: int | None, by: ledger.Actor, rule: running.Rule | None = None, **more: Any
) -> ItemVersion:
    """One guide written on the web becomes the version that follows the version `after`. Needs a transaction."""
    lock_versions()
    policy = rules.of_district()
    item = Item.objects.select_related("current").filter(pk=guide.code).first()
    if (item.current_id if item else None) != after:
        raise Moved
    guide = rules.judged(guide.model_copy(update={"updated": clock.today().isoformat()}), policy)
    if item is None:
        item = _bare(guide)
        item.save(force_insert=True)
    elif not item.edited:
        item.file_digest = item.file_digest or _mark(item.guide)
    version = new_version(guide, after=item.current, rule=rule)
    version.save(force_insert=True)
    _item(guide, version, policy, file_digest=item.file_digest, edited=True).save(force_update=True)
    note_published(version, by=by, **more)
    return version


def _bare(guide: Guide) -> Item:
    """A new item has to be there before its first version."""
    return Item(code=guide.code, name=guide.name, kind=guide.kind, agency_id=guide.agency)


def _item(guide: Guide, version: ItemVersion, policy: rules.Policy, **known: Any) -> Item:
    findings = rules.judge(guide, policy)
    blocking = {finding.rule for finding in findings if finding.blocks}
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
        concerns=[f"{guide.concerns.act}:{name}" for name in guide.concerns.certificates] if guide.concerns else [],
        grants_hidden=guide.publicity == "none",
        current_id=version.pk,
        reviewed_on=_day(guide.updated),
        blocked_by=sorted(blocking),
        warned_by=sorted({finding.rule for finding in findings} - blocking),
        **known,
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
