"""`call next` with 10,000 waiting and 220 windows, calls seen by 300 screens: `python -m benchmarks.hall [--quick]`.

Windows are shared out among client processes, each with its own connection. Every window calls once a round; the
numbers called are finished between the rounds, outside the clock, so that 10,000 or more wait all the time.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import asyncio
import multiprocessing as mp
import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from time import perf_counter, process_time, sleep, time
from typing import Any

import aiohttp
import psutil
from django.core.management import call_command
from django.db import connection

from benchmarks.pages import serve
from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.hall.actions import calling, sitting
from onewindow.hall.models import Queue, Ticket, Visit, Window, Zone
from onewindow.kernel import clock
from tests.factories.accounts import AgencyFactory, SiteFactory

WAITING, QUEUES, WINDOWS, ZONES = 10_000, 23, 220, 5
ROUNDS = 3 if ground.QUICK else 12
SCREENS, CALLS, PACE = 300, 40 if ground.QUICK else 240, 0.25
# Processes, and the seconds each rests between two calls: with a rest, 220 windows press about thirty times a second.
RUNS = ((1, 0.0), (4, 0.0), (16, 0.0), (16, 0.5))

ID = re.compile(rb'"id": "(\d+-\d+)"')
# Moment and CPU seconds of the web server, of PostgreSQL, of the screens.
Spent = tuple[float, ...]

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
    """Nothing but new numbers: a tenth needs English, a tenth has an earlier turn, a fifth of the visits have two."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE hall_visit, hall_ticket CASCADE")
    queues, now, day = list(Queue.objects.order_by("pk")), clock.now(), clock.today()
    visits = Visit.objects.bulk_create(Visit(site_id=site, day=day) for _ in range(waiting * 5 // 6))
    Ticket.objects.bulk_create(
        [
            Ticket(
                site_id=site, day=day, number=f"{letter}{n:05}", queue=queues[n % QUEUES],
                visit=visits[n % len(visits)], language="en" if n % 10 == 3 else "",
                issued_at=now - timedelta(seconds=waiting - n),
                turn_at=now - timedelta(seconds=waiting - n + (1200 if n % 10 == 7 else 0)),
            )
            for n in range(waiting)
        ],
        batch_size=2000,
    )  # fmt: skip
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


def caller(seats: list[Seat], results: Any) -> None:
    """One call after another at the pace of a full hall; each number is finished before its window calls again."""
    chance, told = random.Random(3), []
    for n in range(CALLS):
        seat = seats[n % len(seats)] if n else chance.choice(seats)
        if ticket := calling.at(seat.window):
            calling.finish(ticket, by=seat.by)
        ticket = calling.call_next(seat.window, by=seat.by)
        if ticket is not None:
            told.append((f"{ticket.pk}-{ticket.calls}", time()))
        sleep(PACE)
    results.put(told)


async def screen(session: aiohttp.ClientSession, url: str, heard: list[tuple[float, bytes]], ready: list[str]) -> None:
    """A screen keeps what comes, and when; it is looked into when all is over."""
    async with session.get(url) as response:
        if response.status != 200:
            raise SystemExit(f"{url} answered {response.status}")
        ready.append(url)
        async for part in response.content.iter_any():
            heard.append((time(), part))


def seen_by(heard: list[tuple[float, bytes]]) -> dict[str, float]:
    """The calls a screen has shown, and when each came first."""
    seen: dict[str, float] = {}
    for at, part in heard:
        for call in ID.findall(part):
            seen.setdefault(call.decode(), at)
    return seen


Watched = tuple[list[tuple[str, float]], list[list[tuple[float, bytes]]], Spent]


async def watch(port: int, urls: list[str], start: Any, spent: Callable[[], Spent]) -> Watched:
    heard: list[list[tuple[float, bytes]]] = [[] for _ in urls]
    ready: list[str] = []
    limits = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=limits[0], timeout=limits[1]) as session:
        screens = [asyncio.create_task(screen(session, *each, ready)) for each in zip(urls, heard, strict=True)]
        while len(ready) < len(urls):
            await asyncio.sleep(0.2)
            for one in screens:
                if one.done():
                    one.result()
        await asyncio.sleep(5)
        before = spent()
        calls = await asyncio.to_thread(start)
        after = spent()
        await asyncio.sleep(5)
        for one in screens:
            one.cancel()
    return calls, heard, tuple(b - a for a, b in zip(before, after, strict=True))


def live(context: ForkServerContext, seats: list[Seat]) -> None:
    """220 window screens and 80 zone screens over HTTP; delay from the commit of a call to the byte at the screen."""
    site = seats[0].window.site_id
    line(site, "E", WAITING)
    zones = list(Zone.objects.filter(site=site).values_list("code", flat=True))
    urls = [f"/screens/{site}/windows/{seat.window.number}/events/" for seat in seats]
    urls += [f"/screens/{site}/{zones[n % len(zones)]}/events/" for n in range(SCREENS - len(urls))]
    server, port = serve()
    results = context.Queue()

    def start() -> list[tuple[str, float]]:
        process = context.Process(target=caller, args=(seats, results))
        process.start()
        told = results.get()
        process.join()
        return told

    try:
        program, database = psutil.Process(server.pid), ground.postmaster()

        def spent() -> Spent:
            return time(), ground.cpu_seconds(program), ground.cpu_seconds(database), process_time()

        told, heard, (wall, *cpu) = asyncio.run(watch(port, urls, start, spent))
    finally:
        server.terminate()
        server.wait(10)
    when, seen = dict(told), [seen_by(each) for each in heard]
    delays = [(at - when[call]) * 1000 for each in seen for call, at in each.items() if call in when]
    shares = (f"{ground.percentile(delays, share):.0f}" for share in (50, 95, 99))
    cores = (f"{each / wall:.2f}" for each in cpu)
    row = (SCREENS, len(told), f"{len(told) / wall:.1f}", f"{len(delays):,}", *shares, *cores)
    head = ["screens", "calls", "a second", "news seen", "p50 ms", "p95 ms", "p99 ms"]
    ground.table([*head, "web server, cores", "PostgreSQL, cores", "screens, cores"], [row])


def main() -> None:
    call_command("migrate", verbosity=0)
    seats = hall()
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.ground"])
    rows = []
    for n, run in enumerate(RUNS[1:3] if ground.QUICK else RUNS):
        rows.append(measure(context, seats, "ABCD"[n], *run))
        print(*rows[-1], file=sys.stderr)
    ground.table(["processes", "rest between", "calls", "a second", "p50 ms", "p95 ms", "p99 ms"], rows)
    live(context, seats)


if __name__ == "__main__":
    main()
