from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from onewindow.kernel import flow, ledger, subscribers
from onewindow.kernel.models import DaySeal, Entry


class Command(BaseCommand):
    help = "账本：verify 校验全部哈希链和日封；seal 封存已结束的日子；retry 重试搁置的记录"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "seal", "retry"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "seal":
            for seal in ledger.seal_days():
                self.stdout.write(f"已封存 {seal.day}：{seal.entries} 条，根 {bytes(seal.root).hex()[:16]}…")
            return
        if what == "retry":
            handled, failing = subscribers.retry_parked()
            self.stdout.write(f"已补办 {handled} 条，仍然失败 {failing} 条")
            return
        faults = list(ledger.verify(flow.flowing_models()))
        if faults:
            for fault in faults[:20]:
                self.stderr.write(f"{fault.where}：{fault.what}")
            self.stderr.write(f"账本不完整：共 {len(faults)} 处，最先在 {faults[0].where}")
            raise SystemExit(1)
        self.stdout.write(f"账本完整：{Entry.objects.count()} 条记录，{DaySeal.objects.count()} 个日封")
