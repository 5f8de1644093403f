from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts import tokens
from onewindow.accounts.models import User
from onewindow.api.auth import SCOPES
from onewindow.kernel import ledger


class Command(BaseCommand):
    help = "Issue an API token for a user and print it; it is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what the token is for, as it appears in the ledger")
        parser.add_argument("--scopes", required=True, help="separated by commas: " + ",".join(SCOPES))
        parser.add_argument("--days", type=int, default=365, help="days it is valid (365)")

    def handle(self, *args: Any, username: str, name: str, scopes: str, days: int, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"没有可用的账号“{username}”")
        if not 1 <= days <= 3650:
            raise CommandError("有效天数应在 1 到 3650 之间")
        wanted = {scope.strip() for scope in scopes.split(",")}
        if unknown := wanted - SCOPES.keys():
            raise CommandError(f"没有这样的权限：{'、'.join(sorted(unknown))}。可以用：{'、'.join(SCOPES)}")
        self.stdout.write(tokens.issue(user, name, wanted, days, by=ledger.System("console", "命令行")))
