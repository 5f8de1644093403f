"""Search against the yardstick: `onewindow` loaded, then `python -m benchmarks.search [--misses]`.

Prints how often a right item comes first, among the first three and ten: in all, by style and by theme; and the time.
"""

from __future__ import annotations

import csv
import os
import statistics
import sys
from collections import defaultdict
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402

from onewindow.catalogue.models import Item  # noqa: E402
from onewindow.catalogue.search import search  # noqa: E402


def main() -> None:
    with (settings.DATA_DIR / "questions-open.csv").open(encoding="utf-8", newline="") as file:
        questions = list(csv.DictReader(file))
    search("热身")
    ranks: defaultdict[str, list[int]] = defaultdict(list)
    times = []
    for row in questions:
        started = perf_counter()
        hits = search(row["question"])
        times.append((perf_counter() - started) * 1000)
        right = set(row["item_codes"].split("|"))
        rank = next((number for number, hit in enumerate(hits, 1) if hit.code in right), 99)
        for group in ("全部", f"语体 {row['style']}", f"主题 {row['theme']}"):
            ranks[group].append(rank)
        if rank > 1 and "--misses" in sys.argv:
            names = dict(Item.objects.filter(code__in=[hit.code for hit in hits]).values_list("code", "name"))
            found = "；".join(f"{names[hit.code]}〔{hit.why}〕{hit.score}" for hit in hits[:3])
            print(f"{rank:>3} {row['question']} → {row['items']}\n      {found}")
    print(f"{'':<10}{'题数':>6}{'首位':>8}{'前三':>8}{'前十':>8}")
    for group, found in sorted(ranks.items(), key=lambda pair: -len(pair[1])):
        shares = [sum(rank <= most for rank in found) / len(found) for most in (1, 3, 10)]
        print(f"{group:<10}{len(found):>6}" + "".join(f"{share:>9.1%}" for share in shares))
    times.sort()
    print(f"用时：中位 {statistics.median(times):.1f} ms，p95 {times[int(len(times) * 0.95)]:.1f} ms")


if __name__ == "__main__":
    main()
