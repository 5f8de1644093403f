from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts.models import User
from onewindow.accounts.providers import totp
from onewindow.kernel.ledger import System


class Command(BaseCommand):
    help = "Recovery: unbind a lost authenticator; the person binds a new one at the next sign-in. Goes on record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username, kind=User.Kind.STAFF).first()
        if user is None:
            raise CommandError(f"没有工作人员账号“{username}”")
        totp.reset(user, by=System("operator", "运维命令"))
        self.stdout.write(f"“{username}”的验证器已解除，下次登录时重新绑定。")
