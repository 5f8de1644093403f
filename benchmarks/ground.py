"""Importing this starts a district to measure on: a durable PostgreSQL of its own under a temporary ONEWINDOW_VAR.

Import it before anything of `onewindow`. A process started by a benchmark shares the database of the one that began.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import django
import psutil

MARK = "ONEWINDOW_BENCH_PID"
QUICK = "--quick" in sys.argv


def _own_database() -> None:
    folder = tempfile.mkdtemp(prefix="onewindow-bench-")
    os.environ |= {MARK: str(os.getpid()), "ONEWINDOW_VAR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ["ONEWINDOW_DATA"] = str(Path(__file__).resolve().parent.parent / "data" / "xindu")
    for name in ("DATABASE_URL", "ONEWINDOW_ENV"):
        os.environ.pop(name, None)
    atexit.register(_remove, Path(folder))


def _remove(folder: Path) -> None:
    """The embedded server stops with its last process; its folder goes whether or not it has."""
    pid = folder / "pg" / "postmaster.pid"
    if pid.exists():
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            server = psutil.Process(int(pid.read_text().split()[0]))
            server.terminate()
            server.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


if MARK not in os.environ:
    _own_database()
django.setup()

import datetime as dt  # noqa: E402 - what follows needs the settings
import random  # noqa: E402
import statistics  # noqa: E402
from collections.abc import Iterable, Sequence  # noqa: E402

import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from onewindow.accounts.demo import AGENCIES  # noqa: E402
from onewindow.accounts.models import Person, User  # noqa: E402
from onewindow.accounts.principal import Principal, from_user  # noqa: E402
from onewindow.cases.actions import drafts, intake, review  # noqa: E402
from onewindow.cases.models import Case  # noqa: E402
from onewindow.catalogue.models import Item  # noqa: E402
from onewindow.kernel import clock  # noqa: E402
from tests.factories.accounts import UserFactory  # noqa: E402
from tests.factories.applications import fill  # noqa: E402
from tests.factories.cases import officer as staff  # noqa: E402

SINCE_DAYS = 20


def load_district() -> None:
    call_command("migrate", verbosity=0)
    call_command("load", str(settings.DATA_DIR), stdout=Path(os.devnull).open("w"))  # noqa: SIM115 - until the end


def officer() -> Principal:
    """Clerk and reviewer at every agency that has a complete guide; measures acts, not who may do them."""
    found = Item.objects.filter(complete=True).values_list("agency_id", flat=True)
    for agency in {*AGENCIES, *found}:
        principal = staff("bench-officer", agency, "clerk", "reviewer", "decider")
    return principal


def citizens(count: int) -> list[tuple[Principal, Person]]:
    users: list[User] = [UserFactory(name="李秀英") for _ in range(count)]
    return [(from_user(user), user.person) for user in users if user.person]


def submitted(item: Item, by: tuple[Principal, Person]) -> Case:
    return intake.submit(fill(drafts.open_case(item, by=by[0], person=by[1]), by[0]), by=by[0])


def open_cases(count: int, people: Sequence[tuple[Principal, Person]], by: Principal) -> list[Case]:
    """Submitted over the last weeks, a third each waiting for the clerk, received, and under review."""
    chance = random.Random(7)
    items = list(Item.objects.filter(complete=True, online_depth__gte=1).select_related("current", "agency"))
    made, now = [], clock.now()
    for day in range(SINCE_DAYS, 0, -1):
        with time_machine.travel(now - dt.timedelta(days=day)):
            for _ in range(count // SINCE_DAYS):
                case = submitted(chance.choice(items), chance.choice(people))
                if stage := chance.randrange(3):
                    intake.receive(case, by=by)
                if stage == 2:
                    intake.accept(case, by=by)
                made.append(case)
    return made


def walk(case: Case, by: Principal) -> Iterable[tuple[str, object]]:
    """The acts that are measured, one at a time."""
    yield "receive", intake.receive(case, by=by)
    yield "accept", intake.accept(case, by=by)
    yield "give_opinion", review.give_opinion(case, by=by, advice="agree", opinion="材料齐全，符合条件")


def analyse() -> None:
    """Fresh rows have no statistics until autovacuum comes round; a measurement must not depend on its mood."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def postmaster() -> psutil.Process:
    pid = Path(settings.VAR_DIR) / "pg" / "postmaster.pid"
    return psutil.Process(int(pid.read_text().split()[0]))


def cpu_seconds(*roots: psutil.Process) -> float:
    """User and system time of the processes and all their children, the ended ones too."""
    spent = 0.0
    for root in roots:
        times = root.cpu_times()
        spent += times.user + times.system + times.children_user + times.children_system
        for child in root.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                of = child.cpu_times()
                spent += of.user + of.system
    return spent


def percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|---" + "|--:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    print()
