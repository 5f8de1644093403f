"""语音叫号的声音文件：缺什么生成什么，放在 ONEWINDOW_VAR/voice 下."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onewindow.hall import speaking, voice


class Command(BaseCommand):
    help = "生成语音叫号的声音文件（eSpeak NG，离线）；本厅自己录的同名 .wav 不会被覆盖"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="全部重新生成，包括自己录的")

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        wanted = list(voice.PARTS) if again else voice.missing()
        try:
            speaker = speaking.speaker() if wanted else None
        except (ImportError, OSError, RuntimeError) as error:
            raise CommandError(f"这台机器生成不了语音文件（{error}），大屏改用浏览器自己的语音或提示音。") from error
        for part in wanted:
            assert speaker is not None
            speaking.write(voice.path_of(part), speaker.say(voice.PARTS[part]))
        if options["verbosity"]:
            self.stdout.write(f"语音文件：新生成 {len(wanted)} 个，共 {len(voice.PARTS)} 个，在 {voice.folder()}")
