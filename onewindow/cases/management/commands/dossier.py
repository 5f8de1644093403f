from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onewindow.cases import dossier
from onewindow.cases.models import Case
from onewindow.kernel.ledger import System

BY = System("operator", "系统管理员（命令行）")


class Command(BaseCommand):
    help = "导出一件办件的卷宗：一个可以离线核验的文件"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="办件编号")
        parser.add_argument("--reason", required=True, help="导出的理由，记入账本")
        parser.add_argument("--out", type=Path, help="写到哪里；不写就是当前目录")

    def handle(self, *args: Any, number: str, reason: str, out: Path | None, **options: Any) -> None:
        cases = Case.objects.select_related("version", "item", "agency", "person", "mandate__agent")
        case = cases.filter(number="".join(number.split())).first()
        if case is None:
            raise CommandError(f"没有办件 {number}")
        try:
            made = dossier.export(case, by=BY, reason=reason)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        path = out or Path(made.name)
        with path.open("wb") as file:
            file.writelines(made.chunks)
        self.stdout.write(f"{path}（{path.stat().st_size} 字节）。核验：python3 verify.py {path}")
