"""Pages over real HTTP against granian with 5,000 open cases: `python -m benchmarks.pages [--quick]`.

The asyncio client shares the two cores with the server; CPU a request is therefore steadier than latency.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import asyncio
import csv
import os
import random
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle, islice
from time import perf_counter, sleep
from urllib.parse import urlencode
from urllib.request import urlopen

import aiohttp
import psutil
import yaml
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onewindow.accounts.models import User
from onewindow.catalogue.models import Item
from tests.cast import sign_in

OPEN = 500 if ground.QUICK else 5000
REQUESTS = 96 if ground.QUICK else 800
WARM = 64
AT_ONCE = (1, 16)
MANY_QUERIES = 12


@dataclass(frozen=True)
class Page:
    name: str
    urls: list[str]
    user: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def pages() -> list[Page]:
    chance = random.Random(11)
    people = ground.citizens(OPEN // 25)
    cases = ground.open_cases(OPEN, people, ground.officer())
    granny = people[0][0].user_id
    own = [case.number for case in cases if case.filed_by_id == granny]
    some = [case.number for case in chance.sample(cases, 200)]
    with (settings.DATA_DIR / "questions-open.csv").open(encoding="utf-8", newline="") as file:
        questions = [row["question"] for row in csv.DictReader(file)]
    codes = list(Item.objects.filter(complete=True).values_list("pk", flat=True))
    swap = {"HX-Request": "true"}
    reader, clerk = User.objects.get(pk=granny).username, "bench-officer"
    return [
        Page("home", ["/"]),
        Page("home, signed in", ["/"], reader),
        Page("search page", [f"/search/?{urlencode({'q': q})}" for q in chance.sample(questions, 100)]),
        Page("guide", [f"/items/{code}/" for code in codes]),
        Page("checklist swap", swaps(codes), headers=swap),
        Page("desk work list", ["/desk/"], clerk),
        Page("desk work list, all open", ["/desk/?view=open"], clerk),
        Page("case file", [f"/desk/cases/{number}/" for number in some], clerk),
        Page("my cases", ["/my/cases/"], reader),
        Page("my case", [f"/my/cases/{number}/" for number in own], reader),
    ]


def swaps(codes: list[str]) -> list[str]:
    """Answers of the worked examples, as the browser sends them after each question."""
    urls = []
    for code in codes:
        for example in yaml.safe_load((settings.DATA_DIR / "examples" / f"{code}.yaml").read_text(encoding="utf-8")):
            urls.append(f"/items/{code}/?{urlencode(example['answers'])}")
    return urls


def cookie(user: str) -> dict[str, str]:
    if not user:
        return {}
    client = sign_in(User.objects.get(username=user))
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


@dataclass(frozen=True)
class Served:
    ms: list[float]
    wall: float
    bytes: int


async def fetch(port: int, page: Page, cookies: dict[str, str], count: int, at_once: int) -> Served:
    urls, ms, size = islice(cycle(page.urls), count), [], 0
    connector = aiohttp.TCPConnector(limit=at_once)
    base = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(base, connector=connector, cookies=cookies, headers=page.headers) as session:

        async def reader() -> None:
            nonlocal size
            for url in urls:
                began = perf_counter()
                async with session.get(url, allow_redirects=False) as response:
                    size += len(await response.read())
                    if response.status != 200:
                        raise SystemExit(f"{page.name}: {url} answered {response.status}")
                ms.append((perf_counter() - began) * 1000)

        began = perf_counter()
        await asyncio.gather(*(reader() for _ in range(at_once)))
        return Served(ms, perf_counter() - began, size // count)


def serve() -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "config.console", "serve"], env=os.environ | {"PORT": str(port)})
    for _ in range(360):
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return server, port
        except OSError:
            sleep(0.25)
    raise SystemExit("the server did not start")


def measure(server: subprocess.Popen[bytes], port: int, found: list[Page]) -> None:
    program, database = psutil.Process(server.pid), ground.postmaster()
    rows = []
    for page in found:
        cookies = cookie(page.user)
        asyncio.run(fetch(port, page, cookies, max(WARM, 2 * len(page.urls)), 4))
        for at_once in AT_ONCE:
            python, postgres = ground.cpu_seconds(program), ground.cpu_seconds(database)
            served = asyncio.run(fetch(port, page, cookies, REQUESTS, at_once))
            python, postgres = ground.cpu_seconds(program) - python, ground.cpu_seconds(database) - postgres
            rows.append((
                page.name, at_once, f"{REQUESTS / served.wall:,.0f}",
                *(f"{ground.percentile(served.ms, share):.1f}" for share in (50, 95, 99)),
                f"{python / REQUESTS * 1000:.2f}", f"{postgres / REQUESTS * 1000:.2f}", f"{served.bytes / 1024:.0f}",
            ))  # fmt: skip
    head = ("page", "at once", "a second", "p50 ms", "p95 ms", "p99 ms", "Python CPU ms", "PostgreSQL CPU ms", "KiB")
    ground.table(head, rows)


def table_of(sql: str) -> str:
    words = sql.replace('"', "").replace("(", " ").split()
    for mark in ("FROM", "INTO", "UPDATE"):
        if mark in words:
            return f"{words[0]} {words[words.index(mark) + 1]}"
    return words[0]


def count_queries(found: list[Page]) -> None:
    """In this process, warm; the most of up to five addresses. Transaction marks count: they are round trips too."""
    rows = []
    for page in found:
        client = sign_in(User.objects.get(username=page.user)) if page.user else Client()
        most: list[str] = []
        for url in [page.urls[0], *page.urls[:5]]:
            cache.clear()
            with CaptureQueriesContext(connection) as queries:
                client.get(url, headers=page.headers)
            sent = [table_of(query["sql"]) for query in queries]
            most = max(most, sent, key=len) if url != page.urls[0] or most else sent
        what = ", ".join(f"{n} × {name}" if n > 1 else name for name, n in Counter(most).items())
        rows.append((page.name, f"{len(most)}{' (!)' if len(most) > MANY_QUERIES else ''}", what))
    ground.table(("page", "queries", "which"), rows)


def main() -> None:
    ground.load_district()
    found = pages()
    ground.analyse()
    count_queries(found)
    server, port = serve()
    try:
        measure(server, port, found)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
