"""How far the estimated wait is off, on replayed days: `python -m benchmarks.estimates [--quick]`.

Days are played through the acts of the product (tests/hall/replay.py) after five days of history. Goal: the median
error of a queue is at most 3 minutes or 25 % of the wait. "At best" is the error of whoever knows the true mean times.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import statistics
import sys
from datetime import date, datetime, time, timedelta

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from onewindow.kernel import clock
from tests.hall.replay import Business, Hall, Said

HISTORY, DAYS = 5, 1 if ground.QUICK else 4
# Seventeen windows as the hall staffs them: some of a group, some that serve two, some alone.
BUSINESSES = [
    Business("ZH", 130, ((0.5, 7), (0.3, 12), (0.2, 18))),
    Business("SB", 120, ((0.6, 6), (0.4, 13)), usual=9),
    Business("YB", 75, ((0.7, 7), (0.3, 10)), usual=8),
    Business("BD", 75, ((0.6, 12), (0.4, 22)), spread=0.5, usual=15),
    Business("CJ", 115, ((1.0, 3.5),), usual=4),
    Business("FL", 14, ((0.5, 14), (0.5, 26)), usual=20),
]
WINDOWS = [
    *[("ZH",)] * 4, *[("ZH", "CJ")] * 2, *[("SB",)] * 3, *[("SB", "YB")] * 2, ("YB",), *[("BD",)] * 4, ("CJ",), ("FL",),
]  # fmt: skip
FIRST = date(2026, 3, 2)


def working_days(many: int) -> list[date]:
    found, day = [], FIRST
    while len(found) < many:
        if clock.calendar().is_working(day):
            found.append(day)
        day += timedelta(days=1)
    return found


def figures(name: str, said: list[Said]) -> tuple[object, ...]:
    waits = [each for each in said if each.waited >= 1]
    share = statistics.median(each.error / each.waited for each in waits) if waits else 0.0
    off = statistics.median(each.error for each in said)
    best = statistics.median(each.least_error for each in said)
    best_share = statistics.median(each.least_error / each.waited for each in waits) if waits else 0.0
    within = sum(each.least - 1 <= each.waited <= each.most + 1 for each in said) / len(said)
    lean = statistics.mean(each.middle - each.waited for each in said)
    return (
        name, len(said), f"{statistics.median(each.waited for each in said):.0f}",
        f"{ground.percentile([each.waited for each in said], 95):.0f}", f"{off:.1f}", f"{share:.0%}", f"{best:.1f}",
        f"{best_share:.0%}", f"{lean:+.1f}", f"{within:.0%}", "yes" if off <= 3 or share <= 0.25 else "no",
    )  # fmt: skip


def main() -> None:
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # what is lost in a crash is not measured here
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    hall = Hall(BUSINESSES, WINDOWS, seed=11)
    said: list[Said] = []
    with time_machine.travel(f"{FIRST} 00:00+08:00", tick=False) as traveller:
        days = working_days(HISTORY + DAYS)
        hall.remember(days[:HISTORY])
        for day in days[HISTORY:]:
            traveller.move_to(datetime.combine(day, time.min, clock.SHANGHAI), tick=False)
            ground.analyse()
            said += hall.play(day, traveller)
    if "--keep" in sys.argv:
        print(*said, sep="\n")
    rows = [figures(code, [each for each in said if each.queue == code]) for code in hall.businesses]
    rows.append(figures("all", said))
    rows.append(figures("wait over 10 min", [each for each in said if each.waited > 10]))
    head = (
        "queue",
        "numbers",
        "median wait min",
        "p95 wait min",
        "median error min",
        "of the wait",
        "at best min",
        "of the wait",
    )
    ground.table([*head, "mean lean min", "within the range", "goal"], rows)


if __name__ == "__main__":
    main()
