"""Agencies, divisions and sites from the files of a district."""

from __future__ import annotations

from pathlib import Path

from onewindow.accounts.models import Agency, Division, Site
from onewindow.kernel.tables import Problems, Row, read_csv, store

# The villages of the reference district are those of its division set of this name.
VILLAGE_SET = "2017"
AGENCY = ("code", "seq", "name", "short_name", "kind", "name_en", "name_2017", "note")
DIVISION = ("set", "level", "code", "name", "short_name", "kind", "parent_code", "successor")
SITE = ("code", "name", "level", "parent", "division_code", "address", "phone", "hours")


def read_agencies(folder: Path, problems: Problems) -> list[Agency]:
    rows = read_csv(folder / "agencies.csv", AGENCY, problems)
    _refuse_twice(rows, "code")
    return [
        Agency(**{name: row[name] for name in AGENCY if name != "seq"}, seq=row.number("seq", 0, 9999)) for row in rows
    ]


def read_divisions(folder: Path, problems: Problems) -> list[Division]:
    rows = read_csv(folder / "divisions.csv", DIVISION, problems)
    _refuse_twice(rows, "set", "code")
    return [Division(**{name: row[name] for name in DIVISION}) for row in rows]


def read_sites(folder: Path, divisions: list[Division], problems: Problems) -> list[Site]:
    """The sites of sites.csv and a station 便民服务站 for every village, under its town's centre."""
    known = {division.code for division in divisions}
    rows = read_csv(folder / "sites.csv", SITE, problems)
    _refuse_twice(rows, "code")
    levels = {value: value for value in Site.Level.values}
    sites = []
    for row in rows:
        if row["division_code"] not in known:
            row.wrong("division_code", f"divisions.csv 里没有“{row['division_code']}”")
        plain = {name: row[name] for name in SITE if name not in {"level", "parent"}}
        sites.append(Site(**plain, level=row.one_of("level", levels), parent_id=row["parent"] or None))
    codes = {site.code for site in sites}
    for row in rows:
        if row["parent"] and row["parent"] not in codes:
            row.wrong("parent", f"没有编号为“{row['parent']}”的场所")
    return sites + _stations(divisions, {site.division_code: site for site in sites if site.level == Site.Level.TOWN})


def _stations(divisions: list[Division], towns: dict[str, Site]) -> list[Site]:
    villages = [d for d in divisions if d.set == VILLAGE_SET and d.level == "village" and d.parent_code in towns]
    return [
        Site(
            code=village.code,
            name=f"{village.short_name}便民服务站",
            level=Site.Level.VILLAGE,
            parent_id=towns[village.parent_code].code,
            division_code=village.code,
        )
        for village in villages
    ]


def store_places(agencies: list[Agency], divisions: list[Division], sites: list[Site]) -> int:
    """Rows written."""
    return store(agencies, "code") + store(divisions, "set", "code") + store(sites, "code")


def _refuse_twice(rows: list[Row], *columns: str) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        value = tuple(row[column] for column in columns)
        if value in seen:
            row.wrong(columns[-1], f"“{value[-1]}”与第 {seen[value]} 行重复")
        seen.setdefault(value, row.line)
