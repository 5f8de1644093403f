import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from onewindow.hall import sandbox


class Command(BaseCommand):
    help = "自助设备：simulate 让没有登记的设备由模拟程序报平安（只在演示环境）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["simulate"])
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="平台网址")
        parser.add_argument("--most", type=int, default=60, help="最多模拟几台")
        parser.add_argument("--every", type=int, default=100, help="每台隔几秒报一次")
        parser.add_argument("--rounds", type=int, default=0, help="报几轮就停；0 是一直报")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("模拟设备不能在生产环境运行。")
        plugged = sandbox.plug_in(options["url"], options["most"])
        self.stdout.write(f"模拟 {len(plugged)} 台设备（沙箱），Ctrl-C 停止。")
        wait = sandbox.pause(len(plugged), timedelta(seconds=options["every"]))
        number = 0
        try:
            while not options["rounds"] or number < options["rounds"]:
                heard = 0
                if not plugged:  # the demonstration waits for its children: this one has nothing to do
                    time.sleep(options["every"])
                for each in plugged:
                    heard += each.round(number)
                    time.sleep(wait)
                number += 1
                if options["verbosity"] > 1:
                    self.stdout.write(f"第 {number} 轮：{heard} 台有回应")
        except KeyboardInterrupt:
            self.stdout.write("已停止。")
