"""Preview and application of a changed calendar over many open cases: `python -m benchmarks.calendar [--quick]`."""

from __future__ import annotations

from benchmarks import ground  # isort: skip

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import calendar, intake
from onewindow.cases.models import Case
from onewindow.kernel import clock
from tests.factories.cases import officer
from tests.factories.catalogue import flagship

OPEN = 2_000 if ground.QUICK else 20_000
ITEMS = ("XDP0096", "XDA0106")


def cases(count: int) -> None:
    """Real cases at two points of their road, and rows like them: the dates of a row come from its own facts."""
    [(principal, person)] = ground.citizens(1)
    for code in ITEMS:
        item = flagship(code)
        clerk = officer("bench-clerk", item.agency_id, "clerk")
        for accepted in (False, True):
            case = ground.submitted(item, (principal, person))
            if accepted:
                intake.accept(case, by=clerk)
    columns = ", ".join(
        connection.ops.quote_name(field.column)
        for field in Case._meta.concrete_fields
        if field.name not in {"id", "number", "once"}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO cases_case (number, {columns}) "  # noqa: S608 - own column names
            f"SELECT left(number, 12) || to_char(n, 'FM00000000'), {columns} "
            "FROM cases_case, generate_series(1, %s) AS n WHERE n %% 4 = id %% 4",
            [count],
        )


def timed(act: Callable[[], object]) -> tuple[str, int]:
    with CaptureQueriesContext(connection) as asked:
        began = perf_counter()
        act()
        spent = perf_counter() - began
    return f"{spent:.1f} s", len(asked)


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    cases(OPEN)
    ground.analyse()
    user = User.objects.create(username="bench-keeper", name="运维", kind=User.Kind.STAFF)
    Post.objects.create(user=user, role=Post.Role.OPERATOR, agency=None)
    keeper = from_user(user)
    day = clock.calendar().next_working(clock.today() + timedelta(days=1))
    wanted = calendar.with_day(clock.calendar(), day, working=False, name="停电检修")
    made = []
    previewed = timed(lambda: made.append(calendar.propose(wanted, source="公告第1号", by=keeper)))
    applied = timed(lambda: calendar.apply(made[0], by=keeper))
    figures = made[0].summary
    print(f"{figures['looked']:,} open cases, {figures['moves']:,} clocks of {figures['cases']:,} cases move\n")
    ground.table(["", "time", "statements"], [("preview", *previewed), ("apply", *applied)])


if __name__ == "__main__":
    main()
