"""Every life is lived: the acts by their names, the timers every day, every row of the ledger accounted for."""

from __future__ import annotations

import re
from datetime import datetime, time
from functools import cache
from operator import itemgetter
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, timeline, timers
from onewindow.cases.models import Case, State
from onewindow.cases.notices import KINDS
from onewindow.documents import typesetting
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import canonical
from onewindow.kernel.models import Entry
from tests.documents.test_papers import text_of
from tests.lives import acts, book, contents

LIVES = book.read()
# Chapter → kind of paper → the first one issued in it.
PAPERS: dict[str, dict[str, dict[str, Any]]] = {}
STATES = {state.label: state for state in State}
DATES = {"法定": "statutory_due", "承诺": "promised_due", "最迟": "due_on", "核查": "check_on"}
# Early each morning the timers run, on every day a life of the chapter lasts.
TIMERS_AT = time(0, 5)


@pytest.fixture(scope="module")
def chapters(django_db_setup, django_db_blocker):
    """Of each chapter the lives run side by side, as cases do; what went wrong with which is kept."""
    with django_db_blocker.unblock(), transaction.atomic():
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        yield cache(live_together)
        transaction.set_rollback(True)
    clock.forget()


def live_together(chapter: str) -> dict[str, BaseException | None]:
    runs = [Run(life) for life in LIVES if life.chapter == chapter]
    steps = sorted(((line.at, n, line) for n, run in enumerate(runs) for line in run.life.lines), key=itemgetter(0, 1))
    clock.forget()
    days = sorted({day for run in runs for day in run.life.days})
    with transaction.atomic(), time_machine.travel(steps[0][0], tick=False) as traveller:
        for at, n, line in steps:
            while days and days[0] <= at.date():
                traveller.move_to(datetime.combine(days.pop(0), TIMERS_AT, tzinfo=clock.SHANGHAI))
                timers.run()
            traveller.move_to(at)
            runs[n].attempt(line)
        transaction.set_rollback(True)
    return {run.life.title: run.problem for run in runs}


