from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from onewindow.accounts import loading
from onewindow.catalogue import pofiles, publish
from onewindow.kernel.tables import Problems


class Command(BaseCommand):
    help = "按现在的办理规程写译文文件（catalogue/en/*.po）：新句子留空，不再出现的句子删去；不写编号就更新已有的"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="事项编号")
        parser.add_argument("--language", choices=pofiles.LANGUAGES, default=pofiles.LANGUAGES[0])

    def handle(self, *args: Any, codes: list[str], language: str, **options: Any) -> None:
        problems = Problems()
        agencies = {agency.code for agency in loading.read_agencies(settings.DATA_DIR, problems)}
        guides = {guide.code: guide for guide in publish.read_guides(settings.DATA_DIR, agencies, problems)}
        if problems:
            raise CommandError("\n".join(problems.found))
        if unknown := sorted(set(codes) - guides.keys()):
            raise CommandError(f"没有这些事项：{'、'.join(unknown)}")
        wanting = pofiles.write(settings.DATA_DIR, language, guides, codes)
        for name, count in wanting.items():
            if count:
                self.stdout.write(f"{name}.po 还有 {count} 句没有译文")
        self.stdout.write(f"{len(wanting)} 个文件，{sum(wanting.values())} 句没有译文。")
