from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from onewindow.accounts.actions import appoint
from onewindow.accounts.models import Agency, Post, Site, User
from onewindow.kernel.ledger import System


class Command(BaseCommand):
    help = "任命工作人员：onewindow staff <账号> --name 姓名 --role clerk --agency WJJ；新账号打印一次性初始密码"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=Post.Role.values)
        parser.add_argument("--agency", help="部门代码（data/xindu/agencies.csv）")
        parser.add_argument("--site", help="场所代码")

    @transaction.atomic
    def handle(self, *args: Any, username: str, name: str, role: str, **options: Any) -> None:
        agency = self._known(Agency, options["agency"], "部门")
        site = self._known(Site, options["site"], "场所")
        user, new = User.objects.get_or_create(username=username, defaults={"name": name, "kind": User.Kind.STAFF})
        if user.kind != User.Kind.STAFF:
            raise CommandError(f"“{username}”是群众账号，不能任命。")
        if new:
            password = secrets.token_urlsafe(12)
            user.set_password(password)
            user.save()
            self.stdout.write(f"初始密码（只显示这一次）：{password}；首次登录时绑定动态口令。")
        try:
            appoint(user, role, by=System("operator", "运维"), agency=agency, site=site)
        except ValidationError as problem:
            raise CommandError("；".join(problem.messages)) from problem
        self.stdout.write(f"已任命 {user.name}：{Post.Role(role).label}{'，' + str(agency) if agency else ''}")

    def _known(self, model: type[Agency] | type[Site], code: str | None, word: str) -> Any:
        if not code:
            return None
        found = model._default_manager.filter(pk=code).first()
        if found is None:
            raise CommandError(f"没有代码为“{code}”的{word}，请先运行 onewindow load。")
        return found
