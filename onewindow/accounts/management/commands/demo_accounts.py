from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts import demo
from onewindow.accounts.models import Agency


class Command(BaseCommand):
    help = "Make the demonstration accounts (sandbox only) and print how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("演示账号不能在生产环境建立")
        try:
            made = demo.make_accounts()
        except Agency.DoesNotExist as missing:
            raise CommandError(str(missing)) from missing
        if options["verbosity"]:
            heading = ("岗位", "姓名", "账号", "密码", "动态口令 / 验证码")
            rows = [heading, *((one.role, one.name, one.login, demo.PASSWORD, one.second) for one in made)]
            widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
            for row in rows:
                cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
                self.stdout.write("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
