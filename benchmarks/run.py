"""Everything, one after another: `python -m benchmarks.run [--quick] [--write]`; --write fills docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import django
import psutil

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "transitions": "Transitions",
    "pages": "Pages",
    "events": "A case with 300 events",
    "hall": "The hall",
    "estimates": "Estimated waits",
    "calendar": "A changed calendar",
    "clock": "Dates and conditions",
    "search": "Search",
}
# Tells the part of another author to measure on a district of its own too.
WITH_DISTRICT = (
    "import runpy, sys; from benchmarks import ground; ground.load_district(); "
    "runpy.run_module('benchmarks.{part}', run_name='__main__')"
)
NOTES = {
    "transitions": (
        "receive → accept → give_opinion by `cases.actions`, each client a process with its own connection, cases read "
        "beforehand. pgbench sends the captured statements of the same acts for random cases of the same range, simple "
        "protocol as Django's driver does; its guard on revision and state is dropped so that an act can be repeated, "
        "and it leaves out the SELECTs. Server, clients and pgbench share the cores; fsync is on."
    ),
    "pages": (
        "granian with two workers (`onewindow serve`), 5,000 open cases (500 with --quick), pages warm, an aiohttp "
        "client on the same cores. CPU is of the server's processes, without the client."
    ),
    "events": "Django's test client in one process, one request after another, pages warm. Goal: p95 ≤ 150 ms.",
    "hall": (
        "10,000 and more waiting, 23 queues, 220 windows with an officer; each process calls for its share of them. "
        "Goal: p95 ≤ 20 ms. Screens: 220 of windows and 80 of zones on one server, from a call's commit to the byte."
    ),
    "estimates": (
        "Days replayed in simulated time through the acts of the product, after days of history. Goal of a queue: "
        "median error at most 3 minutes or 25 % of the wait."
    ),
    "calendar": (
        "20,000 open cases (2,000 with --quick) at two points of their road. A day closed tomorrow moves every one of "
        "them, the worst there is; the list of next year moves none of them."
    ),
    "clock": "CPU time of one process, no database.",
    "search": (
        "The yardstick questions of `questions-open.csv` (公开) and `questions-held.csv` (调整, 留出), in process. "
        "Words and weights were chosen looking at the first two; the hold half judges, and so does "
        "`questions-after.csv` (事后), written when they stood."
    ),
}


def machine() -> str:
    cores = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    facts = (
        dt.date.today().isoformat(), f"commit {head.stdout.strip()}",
        f"{len(cores)} cores {cores[0].split(':')[1].strip()}, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        f"Linux {platform.release()}", f"Python {platform.python_version()}", f"Django {django.__version__}",
        f"sync of 8 KiB {sync_ms():.2f} ms",
    )  # fmt: skip
    return " · ".join(facts)


def sync_ms() -> float:
    """What one commit must at least wait for on this disk: the median of 200."""
    path, times = Path(os.environ.get("TMPDIR", "/tmp")) / f"onewindow-sync-{os.getpid()}", []  # noqa: S108 - where the databases are
    with path.open("wb", buffering=0) as file:
        for _ in range(200):
            began = perf_counter()
            file.write(b"\0" * 8192)
            os.fdatasync(file.fileno())
            times.append((perf_counter() - began) * 1000)
    path.unlink()
    return sorted(times)[100]


def measure(part: str, options: list[str]) -> str:
    command = ["-m", f"benchmarks.{part}"] if part != "search" else ["-c", WITH_DISTRICT.format(part=part)]
    done = subprocess.run([sys.executable, *command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    options = [option for option in sys.argv[1:] if option == "--quick"]
    made_by = f"Made by `python -m benchmarks.run {' '.join(sys.argv[1:])}`; nothing here is estimated."
    pieces = ["# Benchmarks", made_by, machine()]
    print("\n\n".join(pieces), flush=True)
    for part, title in PARTS.items():
        if not (ROOT / "benchmarks" / f"{part}.py").exists():
            continue
        words = f"`python -m benchmarks.{part}`: {NOTES[part]} Load average before it: {os.getloadavg()[0]:.1f}."
        made = [f"## {title}", words, measure(part, options)]
        print("\n" + "\n\n".join(made), flush=True)
        pieces += made
        if "--write" in sys.argv:
            (ROOT / "docs" / "benchmarks.md").write_text("\n\n".join(pieces) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
