"""Preview and application of a changed calendar over many open cases: `python -m benchmarks.calendar [--quick]`."""

from __future__ import annotations

from benchmarks import ground  # isort: skip

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from time import perf_counter, process_time

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.cases import calendar_work
from onewindow.cases.actions import calendar, intake
from onewindow.cases.models import Case
from onewindow.kernel import clock
from tests.factories.cases import officer
from tests.factories.catalogue import flagship

OPEN = 2_000 if ground.QUICK else 20_000
ITEMS = ("XDP0096", "XDA0106")


def cases(wanted: int) -> None:
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
            [wanted],
        )


def timed(act: Callable[[], object]) -> tuple[str, str, int]:
    """Counted by a wrapper: keeping the text of each statement would cost more than running it."""
    asked = count()

    def counted(execute: Callable[..., object], *args: object) -> object:
        next(asked)
        return execute(*args)

    with connection.execute_wrapper(counted):
        began, used = perf_counter(), process_time()
        act()
        spent, used = perf_counter() - began, process_time() - used
    return f"{spent:.1f} s", f"{used:.1f} s", next(asked)


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    cases(OPEN)
    ground.analyse()
    user = User.objects.create(username="bench-keeper", name="运维", kind=User.Kind.STAFF)
    Post.objects.create(user=user, role=Post.Role.OPERATOR, agency=None)
    keeper = from_user(user)
    day = clock.calendar().next_working(clock.today() + timedelta(days=1))
    one_day = calendar.with_day(clock.calendar(), day, working=False, name="停电检修")
    rows = both("a day closed tomorrow", one_day, keeper)
    year = str(clock.today().year + 1)
    holidays = [{"date": f"{year}-01-0{n}", "name_zh": "元旦"} for n in (1, 2, 3)]
    lists = clock.read_content({"years": {year: {"holidays": holidays}}})
    rows += both("the list of next year", calendar.with_years(clock.calendar(), lists), keeper)
    ground.table(["change", "open", "moved", "act", "time", "Python CPU", "statements"], rows)


def both(name: str, wanted: clock.Calendar, keeper: Principal) -> list[tuple[object, ...]]:
    change = calendar.propose(wanted, source="公告第1号", by=keeper)
    previewed = timed(calendar_work.run)
    change.refresh_from_db()
    ordered = timed(lambda: calendar.apply(change, by=keeper))
    applied = timed(calendar_work.run)
    change.refresh_from_db()
    of = (name, f"{change.summary['looked']:,}", f"{change.summary['cases']:,}")
    return [(*of, "preview", *previewed), (*of, "order", *ordered), (*of, "apply", *applied)]


if __name__ == "__main__":
    main()
