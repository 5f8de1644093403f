from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from onewindow.accounts import loading
from onewindow.cases import changeover
from onewindow.catalogue import pofiles, publish, running, translations
from onewindow.hall import loading as hall
from onewindow.kernel.tables import Problems


class Command(BaseCommand):
    help = "载入一个区的数据：部门、区划、场所、节假日、事项；有一处错误就什么也不载入"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.DATA_DIR)
        parser.add_argument(
            "--take-files",
            nargs="*",
            metavar="事项编号",
            help="网上改过、文件也改过的事项以文件为准；不写编号就是全部",
        )
        parser.add_argument("--check", action="store_true", help="只检查事项的文件，不写数据库")

        parser.add_argument(
            "--running",
            metavar="规则",
            help="新版本对在办的件，默认 draft=all,prereview=better,filed=better,accepted=better",
        )
        parser.add_argument("--why", default="", help="让已提交或已受理的件全部换新版的依据")
        parser.add_argument("--preview", action="store_true", help="只看会有哪些新版本、影响多少在办的件，不写数据库")
        parser.add_argument("--if-changed", action="store_true", help="文件和程序都没有变过时什么也不做")

    def handle(self, *args: Any, folder: Path, check: bool, **options: Any) -> None:
        started = perf_counter()
        if check:
            self._check(folder)
            return
        if options["if_changed"] and publish.is_loaded(folder):
            self.stdout.write("数据文件没有变化，不用再载入。")
            return
        rule = _rule(options["running"], options["why"])
        with transaction.atomic():
            summary, problems = publish.load(folder, options["take_files"], rule)
            self._refuse(problems)
            halls, problems = hall.load(folder)
            self._refuse(problems)
            touched = changeover.counts(summary.changed)
            transaction.set_rollback(options["preview"])
        self.stdout.write(
            f"事项 {summary.items} 项，其中核心 {summary.core} 项，完整指南 {summary.complete} 项；"
            f"新版本 {summary.published} 个，未变 {summary.unchanged} 项。"
        )
        self._touched(touched, rule)
        if options["preview"]:
            self.stdout.write("只是预览，没有写数据库。")
            return
        if summary.conflicts:
            self.stdout.write(
                f"{len(summary.conflicts)} 项的文件改过，但网上已发布更新的版本，没有动："
                f"{'、'.join(summary.conflicts)}。以文件为准的，加 --take-files 再载入。"
            )
        if summary.unnamed:
            self.stdout.write(f"库里另有 {summary.unnamed} 项事项不在文件里，保持原样。")
        if summary.other_calendar:
            self.stdout.write(
                "节假日文件与在用的工作日历不同，没有动：改日历会移动在办件的期限，"
                "请在“管理 → 工作日历”里上传这个文件，预览后启用。"
            )
        for language in pofiles.LANGUAGES:
            self._translated(language)
        self.stdout.write(
            f"部门、区划、场所写入 {summary.places} 行，大厅写入 {halls} 行，节假日写入 {summary.days} 行，"
            f"词库写入 {summary.words} 行，译文写入 {summary.translations} 份；"
            f"用时 {perf_counter() - started:.1f} 秒。"
        )

    def _touched(self, touched: dict[str, dict[str, int]], rule: running.Rule) -> None:
        """Whom the new versions mean something to; `changeover` decides case by case by the rule."""
        if not touched:
            return
        said = "；".join(f"{stage}{words}" for stage, words in running.words(rule))
        self.stdout.write(f"{len(touched)} 项有新版本的事项有在办的件，规则：{said}")
        for code, stages in sorted(touched.items()):
            found = "，".join(f"{running.STAGES[stage]} {count} 件" for stage, count in stages.items() if count)
            self.stdout.write(f"  {code}：{found}")

    def _refuse(self, problems: Problems) -> None:
        if not problems:
            return
        for line in problems.found:
            self.stderr.write(line)
        self.stderr.write(f"共 {len(problems.found)} 处错误，没有载入任何内容。")
        raise SystemExit(1)

    def _translated(self, language: str) -> None:
        """What translators have to look at: guides that changed since, or are not wholly translated yet."""
        found = translations.coverage(language)
        for each in found:
            if each.spoken.missing or each.spoken.obsolete:
                self.stdout.write(
                    f"译文 {language} {each.item.code} {each.item}：{each.spoken.share:.0%}，"
                    f"没有译文 {len(each.spoken.missing)} 句，原文已改 {len(each.spoken.obsolete)} 句。"
                )
        whole = sum(not each.spoken.missing for each in found)
        self.stdout.write(f"译文 {language}：{len(found)} 项，其中齐全 {whole} 项。")

    def _check(self, folder: Path) -> None:
        problems = Problems()
        agencies = {agency.code for agency in loading.read_agencies(folder, problems)}
        guides = publish.read_guides(folder, agencies, problems)
        for line in problems.found:
            self.stderr.write(line)
        papers = sum(len(guide.materials) for guide in guides if guide.core)
        self.stdout.write(f"{len(guides)} 项事项可读，核心事项材料 {papers} 份；{len(problems.found)} 处错误。")
        if problems:
            raise SystemExit(1)


def _rule(said: str | None, why: str) -> running.Rule:
    pairs = dict(part.strip().partition("=")[::2] for part in said.split(",")) if said else {}
    if unknown := pairs.keys() - running.STAGES.keys():
        raise CommandError(f"--running 里没有这一类：{'、'.join(sorted(unknown))}")
    try:
        return running.chosen(pairs | {"why": why})
    except ValueError as problem:
        raise CommandError(f"{problem}（--running、--why）") from None
