"""Weights of the search by coordinate search: `onewindow load`ed, then `python -m benchmarks.tune`.

Looks at questions-open.csv and the tune half of questions-held.csv only, one weight after another, and prints what to
write into `catalogue.ranking.Weights`; at the end what the hold half says to it. Five folds of the tuned questions tell
how much of the gain is fitting.
"""

from __future__ import annotations

import dataclasses
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if __name__ == "__main__":
    django.setup()

from benchmarks.search import Row, rank, read
from onewindow.catalogue.ranking import Index, Weights

TRIED = {
    "meaning": (0.5, 0.65, 0.8, 1.0), "sound": (0.3, 0.45, 0.6, 0.75), "length": (0.4, 0.55, 0.7, 0.85),
    "part": (0.0, 0.25, 0.5, 1.0), "coverage": (0.2, 0.35, 0.5, 0.65, 0.8), "whole": (0.2, 0.4, 0.7, 1.0, 1.3),
    "parent": (0.0, 0.2, 0.4, 0.6), "aside": (0.0, 0.04, 0.08, 0.15), "topic": (0.0, 1.0, 2.0, 3.0),
    "everyday": (0.9, 1.0, 1.15, 1.3), "same_intent": (1.0, 1.1, 1.2, 1.35), "other_intent": (0.55, 0.65, 0.72, 0.8),
    "missed_intent": (0.8, 0.85, 0.9, 1.0), "not_core": (0.8, 0.88, 0.94, 1.0), "intermediary": (0.7, 0.8, 0.9),
    "wrong_side": (0.8, 0.85, 0.9, 0.95),
}  # fmt: skip


def merit(index: Index, rows: list[Row]) -> float:
    """First counts 1, the first three ½ more, the first ten a tenth."""
    total = 0.0
    for row in rows:
        place = rank(row, [hit.code for hit in index.rank(index.understand(row["question"]))[:10]])
        total += (place == 1) + 0.5 * (place <= 3) + 0.1 * (place <= 10)
    return total / len(rows)


def climb(index: Index, rows: list[Row], rounds: int = 2) -> Weights:
    best = merit(index, rows)
    for _ in range(rounds):
        before = best
        for name, values in TRIED.items():
            kept = index.weights
            for value in values:
                index.weights = dataclasses.replace(kept, **{name: value})
                if (found := merit(index, rows)) > best + 1e-9:
                    best, kept = found, index.weights
            index.weights = kept
        if best == before:
            break
    return index.weights


def main() -> None:
    from django.conf import settings

    from onewindow.catalogue import search

    index, sets = search.index(), read(settings.DATA_DIR)
    rows = sets["open"] + sets["tune"]
    if "--folds" in sys.argv:
        for fold in range(5):
            index.weights = Weights()
            climb(index, [row for at, row in enumerate(rows) if at % 5 != fold], rounds=1)
            print(f"fold {fold}: {merit(index, rows[fold::5]):.3f} on what it did not see")
        index.weights = Weights()
    print(f"before: tuned {merit(index, rows):.3f}, hold {merit(index, sets['hold']):.3f}")
    print(climb(index, rows))
    print(f"after: tuned {merit(index, rows):.3f}, hold {merit(index, sets['hold']):.3f}")


if __name__ == "__main__":
    main()
