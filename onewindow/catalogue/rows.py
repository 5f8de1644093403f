"""The rows of items.csv, materials.csv, steps.csv and plain_names.csv as guides, not yet complete."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from onewindow.kernel.tables import Problems, Row, read_csv

ITEM = (
    "item_code", "name", "short_name", "parent_name", "type", "core", "agency_code", "target", "legal_basis",
    "statutory_days", "promised_days", "handling", "onsite_visits", "online_depth", "handling_levels", "town_possible",
    "village_possible", "themes_person", "themes_business", "name_en", "linked_item", "ref_code", "source",
    "name_confidence", "basis_confidence", "days_confidence", "note",
)  # fmt: skip
MATERIAL = (
    "item_code",
    "seq",
    "material_name",
    "kind",
    "copies",
    "required",
    "condition",
    "source",
    "shareable",
    "confidence",
)
STEP = ("item_code", "step_no", "step_name", "description", "performer", "days")

YES_NO = {"是": True, "否": False}
LEVELS = {"区级": "district", "镇街": "town", "村（社区）": "village"}
# Of the material itself: which form is handed in, originals, copies for each copy asked.
MATERIAL_KINDS = {
    "原件": ("original", 1, 0),
    "复印件": ("copy", 0, 1),
    "原件及复印件": ("original_and_copy", 1, 1),
    "电子": ("electronic", 1, 0),
}
SOURCES = {"申请人自备": "applicant", "政府部门核发（可共享核验）": "government", "中介或法定机构": "intermediary"}
# A word in a step's name that says which stage it is; anything else is part of the review.
STAGES = (("送达", "deliver"), ("制证", "deliver"), ("决定", "decide"), ("批准", "decide"), ("确认", "decide"),
          ("发证", "decide"), ("放款", "decide"), ("开通", "decide"), ("申请", "accept"))  # fmt: skip
POSTS = {"accept": "clerk", "review": "reviewer", "decide": "decider", "deliver": "clerk"}
LAW = re.compile(r"(?P<law>[^《]*《.+》(?:（[^）]*）|实施办法)?)(?P<article>.*)")


def read_items(folder: Path, agencies: set[str], problems: Problems) -> dict[str, dict[str, Any]]:
    """Guides as plain dicts by item code."""
    rows = read_csv(folder / "items.csv", ITEM, problems)
    found: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for row in rows:
        code = row.needed("item_code")
        if code in found:
            row.wrong("item_code", f"“{code}”与第 {lines[code]} 行重复")
            continue
        if row["agency_code"] not in agencies:
            row.wrong("agency_code", f"agencies.csv 里没有“{row['agency_code']}”")
        lines[code] = row.line
        found[code] = _guide(row)
    codes = {guide["name"]: code for code, guide in found.items()}
    for row in rows:
        if row["linked_item"] and row["linked_item"] not in codes:
            row.wrong("linked_item", f"没有名为“{row['linked_item']}”的事项")
        elif row["linked_item"] and row["item_code"] in found:
            found[row["item_code"]]["linked_item"] = codes[row["linked_item"]]
    _attach(found, "materials", _materials, read_csv(folder / "materials.csv", MATERIAL, problems))
    _attach(found, "steps", _steps, read_csv(folder / "steps.csv", STEP, problems))
    _attach(
        found, "plain_names", _plain_names, read_csv(folder / "plain_names.csv", ("item_code", "plain_names"), problems)
    )
    return found


def _guide(row: Row) -> dict[str, Any]:
    confidence = row["days_confidence"]
    levels = _split(row, "handling_levels", "、", LEVELS)
    for column, level in (("town_possible", "town"), ("village_possible", "village")):
        if row.one_of(column, YES_NO) and level not in levels:
            levels.append(level)
    basis = citations(row["legal_basis"], row["basis_confidence"])
    return {
        "code": row["item_code"],
        "name": row.needed("name"),
        "short_name": row["short_name"],
        "name_en": row["name_en"],
        "parent_name": row["parent_name"],
        "kind": row.needed("type"),
        "core": row.one_of("core", {"0": False, "1": True}),
        "agency": row["agency_code"],
        "target": _words(row["target"], ","),
        "levels": levels,
        "themes_person": _words(row["themes_person"], "|"),
        "themes_business": _words(row["themes_business"], "|"),
        "ref_code": row["ref_code"],
        "immediate": row.one_of("handling", {"承诺件": False, "即办件": True}),
        "basis": basis,
        "statutory": {"days": row.number("statutory_days"), "confidence": confidence},
        "promised": {"days": row.number("promised_days"), "confidence": "E"},
        "visits": {"count": row.number("onsite_visits", 0, 20)},
        "online": {"depth": row.number("online_depth", 1, 5)},
        "provenance": {
            "source": row["source"],
            "name": row["name_confidence"],
            "basis": row["basis_confidence"],
            "days": confidence,
            "note": row["note"],
        },
    }


def citations(text: str, confidence: str) -> list[dict[str, str]]:
    """《law》article；《law》article … A text without title marks is cited whole."""
    found = []
    for part in filter(None, re.split("[；;]", text)):
        match = LAW.fullmatch(part)
        law, article = (match["law"], match["article"]) if match else (part, "")
        found.append({"law": law, "article": article, "confidence": confidence})
    return found


def _attach(found: dict[str, dict[str, Any]], field: str, make: Any, rows: list[Row]) -> None:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["item_code"] in found:
            groups[row["item_code"]].append(row)
        else:
            row.wrong("item_code", f"items.csv 里没有“{row['item_code']}”")
    for code, members in groups.items():
        found[code][field] = make(members)


def _materials(rows: list[Row]) -> list[dict[str, Any]]:
    return [_material(row) for row in sorted(rows, key=lambda row: row.number("seq", 1))]


def _material(row: Row) -> dict[str, Any]:
    form, originals, copies = row.one_of("kind", MATERIAL_KINDS)
    count = row.number("copies", 1, 50)
    return {
        "key": f"m{row['seq']}",
        "name": row.needed("material_name"),
        "why": row["condition"],
        "form": form,
        "originals": originals if copies else originals * count,
        "copies": copies * count,
        "necessity": row.one_of("required", {"必要": "required", "非必要（视情形）": "conditional"}),
        "source": row.one_of("source", SOURCES),
        "shareable": row.one_of("shareable", YES_NO),
        "confidence": row["confidence"],
    }


def _steps(rows: list[Row]) -> list[dict[str, Any]]:
    return [_step(row) for row in sorted(rows, key=lambda row: row.number("step_no", 1))]


def _step(row: Row) -> dict[str, Any]:
    name = row.needed("step_name")
    key = next((stage for word, stage in STAGES if word in name), "review")
    return {
        "key": key,
        "name": name,
        "post": POSTS[key],
        "days": row.number("days"),
        "performer": row["performer"],
        "description": row["description"],
    }


def _plain_names(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(word for row in rows for word in _words(row["plain_names"], "|")))


def _words(text: str, separator: str) -> list[str]:
    return [word for word in text.split(separator) if word]


def _split(row: Row, column: str, separator: str, meanings: dict[str, str]) -> list[str]:
    words = row[column].split(separator)
    for word in words:
        if word not in meanings:
            row.wrong(column, f"应是{'、'.join(meanings)}，现在有“{word}”")
    return [meanings[word] for word in words if word in meanings]
