import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.exchange import inbox, outbox, systems
from onewindow.exchange.models import Letter, System


class Command(BaseCommand):
    help = "外部系统：自检、送出和收取、沙箱对端"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("check", help="逐个自检，有一处不好就以 1 退出").add_argument("key", nargs="?")
        verbs.add_parser("run", help="现在就送出到期的、收取新的（平时由后台每分钟做）")
        peer = verbs.add_parser("sandbox-peer", help="沙箱对端，只在演示环境")
        peer.add_argument("--port", type=int, default=settings.PORT + 1)
        peer.add_argument("--auto", type=float, nargs=2, metavar=("受理", "办结"), help="几秒后自己受理、办结")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        {"check": self._check, "run": self._run, "sandbox-peer": self._peer}[verb](options)

    def _check(self, options: dict[str, Any]) -> None:
        chosen = System.objects.order_by("key")
        if options["key"]:
            chosen = chosen.filter(key=options["key"])
        if not chosen:
            raise CommandError("没有配置外部系统" if not options["key"] else f"没有 {options['key']} 这个外部系统")
        bad = 0
        for system in chosen:
            self.stdout.write(f"{system.key} {system.name}（{system.adapter}）")
            for finding in systems.check(system):
                bad += not finding.good
                self.stdout.write(f"  {'好' if finding.good else '不好'}  {finding.what}：{finding.told}")
        if bad:
            raise CommandError(f"{bad} 处不好。")

    def _run(self, options: dict[str, Any]) -> None:
        closed = outbox.run_due()
        told = sum(inbox.poll(system) for system in System.objects.filter(paused_at__isnull=True).order_by("key"))
        inbox.run_due()
        parked = Letter.objects.filter(state=Letter.State.PARKED).count()
        self.stdout.write(f"送出 {closed} 件，取到进展 {told} 条；搁置 {parked} 条。")

    def _peer(self, options: dict[str, Any]) -> None:
        from onewindow.exchange.demo import peer_secret
        from onewindow.exchange.peer import Peer, PeerServer

        if not settings.SANDBOX or not settings.EXCHANGE_SANDBOX:
            raise CommandError("沙箱对端只在演示环境（ONEWINDOW_EXCHANGE_SANDBOX=1）。")
        path = Path(settings.VAR_DIR) / "sandbox-peer.json"
        peer = Peer(peer_secret(), auto=tuple(options["auto"]) if options["auto"] else None, path=path)
        server = PeerServer(options["port"], peer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.stdout.write(f"沙箱对端：{server.url}/  （不是真正的外部系统；Ctrl-C 停止）")
        self.stdout.flush()
        try:
            while True:
                time.sleep(1)
                peer.go_on()
        except KeyboardInterrupt:
            server.shutdown()
