from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts import demo
from onewindow.accounts.models import User


class Command(BaseCommand):
    help = "Print the current authenticator code of a demonstration account (sandbox only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("只有沙箱可以显示动态口令")
        user = User.objects.filter(username=username, kind=User.Kind.STAFF).exclude(totp_cipher="").first()
        code = demo.code_on_screen(user) if user else ""
        if not code:
            raise CommandError(f"没有演示账号“{username}”")
        self.stdout.write(code)
