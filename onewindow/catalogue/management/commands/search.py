import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from onewindow.catalogue.models import Item
from onewindow.catalogue.search import search


class Command(BaseCommand):
    help = "按群众的说法找事项；--batch 从标准输入逐行读问题，每行输出一个 JSON"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", nargs="?", default="")
        parser.add_argument("--batch", action="store_true")

    def handle(self, *args: Any, question: str, batch: bool, **options: Any) -> None:
        if batch:
            for line in sys.stdin:
                asked = line.rstrip("\r\n")
                answer = {"q": asked, "items": [hit.code for hit in search(asked)]}
                self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        hits = search(question)
        names = Item.objects.select_related("agency").in_bulk([hit.code for hit in hits])
        for number, hit in enumerate(hits, 1):
            item = names[hit.code]
            self.stdout.write(f"{number:>2}. {item}（{item.code}，{item.agency}）  像“{hit.why}”  {hit.score}")
        if not hits:
            self.stdout.write("没有找到相近的事项，换个说法试试。")
