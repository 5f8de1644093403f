import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from onewindow.cases import custody


class Command(BaseCommand):
    help = "文件：verify 核对磁盘上的材料和文书有没有丢失、改动；中断后可以从停下的地方接着核对"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify"])
        parser.add_argument("--quick", action="store_true", help="只看在不在、大小对不对，不读内容")
        parser.add_argument("--after", type=uuid.UUID, default=custody.NOBODY, help="从这个文件之后接着核对")

    def handle(self, *args: Any, what: str, quick: bool, after: uuid.UUID, **options: Any) -> None:
        report, told = custody.Report(after=after), 0
        try:
            for part in custody.verify(report, quick=quick):
                for fault in part.faults[told:]:
                    self.stderr.write(str(fault))
                told = len(part.faults)
        except KeyboardInterrupt:
            self.stderr.write(f"停在这里。接着核对：onewindow documents verify --after {report.after}")
            raise SystemExit(130) from None
        custody.keep(report)
        if report.faults:
            self.stderr.write(f"看了 {report.looked} 个文件，{len(report.faults)} 处不对。")
            raise SystemExit(1)
        self.stdout.write(f"看了 {report.looked} 个文件，都在，没有改动。")
