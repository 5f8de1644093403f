from __future__ import annotations

import logging
import os
import secrets
import signal
import subprocess
import time
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from onewindow.accounts.models import Site
from onewindow.cases.models import Case
from onewindow.hall.models import Node, Outpost
from onewindow.hall.node import tables
from onewindow.hall.node.line import Line, Refused
from onewindow.kernel import outgoing
from onewindow.kernel.outgoing import Unreachable
from onewindow.web.management.commands.serve import ensure_port_free, server

log = logging.getLogger(__name__)
# Seconds between two rounds, and at most between two tries while the centre does not answer.
EVERY, LONGEST = 1.0, 10.0


class Command(BaseCommand):
    help = "大厅节点：大厅里的一台机器，自带数据库，和中心断开也照常取号、叫号、代收材料"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", required=True, help="场所编号，如 510114")
        parser.add_argument("--centre", required=True, help="中心的网址，如 https://zw.example.gov.cn")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--workers", type=int, default=1)

    def handle(self, *args: Any, site: str, centre: str, host: str, workers: int, **options: Any) -> None:
        token = self._token()
        self._ensure_sound(site, centre)
        ensure_port_free(host, settings.PORT)
        call_command("migrate", verbosity=0)
        self._ensure_a_node(site, centre)
        tables.watch()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        # The site's processes know by the environment that they are a node's: fewer pages, and the banner.
        os.environ["ONEWINDOW_HALL_SITE"] = settings.HALL_SITE = site
        line = Line(site, centre, token)
        self._until_begun(line)
        child = subprocess.Popen(server(host, workers), start_new_session=True)  # noqa: S603 - our own command
        self.stdout.write(self.style.SUCCESS(f"大厅节点已启动：{settings.PUBLIC_URL}（Ctrl-C 停止）"))
        self.stdout.flush()
        try:
            while child.poll() is None:
                time.sleep(self._round(line))
            raise CommandError("网站意外停止，请看上面的错误信息。")
        except KeyboardInterrupt:
            self.stdout.write("正在停止……主持权不变，再启动接着办。")
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)

    def _token(self) -> str:
        if not settings.NODE_TOKEN:
            raise CommandError(
                "请设置 ONEWINDOW_NODE_TOKEN（或 ONEWINDOW_NODE_TOKEN_FILE）：在中心运行 "
                "onewindow hall-nodes issue <场所> --name <名称> 得到。"
            )
        return settings.NODE_TOKEN

    def _ensure_sound(self, site: str, centre: str) -> None:
        host = urlsplit(centre).hostname or ""
        if problem := outgoing.fault(centre, inside={host}):
            raise CommandError(f"--centre：{problem}")
        if settings.PRODUCTION and urlsplit(centre).scheme != "https":
            raise CommandError("--centre 必须是 https://：人员的口令核验资料和证件号码要从这条线上走。")

    def _ensure_a_node(self, site: str, centre: str) -> None:
        """Its database is a node's own: never a centre's, never another site's."""
        if Node.objects.exists() or (Case.objects.exists() and not Outpost.objects.exists()):
            raise CommandError("这个数据库是中心的。大厅节点要用自己的空数据库（另设 ONEWINDOW_VAR 或 DATABASE_URL）。")
        here = Outpost.objects.first()
        if here and here.site_code != site:
            raise CommandError(f"这个数据库是场所 {here.site_code} 的节点，不能用于 {site}。")
        if here is None and Site.objects.exists():
            raise CommandError("数据库里已有别的数据。大厅节点从空数据库开始，底数由中心给。")
        Outpost.objects.get_or_create(site_code=site, defaults={"centre": centre, "instance": secrets.token_hex(16)})
        Outpost.objects.filter(site_code=site).exclude(centre=centre).update(centre=centre)

    def _until_begun(self, line: Line) -> None:
        """The first brief comes from the centre; after that the node starts without it."""
        told = ""
        while Outpost.objects.get(pk=line.site).state == Outpost.State.NEW:
            try:
                line.round(time.monotonic())
                said = Outpost.objects.get(pk=line.site).said
            except Unreachable as problem:
                said = f"还没有底数，等中心：{problem.message}"
            if said and said != told:
                self.stderr.write(said)
                told = said
            time.sleep(EVERY)

    def _round(self, line: Line) -> float:
        """Seconds until the next; whatever goes wrong, the hall goes on and the line is tried again."""
        try:
            more = line.round(time.monotonic())
            self._failures = 0
            return 0.0 if more else EVERY
        except Unreachable as problem:
            self._failures += 1
            if self._failures == 1:
                log.warning("中心未连通，大厅照常：%s", problem.message)
        except Refused as refusal:
            self._failures += 1
            log.warning("中心没有收，大厅照常：%s", refusal.message)
        except DatabaseError:
            self._failures += 1
            log.exception("对账时数据库出错，稍后再试")
        except Exception:  # the line must not end while the hall works
            self._failures += 1
            log.exception("对账没有成功，稍后再试")
        finally:
            close_old_connections()
        return min(LONGEST, EVERY * 2 ** min(self._failures, 5))

    _failures = 0
