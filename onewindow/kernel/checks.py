from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections


@register(Tags.database)
def cursors_belong_to_this_server(databases: Collection[str] | None = None, **kwargs: Any) -> list[Error]:
    """A dump restored into a new PostgreSQL counts transactions from the beginning: readers would wait for ever."""
    return [_foreign for name in databases or () if _ahead(name)]


_foreign = Error(
    "账本的读者停在另一台数据库服务器的事务号上，新的记录不会被读到",
    hint="从备份恢复到新的数据库服务器之后，按 docs/operate.md 重置 kernel_cursor（重读不会重复发送）",
    id="kernel.E001",
)


def _ahead(name: str) -> bool:
    with connections[name].cursor() as cursor:
        cursor.execute("SELECT to_regclass('kernel_cursor') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        following = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        cursor.execute(f"SELECT EXISTS (SELECT FROM kernel_cursor WHERE xact >= {following})")  # noqa: S608 - fixed text
        return bool(cursor.fetchone()[0])
