"""Random acts by random posts and days that pass: whatever happens, what must hold of every case holds."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import QueryDict
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from onewindow.cases import deadlines, timers
from onewindow.cases.actions import intake
from onewindow.cases.models import CLOSED_STATES, Case
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import Conflict
from onewindow.kernel.models import Entry
from onewindow.web.desk import worklist
from tests.cases.conftest import post, whole
from tests.factories import cases
from tests.lives import acts

ITEMS = ["XDA0106", "XDP0032", "XDA0106"]
SAID = [
    ("收件", ""), ("受理", ""), ("告知补正", "章盖得不清楚"), ("再次告知补正", "新交的材料与申请书不一致"),
    ("提交补正", ""), ("不予受理", "依法不需要取得行政许可或者办理该事项"), ("签署审查意见", "符合条件"),
    ("进入特别程序", "检测3个工作日"), ("特别程序结束", "检测合格"), ("延长审批", "5个工作日，需要再次核实"),
    ("终止办理", "申请人已经注销，主体不存在了"), ("准予", ""), ("不予", "不符合规定的条件，理由写在审查意见里"),
    ("送达", "窗口领取"), ("办结", ""), ("撤回申请", "不办了，以后再说"),
]  # fmt: skip
# What brings a case on is tried more often than what ends it.
WEIGHED = [SAID[at] for at in (0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 6, 7, 8, 8, 9, 10, 11, 11, 12, 13, 14, 15)]
REFUSALS = (ValueError, Conflict, PermissionDenied)


class Cases(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.traveller = time_machine.travel(datetime(2026, 9, 21, 10, tzinfo=clock.SHANGHAI), tick=False)
        self.clock = self.traveller.start()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.cases = [intake.submit(whole(code), by=cases.citizen()) for code in ITEMS]
        self.closed: dict[str, int] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        self.traveller.stop()

    @rule(days=st.integers(1, 7))
    def days_pass(self, days: int) -> None:
        """Over National Day and its make-up Saturday; the timers run each morning, and twice move nothing more."""
        for _day in range(days):
            self.clock.shift(timedelta(days=1))
            timers.run()
            assert timers.run() == 0

    @rule(
        n=st.integers(0, len(ITEMS) - 1), said=st.sampled_from(WEIGHED),
        named=st.sampled_from(["", "", "", "", "", *acts.POSTS, "另一人"]),
    )  # fmt: skip
    def somebody_acts(self, n: int, said: tuple[str, str], named: str) -> None:
        case = Case.objects.select_related("version", "item", "agency").get(pk=self.cases[n].pk)
        usual, act = acts.ACTS[said[0]]
        try:
            with transaction.atomic():
                act(case, acts.who(case, named, usual), said[1])
        except REFUSALS:
            pass

    @invariant()
    def every_case_is_in_order(self) -> None:
        for case in Case.objects.filter(pk__in=[case.pk for case in self.cases]).select_related("version"):
            rows = ledger.timeline("case", case.number)
            self.check_chain(case, rows)
            self.check_dates(case, rows)
            self.check_end(case, rows)
            numbers = [row.data["paper"]["facts"]["number"] for row in rows if "paper" in row.data]
            assert len(numbers) == len(set(numbers)), numbers

    def check_chain(self, case: Case, rows: list[Entry]) -> None:
        head = b""
        for seq, row in enumerate(rows, start=1):
            head = hashlib.sha256(head + ledger.payload_of(row).encode()).digest()
            assert (row.seq, bytes(row.hash)) == (seq, head)
        assert (case.chain_seq, bytes(case.chain_head)) == (len(rows), head)

    def check_dates(self, case: Case, rows: list[Entry]) -> None:
        kept = (case.statutory_due, case.promised_due, case.due_on)
        deadlines.refresh(case)
        assert (case.statutory_due, case.promised_due, case.due_on) == kept, "the cache says what the facts say"
        accepted = [row for row in rows if row.event in {"case.accepted", "case.deemed_accepted"}]
        assert len(accepted) == (case.accepted_at is not None)
        if case.accepted_at and case.statutory_due:
            assert case.statutory_due >= deadlines.on(case.accepted_at)

    def check_end(self, case: Case, rows: list[Entry]) -> None:
        """Nothing happens to a case that has ended, and nobody waits for it."""
        if case.state in CLOSED_STATES:
            assert self.closed.setdefault(case.number, len(rows)) == len(rows) and case.due_on is None

    @invariant()
    def the_work_list_is_in_order(self) -> None:
        listed = worklist.page(post(self.cases[0], "clerk", "reviewer", "decider"), QueryDict("view=open"))["cases"]
        dues = [case.due_on for case, *_ in listed]
        known = [due for due in dues if due]
        assert dues == sorted(known) + [None] * (len(dues) - len(known))


@pytest.mark.django_db
def test_whatever_happens(calendar):
    profile = settings(
        max_examples=5, stateful_step_count=15, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Cases, settings=profile)