class Run:
    """One life under way: each line is checked when its moment has come, until one is wrong."""

    def __init__(self, life):
        self.life, self.case, self.seen, self.row = life, None, 0, None
        self.problem: BaseException | None = None

    def attempt(self, line):
        if self.problem is None:
            try:
                self.come_to(line)
            except Exception as problem:
                problem.add_note(line.text)
                self.problem = problem

    def come_to(self, line):
        """What the timers did since the last line must have its own line."""
        if self.case is None:
            self.case = acts.begun(self.life)
            self.seen = self.case.chain_seq
        self.case = Case.objects.select_related("version", "item", "agency").get(pk=self.case.pk)
        if line.auto:
            self.expect_row(line.act, line.at.date())
        else:
            assert self.rows() == [], "账本里还有没有写明的记录"
            self.act(line)
        self.check(line)
        if line is self.life.lines[-1]:
            assert self.rows() == [], "账本里最后还有没有写明的记录"

    def rows(self):
        entries = Entry.objects.filter(kind="case", subject=self.case.number, seq__gt=self.seen).order_by("seq")
        return [(timeline.label(row.event), row.at.astimezone(clock.SHANGHAI).date()) for row in entries]

    def expect_row(self, label, day):
        rows = self.rows()
        assert rows[:1] == [(label, day)], f"应有：{label} {day}\n账本里是：{rows}"
        self.seen += 1
        self.row = Entry.objects.get(kind="case", subject=self.case.number, seq=self.seen)
        if paper := self.row.data.get("paper"):
            PAPERS.setdefault(self.life.chapter, {}).setdefault(paper["kind"], paper["facts"])

    def act(self, line):
        usual, action = acts.ACTS[line.act]
        refusal = next((each.removeprefix("不可：") for each in line.then if each.startswith("不可：")), None)
        said = ""
        try:
            with transaction.atomic():
                action(self.case, acts.who(self.case, line.post, usual), line.said)
        except (ValueError, Conflict, PermissionDenied) as problem:
            said = str(problem)
        assert bool(said) == (refusal is not None), f"{said or '没有被拒绝'}"
        assert not refusal or refusal in said, f"实际：{said}"
        self.case.refresh_from_db()
        if said or line.act == "无事":
            return
        labels = [] if line.act in acts.WITHOUT_ROW else [acts.EVENTS.get(line.act, line.act)]
        for each in line.then:
            labels += each.removeprefix("另记 ").split("、") if each.startswith("另记 ") else []
        for label in labels:
            self.expect_row(label, line.at.date())

    def check(self, line):
        for expected in line.then:
            assert (actual := self.actual(expected)) is None, f"“{expected}”，实际：{actual}"

    def actual(self, expected):
        """None when it is so, else what is."""
        case, (name, _, value) = self.case, expected.partition(" ")
        if expected in STATES:
            return None if case.state == STATES[expected] else case.get_state_display()
        if name in DATES:
            found = getattr(case, DATES[name])
            return None if found == (self.life.day(value) if value != "没有" else None) else found
        if name == "受理日":
            found = case.accepted_at and deadlines.on(case.accepted_at)
            return None if found == self.life.day(value) else found
        if expected.startswith("《"):
            return self.paper(expected)
        return self.other(expected, name, value)

    def paper(self, expected):
        """`《补正告知书》写明“照片太暗”“04-14”`."""
        title, fragments = re.fullmatch(r"《(.+?)》(?:写明(.*))?", expected).groups()
        facts = self.row.data.get("paper", {}).get("facts", {})
        if facts.get("title") != title:
            return facts.get("title", "没有文书")
        said = canonical(facts)
        for fragment in re.findall(r"“(.+?)”", fragments or ""):
            wanted = self.life.day(fragment).isoformat() if re.fullmatch(r"(\d{4}-)?\d\d-\d\d", fragment) else fragment
            if wanted not in said:
                return said
        return None

    def other(self, expected, name, value):
        if expected in {"超期", "未超期"}:
            return None if self.case.is_overdue == (expected == "超期") else self.case.due_on
        if name == "原证":
            found = self.case.concerns.get_state_display()
            return None if found == value else found
        if name == "有效期至":
            found = timeline.certificate(self.case).valid_until
            return None if found == self.life.day(value) else found
        if name == "信用记录":
            found = CreditRecord.objects.filter(case_number=self.case.number).count()
            return None if str(found) == value.removesuffix("条") else found
        if name == "证照":
            certificate = timeline.certificate(self.case)
            found = certificate.get_state_display() if certificate else "没有"
            return None if found == value else found
        if expected.startswith(("不可：", "另记 ")):
            return None
        raise AssertionError(f"{self.life}：没有这种结果：{expected}")


@pytest.mark.django_db
@pytest.mark.parametrize("life", LIVES, ids=str)
def test_life(life, chapters):
    if problem := chapters(life.chapter)[life.title]:
        raise problem


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_paper_the_acts_issue_contains_what_the_law_wants(kind, chapters, tmp_path):
    names = list(dict.fromkeys(life.chapter for life in LIVES))
    for chapter in names:
        chapters(chapter)
    facts = next(PAPERS[chapter][kind] for chapter in names if kind in PAPERS.get(chapter, {}))
    text = text_of(typesetting.render(KINDS[kind].template, facts), tmp_path)
    assert contents.missing(kind, facts, text) == []


def test_no_two_kinds_of_paper_share_their_numbers():
    assert len({kind.nature for kind in KINDS.values()}) == len(KINDS)


def test_the_printed_table_of_papers_is_the_one_that_is_looked_for():
    assert contents.CONTENTS.keys() == KINDS.keys()
    assert contents.DOC.read_text(encoding="utf-8") == contents.printed(), "run: python -m tests.lives"


@pytest.mark.parametrize("life", LIVES, ids=str)
def test_every_life_names_the_law_it_shows(life):
    """Or says that there is none and it is the common practice."""
    assert re.search(r"《.+》第.+条|^通行做法：", life.law) and life.lines


def test_no_two_lives_have_one_title():
    assert len({life.title for life in LIVES}) == len(LIVES)


def test_the_printed_lives_are_those_that_are_lived():
    assert book.DOC.read_text(encoding="utf-8") == book.text(LIVES), "run: python -m tests.lives"
