"""A case with 300 ledger events, read by officer, applicant and program: `python -m benchmarks.events [--quick]`.

Django's test client in this process, one request after another, pages warm; a server adds what docs/benchmarks.md says
of the case file. The goal is p95 ≤ 150 ms.
"""

from __future__ import annotations

from benchmarks import ground  # isort: skip

from time import perf_counter, process_time

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onewindow.accounts import tokens
from onewindow.accounts.models import User
from onewindow.cases.actions import intake
from onewindow.cases.models import Case
from onewindow.kernel import clock, ledger
from onewindow.kernel.models import Entry
from tests.cast import sign_in
from tests.factories.cases import officer
from tests.factories.catalogue import flagship

SIZES = (0, 300)
REQUESTS = 40 if ground.QUICK else 200
# Rows as acts write them: a third the applicant reads with words, a third with a paper's facts, a third is inner.
STORY = (
    ("case.calendar_moved", {"words": "法定办结 3月16日 → 3月17日", "due_on": "2026-03-17"}),
    ("case.paper_opened", {"paper": {
        "kind": "correction", "number": "新卫健补字〔2026〕第0000012号",
        "facts": {"title": "补正告知书", "items": [{"on": "form", "text": "请补充经营场所的平面图。" * 6}] * 4},
    }}),
    ("case.discussed", {"words": "会议认为材料齐全，符合条件，" * 8, "opinion": "同意"}),
)  # fmt: skip


def story(case: Case, wanted: int) -> None:
    while (there := Entry.objects.filter(kind="case", subject=case.number).count()) < wanted:
        event, data = STORY[there % len(STORY)]
        ledger.record(case, event, by=ledger.System(), data=data)


def readers(case: Case, clerk: User, citizen: User) -> list[tuple[str, Client, str, dict[str, str]]]:
    secret = tokens.issue(citizen, "bench", ["cases:read"], 30, by=ledger.System())
    return [
        ("desk", sign_in(clerk), f"/desk/cases/{case.number}/", {}),
        ("applicant", sign_in(citizen), f"/my/cases/{case.number}/", {}),
        ("JSON", Client(), f"/api/v1/cases/{case.number}", {"Authorization": f"Bearer {secret}"}),
    ]


def measure(name: str, client: Client, url: str, headers: dict[str, str], events: int) -> tuple[object, ...]:
    spent, used, size = [], [], 0
    for n in range(REQUESTS + 10):
        cache.clear()  # the rate limit of a program, not the page
        began, cpu = perf_counter(), process_time()
        response = client.get(url, headers=headers)
        if response.status_code != 200:
            raise SystemExit(f"{url} answered {response.status_code}")
        size = len(response.content)
        if n >= 10:
            spent.append((perf_counter() - began) * 1000)
            used.append((process_time() - cpu) * 1000)
    with CaptureQueriesContext(connection) as asked:
        client.get(url, headers=headers)
    shares = (f"{ground.percentile(spent, share):.1f}" for share in (50, 95))
    return name, events, len(asked), *shares, f"{ground.percentile(used, 50):.1f}", f"{size / 1024:.0f}"


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    [(principal, person)] = ground.citizens(1)
    item = flagship("XDA0106")
    clerk = officer("bench-clerk", item.agency_id, "clerk", "reviewer", "decider")
    case = intake.accept(ground.submitted(item, (principal, person)), by=clerk)
    clerk_user, citizen = User.objects.get(pk=clerk.user_id), User.objects.get(pk=principal.user_id)
    rows = []
    for size in SIZES:
        story(case, size)
        ground.analyse()
        events = Entry.objects.filter(kind="case", subject=case.number).count()
        rows += [measure(*reader, events) for reader in readers(case, clerk_user, citizen)]
    ground.table(["page", "events", "queries", "p50 ms", "p95 ms", "Python CPU ms", "KiB"], rows)


if __name__ == "__main__":
    main()
