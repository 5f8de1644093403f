import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = "清空演示数据库和文件，下次 make demo 从头开始"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="不再询问")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("生产环境不能清空数据。")
        if not yes and not self._agreed():
            self.stdout.write("没有清空。")
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] > 1:
                raise CommandError("演示还在运行，请先在它的窗口按 Ctrl-C。")
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for folder in (settings.MEDIA_ROOT,):
            for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else []:
                path.unlink() if path.is_file() else path.rmdir()
        (settings.VAR_DIR / "sandbox-peer.json").unlink(missing_ok=True)
        self.stdout.write("演示数据已清空。运行 make demo 重新开始。")

    def _agreed(self) -> bool:
        """A server of one's own may hold more than the demonstration: there nothing goes without a word."""
        own = os.environ.get("DATABASE_URL", "")
        if sys.stdin.isatty():
            where = f"（{connection.settings_dict['NAME']}，{connection.settings_dict['HOST']}）" if own else ""
            return input(f"演示数据库{where}会全部清空，确定请输入 yes：").strip() == "yes"
        if own:
            raise CommandError("DATABASE_URL 指向您自己的服务器。确定清空请运行 onewindow demo_reset --yes。")
        return True
