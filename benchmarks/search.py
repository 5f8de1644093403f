"""Search against the yardsticks: `onewindow load`ed, then `python -m benchmarks.search [--misses open|tune]`.

Prints how often a right item comes first and among the first three: in all, by style and by theme, for the open set and
the held one; and the time. Of the held set only the tune half may be looked at while words and weights are chosen: the
hold half judges. questions-after.csv was written when words and weights stood, and asked once.
"""

from __future__ import annotations

import csv
import hashlib
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if __name__ == "__main__":
    django.setup()

Row = dict[str, str]
SETS = {"open": "公开", "tune": "调整", "hold": "留出", "after": "事后"}
MISSED = 99


def is_hold(question: str) -> bool:
    """The half of questions-held.csv that only judges, fixed by the question's own hash."""
    return hashlib.sha256(question.encode()).digest()[-1] % 2 == 1


def read(folder: Path) -> dict[str, list[Row]]:
    sets: dict[str, list[Row]] = {name: [] for name in SETS}
    for name in ("open", "held", "after"):
        with (folder / f"questions-{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                half = ("hold" if is_hold(row["question"]) else "tune") if name == "held" else name
                sets[half].append(row)
    return sets


def rank(row: Row, codes: list[str]) -> int:
    right = set(row["item_codes"].split("|"))
    return next((number for number, code in enumerate(codes, 1) if code in right), MISSED)


def measure(rows: list[Row], find: Callable[[str], list[str]]) -> tuple[dict[str, list[int]], list[float]]:
    """Ranks by group, and the milliseconds of every question."""
    ranks: defaultdict[str, list[int]] = defaultdict(list)
    times = []
    for row in rows:
        started = perf_counter()
        codes = find(row["question"])
        times.append((perf_counter() - started) * 1000)
        for group in ("全部", f"语体 {row['style']}", f"主题 {row['theme']}"):
            ranks[group].append(rank(row, codes))
    return dict(ranks), times


def table(found: dict[str, dict[str, list[int]]]) -> str:
    """A row a group, for each set: questions, first, first three."""
    groups = sorted(
        {g for ranks in found.values() for g in ranks}, key=lambda g: (g != "全部", not g.startswith("语体"), g)
    )
    lines = ["| | " + " | ".join(f"{SETS[name]} n | 首位 | 前三" for name in found) + " |"]
    lines.append("|---" + "|--:|--:|--:" * len(found) + "|")
    for group in groups:
        cells = []
        for ranks in found.values():
            some = ranks.get(group, [])
            shares = [f"{sum(n <= most for n in some) / len(some):.0%}" if some else "" for most in (1, 3)]
            cells += [str(len(some) or ""), *shares]
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def misses(rows: list[Row]) -> None:
    from onewindow.catalogue.search import answer

    for row in rows:
        found = answer(row["question"])
        if (place := rank(row, [hit.code for hit in found.hits])) > 1:
            shown = "；".join(f"{found.entry(hit).name}〔{hit.why}〕{hit.score:.0f}" for hit in found.hits[:3])
            print(f"{place:>3} {row['question']} → {row['items']}\n      {shown}")


def main() -> None:
    from django.conf import settings

    from onewindow.catalogue import search

    began = perf_counter()
    search.index()
    built = perf_counter() - began
    sets = read(settings.DATA_DIR)
    if "--misses" in sys.argv:
        misses(sets[sys.argv[-1] if sys.argv[-1] in ("open", "tune") else "open"])
        return
    measured = {name: measure(rows, lambda q: [hit.code for hit in search.search(q)]) for name, rows in sets.items()}
    times = sorted(time for _, some in measured.values() for time in some)
    print(table({name: ranks for name, (ranks, _) in measured.items()}))
    p95 = times[int(len(times) * 0.95)]
    print(f"\n一问：中位 {statistics.median(times):.1f} ms，p95 {p95:.1f} ms；建立索引 {built:.2f} s。")


if __name__ == "__main__":
    main()
