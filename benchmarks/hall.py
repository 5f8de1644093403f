"""`call next` with 10,000 waiting and 220 windows, news at 300 screens: `python -m benchmarks.hall [--quick]`.

Windows are shared out among client processes, each with its own connection. Every window calls once a round; the
numbers called are finished between the rounds, outside the clock, so that 10,000 or more wait all the time.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import multiprocessing as mp
import random
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from time import perf_counter, sleep
from typing import Any

from django.core.management import call_command
from django.db import connection

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.hall.actions import calling, sitting
from onewindow.hall.models import Queue, Ticket, Window, Zone
from onewindow.kernel import clock
from tests.factories.accounts import AgencyFactory, SiteFactory

WAITING, QUEUES, WINDOWS, ZONES = 10_000, 23, 220, 5
ROUNDS = 3 if ground.QUICK else 12
# Processes, and the seconds each rests between two calls: with a rest, 220 windows press about thirty times a second.
RUNS = ((1, 0.0), (4, 0.0), (16, 0.0), (16, 0.5))

# A tenth needs a window with English, a tenth has a turn earlier than it was drawn, a fifth of the visits have two.
LINE = """
WITH came AS (
  INSERT INTO hall_visit (site_id, day, phone, secret, busy)
  SELECT %(site)s, %(day)s, '', 'b' || to_char(n, 'FM00000000000'), false FROM generate_series(1, %(visits)s) AS n
  RETURNING id
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM came)
INSERT INTO hall_ticket (state, site_id, day, number, queue_id, visit_id, source, priority, language, accessible,
  turn_at, issued_at, calls, note, revision, chain_seq, chain_head)
SELECT 'waiting', %(site)s, %(day)s, %(letter)s || to_char(t.n, 'FM00000'),
  (%(queues)s::bigint[])[1 + t.n %% %(lines)s],
  numbered.id, 'kiosk', '',
  CASE WHEN t.n %% 10 = 3 THEN 'en' ELSE '' END, false,
  now() - interval '1 s' * (%(waiting)s - t.n) - CASE WHEN t.n %% 10 = 7 THEN interval '20 min' ELSE interval '0' END,
  now() - interval '1 s' * (%(waiting)s - t.n), 0, '', 0, 0, ''
FROM generate_series(1, %(waiting)s) AS t(n) JOIN numbered ON numbered.n = 1 + (t.n - 1) %% %(visits)s
"""
FREE = """
WITH over AS (
  UPDATE hall_ticket SET state = 'done', ended_at = now(), served_at = called_at WHERE state = 'called'
  RETURNING visit_id
) UPDATE hall_visit SET busy = false WHERE id IN (SELECT visit_id FROM over)
"""


@dataclass(frozen=True)
class Seat:
    window: Window
    by: Principal


def hall() -> list[Seat]:
    """A third of the windows serve one queue, a third three, a third eight; one in four knows English."""
    chance, site, agency = random.Random(5), SiteFactory(), AgencyFactory()
    zones = [Zone.objects.create(site=site, code="ABCDEF"[n], name=f"{n}区") for n in range(ZONES)]
    queues = [
        Queue.objects.create(site=site, zone=zones[n % ZONES], code=f"Q{n}", name=f"业务{n}") for n in range(QUEUES)
    ]
    seats = []
    for n in range(WINDOWS):
        languages = ["en"] if n % 4 == 0 else []
        window = Window.objects.create(site=site, zone=zones[n % ZONES], number=f"{n:03}", languages=languages)
        window.queues.set({queues[n % QUEUES], *chance.sample(queues, (1, 3, 8)[n % 3] - 1)})
        user = User.objects.create(username=f"bench-window-{n}", name="窗口", kind=User.Kind.STAFF)
        Post.objects.create(user=user, agency=agency, role="clerk")
        seats.append(Seat(window, from_user(user)))
        sitting.sign_on(window, by=seats[-1].by)
    return seats


def line(site: str, letter: str, waiting: int) -> None:
    """Nothing but new numbers, in rows as the act of drawing leaves them."""
    queues = list(Queue.objects.order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hall_ticket")
        cursor.execute("DELETE FROM hall_visit")
        cursor.execute(LINE, {
            "site": site, "day": clock.today(), "queues": queues, "lines": QUEUES, "letter": letter,
            "visits": waiting * 5 // 6, "waiting": waiting,
        })  # fmt: skip
    ground.analyse()


def press(seats: list[Seat], rounds: int, rest: float, gate: Any, results: Any) -> None:
    """One process; the connection is there before the clock runs."""
    connection.ensure_connection()
    chance = random.Random(seats[0].window.pk)
    for _ in range(rounds):
        chance.shuffle(seats)
        gate.wait()
        began, spent = perf_counter(), []
        for seat in seats:
            pressed = perf_counter()
            if calling.call_next(seat.window, by=seat.by) is None:
                raise SystemExit(f"nobody left for window {seat.window}")
            spent.append((perf_counter() - pressed) * 1000)
            sleep(rest)
        results.put((began, perf_counter(), spent))
        gate.wait()


def measure(context: ForkServerContext, seats: list[Seat], letter: str, many: int, rest: float) -> tuple[object, ...]:
    rounds = 1 if rest else ROUNDS
    line(seats[0].window.site_id, letter, WAITING + rounds * WINDOWS)
    gate, results = context.Barrier(many + 1), context.Queue()
    clients = [context.Process(target=press, args=(seats[n::many], rounds, rest, gate, results)) for n in range(many)]
    for client in clients:
        client.start()
    spent, wall = [], 0.0
    for _ in range(rounds):
        gate.wait()
        done = [results.get() for _ in clients]
        wall += max(end for _, end, _ in done) - min(began for began, *_ in done)
        spent += [ms for *_, each in done for ms in each]
        called = Ticket.objects.filter(state=Ticket.State.CALLED)
        if called.values("window").distinct().count() != len(seats):
            raise SystemExit("a window has no number, or two have one")
        with connection.cursor() as cursor:
            cursor.execute(FREE)
        gate.wait()
    for client in clients:
        client.join()
    pace = f"{rest:.1f} s" if rest else "–"
    shares = (f"{ground.percentile(spent, share):.1f}" for share in (50, 95, 99))
    return many, pace, f"{len(spent):,}", f"{len(spent) / wall:,.0f}", *shares


def main() -> None:
    call_command("migrate", verbosity=0)
    seats = hall()
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.ground"])
    rows = [measure(context, seats, "ABCD"[n], *run) for n, run in enumerate(RUNS)]
    ground.table(["processes", "rest between", "calls", "a second", "p50 ms", "p95 ms", "p99 ms"], rows)


if __name__ == "__main__":
    main()
