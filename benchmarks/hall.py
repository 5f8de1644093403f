"""`call next` with 10,000 waiting numbers, 23 queues and 220 windows: `python -m benchmarks.hall [--quick]`.

Every window calls once, then all are freed outside the clock; windows take turns on as many threads as the row says.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter, sleep

from django.core.management import call_command
from django.db import connection

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.hall.actions import calling, sitting
from onewindow.hall.models import Queue, Ticket, Window, Zone
from onewindow.kernel import clock
from tests.factories.accounts import AgencyFactory, SiteFactory

WAITING, QUEUES, WINDOWS, ZONES = 10_000, 23, 220, 5
ROUNDS = 2 if ground.QUICK else 12
# Threads, and the seconds each rests between two calls: 220 windows press far less often than that.
RUNS = ((1, 0.0), (4, 0.0), (16, 0.0), (16, 0.5))
Seat = tuple[Window, Principal]

# A tenth needs a window with English, a tenth has a turn earlier than it was drawn, a fifth of the visits have two.
LINE = """
WITH came AS (
  INSERT INTO hall_visit (site_id, day, phone, secret, busy)
  SELECT %(site)s, %(day)s, '', 'b' || to_char(n, 'FM00000000000'), false FROM generate_series(1, %(visits)s) AS n
  RETURNING id
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM came)
INSERT INTO hall_ticket (state, site_id, day, number, queue_id, visit_id, source, priority, language, accessible,
  turn_at, issued_at, calls, note, revision, chain_seq, chain_head)
SELECT 'waiting', %(site)s, %(day)s, %(letter)s || to_char(t.n, 'FM00000'), (%(queues)s::bigint[])[1 + t.n %% %(lines)s],
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


def hall() -> tuple[list[Queue], list[Seat]]:
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
        principal = from_user(user)
        sitting.sign_on(window, by=principal)
        seats.append((window, principal))
    return queues, seats


def line(queues: list[Queue], letter: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LINE, {
            "site": queues[0].site_id, "day": clock.today(), "queues": [queue.pk for queue in queues],
            "lines": QUEUES, "letter": letter, "visits": WAITING * 5 // 6, "waiting": WAITING,
        })  # fmt: skip


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hall_ticket")
        cursor.execute("DELETE FROM hall_visit")


def press(seats: list[Seat], gate: Barrier, rest: float) -> list[float]:
    """One thread's windows, one after another; the connection is there before the clock runs."""
    connection.ensure_connection()
    gate.wait()
    spent = []
    for window, principal in seats:
        began = perf_counter()
        if calling.call_next(window, by=principal) is None:
            raise SystemExit(f"nobody left for window {window}")
        spent.append((perf_counter() - began) * 1000)
        sleep(rest)
    connection.close()
    return spent


def measure(queues: list[Queue], seats: list[Seat], letter: str, threads: int, rest: float) -> tuple[object, ...]:
    clear()
    line(queues, letter)
    ground.analyse()
    chance, spent, wall = random.Random(9), [], 0.0
    for _ in range(1 if rest else ROUNDS):
        chance.shuffle(seats)
        gate = Barrier(threads + 1)
        with ThreadPoolExecutor(threads) as pool:
            parts = [pool.submit(press, seats[n::threads], gate, rest) for n in range(threads)]
            gate.wait()
            began = perf_counter()
            for part in parts:
                spent += part.result()
            wall += perf_counter() - began
        called = Ticket.objects.filter(state=Ticket.State.CALLED)
        if called.values("window").distinct().count() != len(seats):
            raise SystemExit("a window has no number, or two have one")
        with connection.cursor() as cursor:
            cursor.execute(FREE)
    pace = f"{rest:.1f} s" if rest else "–"
    shares = (f"{ground.percentile(spent, share):.1f}" for share in (50, 95, 99))
    return threads, pace, f"{len(spent):,}", f"{len(spent) / wall:,.0f}", *shares


def main() -> None:
    call_command("migrate", verbosity=0)
    queues, seats = hall()
    rows = [measure(queues, seats, "ABCD"[n], *run) for n, run in enumerate(RUNS)]
    ground.table(["threads", "rest between", "calls", "a second", "p50 ms", "p95 ms", "p99 ms"], rows)


if __name__ == "__main__":
    main()
