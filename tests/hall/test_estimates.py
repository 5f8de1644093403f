"""The error of the estimated wait on replayed days (issue: median at most 3 minutes or 25 % of the wait).

Fixed days, a fixed seed, simulated time: never a question of how fast the machine is.
"""

import statistics
from datetime import date, datetime, time

import time_machine

from onewindow.kernel import clock
from tests.hall.replay import Business, Hall

BEFORE = [date(2026, 3, day) for day in (2, 3, 4, 5, 6)]
DAYS = [date(2026, 3, day) for day in (9, 10, 11, 12, 13, 16, 17, 18)]
# Long services at several windows, short ones at one; two groups that share a window.
SHARED = [
    Business("BD", 75, ((0.6, 12), (0.4, 22)), spread=0.5, usual=15),
    Business("CJ", 75, ((1.0, 3.5),), usual=4),
    Business("YB", 45, ((0.7, 7), (0.3, 10)), usual=8),
]
ALONE = [Business("FL", 14, ((0.5, 14), (0.5, 26)), usual=20)]


def replayed(hall, days):
    said = []
    with time_machine.travel(f"{BEFORE[0]} 00:00+08:00", tick=False) as traveller:
        hall.remember(BEFORE)
        for day in days:
            traveller.move_to(datetime.combine(day, time.min, clock.SHANGHAI), tick=False)
            said += hall.play(day, traveller)
    return said


def median_error(said, error="error"):
    waits = [each for each in said if each.waited >= 1]
    return (
        statistics.median(getattr(each, error) for each in said),
        statistics.median(getattr(each, error) / each.waited for each in waits),
    )


def test_the_estimate_reaches_the_goal_in_every_queue(db):
    hall = Hall(SHARED, [*[("BD",)] * 4, ("CJ",), ("CJ", "YB"), ("YB",)], seed=3)
    said = replayed(hall, DAYS[:1])
    for queue in hall.queues:
        minutes, share = median_error([each for each in said if each.queue == queue])
        assert minutes <= 3 or share <= 0.25, (queue, minutes, share)


def test_one_window_with_long_services_comes_as_near_as_can_be(db):
    """Three services of 14 or 26 minutes ahead vary more than the goal allows, whoever reckons."""
    hall = Hall(ALONE, [("FL",)], seed=11)
    said = replayed(hall, DAYS)
    minutes, share = median_error(said)
    best, best_share = median_error(said, "least_error")
    assert best > 3 and best_share > 0.25, "the goal can be reached: ask for it"
    assert minutes <= 1.25 * best and share <= 1.25 * best_share, (minutes, best, share, best_share)
