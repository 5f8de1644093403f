from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts.models import Site
from onewindow.hall.actions import leases
from onewindow.hall.models import Node
from onewindow.kernel.ledger import System

BY = System("operator", "运维（命令行）")


class Command(BaseCommand):
    help = "中心一侧的大厅节点：issue 签发令牌、list 列出、call-back 请它交回、take-away 强制收回"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        issue = verbs.add_parser("issue", help="为一个场所签发节点令牌，只显示一次")
        issue.add_argument("site", help="场所编号，如 510114")
        issue.add_argument("--name", required=True, help="节点叫什么，如 一楼机房")
        verbs.add_parser("list", help="列出节点")
        verbs.add_parser("call-back", help="请节点交回：它停下、送完，中心接着办").add_argument("node", type=int)
        away = verbs.add_parser("take-away", help="节点找不回来了：强制收回，号从下一个千号起")
        away.add_argument("node", type=int)
        away.add_argument("--reason", required=True)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            {"issue": self._issue, "list": self._list, "call-back": self._call_back, "take-away": self._take_away}[
                verb
            ](options)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem

    def _issue(self, options: dict[str, Any]) -> None:
        site = Site.objects.filter(pk=options["site"]).first()
        if site is None:
            raise ValueError(f"没有编号为“{options['site']}”的场所")
        node, token = leases.issue(site, options["name"], by=BY)
        self.stdout.write(f"节点 {node.pk}（{site}，{node.name}）的令牌，只显示这一次：\n{token}")

    def _list(self, options: dict[str, Any]) -> None:
        for node in Node.objects.select_related("site").order_by("-pk"):
            told = (
                f"上次联系 {node.contact_at:%Y-%m-%d %H:%M:%S}，待送 {node.waiting} 行"
                if node.contact_at
                else "没有联系过"
            )
            self.stdout.write(
                f"{node.pk}\t{node.site_id}\t{node.name}\t{node.get_state_display()}\t{told}\t{node.fault}"
            )

    def _node(self, options: dict[str, Any]) -> Node:
        node = Node.objects.filter(pk=options["node"]).first()
        if node is None:
            raise ValueError("没有这个节点，用 onewindow hall-nodes list 看编号。")
        return node

    def _call_back(self, options: dict[str, Any]) -> None:
        leases.call_back(self._node(options), by=BY)
        self.stdout.write("已请节点交回，它送完剩下的行以后由中心接着办。")

    def _take_away(self, options: dict[str, Any]) -> None:
        leases.take_away(self._node(options), by=BY, reason=options["reason"])
        self.stdout.write("已强制收回。今天的号从下一个千号起；可以为新机器签发令牌了。")
