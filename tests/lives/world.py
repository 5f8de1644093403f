"""What happens around a case in its life: a new version of the item, a transfer of power, another holiday list."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.cases import calendar_work, changeover, transfers
from onewindow.cases.actions import calendar, transfer
from onewindow.cases.models import Case, Transfer
from onewindow.catalogue import publish, running
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item
from onewindow.kernel import clock, ledger
from onewindow.kernel.models import Entry
from tests.factories import cases
from tests.factories.catalogue import agency
from tests.lives import book

BY = ledger.System("test")
RULES = {"在办的按老规程": "old", "对申请人有利的才换": "better", "全部换": "all"}


def _district(name: str, *roles: str) -> Principal:
    user, _ = User.objects.get_or_create(username=name, defaults={"name": name, "kind": User.Kind.STAFF})
    for role in roles:
        Post.objects.get_or_create(user=user, role=role, agency=None)
    return from_user(user)


def new_version(case: Case, by: Principal, said: str) -> None:
    """`承诺3个工作日，对申请人有利的才换`."""
    what, named = said.split("，")
    changes: dict[str, Any] = book.fields(what)
    rule = dict.fromkeys(running.STAGES, RULES[named])
    item = Item.objects.select_related("current").get(pk=case.item_id)
    assert item.current is not None
    guide = Guide.model_validate(item.current.guide.model_dump(mode="json") | changes)
    with transaction.atomic():
        publish.release(guide, after=item.current_id, by=BY, rule=rule | {"why": "条例规定在办的适用新规定"})
    _change_over()


def _change_over() -> None:
    for entry in Entry.objects.filter(event="item.published").order_by("id"):
        changeover.on_entry(entry)
    changeover.run()


def hand_over(case: Case, by: Principal, said: str) -> None:
    """`全部移送`, `已受理的由原机关办完`."""
    for role in ("clerk", "reviewer", "decider"):
        cases.officer(f"WJJ-{role}", agency("WJJ").code, role)
    preset = "all" if said == "全部移送" else "accepted_stay"
    plan = Transfer.objects.create(
        giver_id=case.agency_id, taker_id="WJJ", items=[case.item_id], document="新府发〔2026〕9号",
        basis="《行政许可法》第二十五条，相对集中行政许可权", effective_on=clock.today(),
        rule=transfer.PRESETS[preset][1],
        author_id=_district("拟稿人", "editor").user_id,
    )  # fmt: skip
    transfer.propose(plan, by=_district("拟稿人", "editor"))
    transfer.approve(plan, by=_district("批准人", "checker"))
    transfers.run()
    _change_over()


def close_a_day(case: Case, by: Principal, said: str) -> None:
    """`2026-03-12放假，全区停电检修`."""
    day, kind, name = re.fullmatch(r"(.{10})(放假|上班)，(.+)", said).groups()  # type: ignore[union-attr]
    worked = calendar.with_day(clock.calendar(), book.date.fromisoformat(day), working=kind == "上班", name=name)
    officer = _district("运维员", "operator")
    change = calendar.propose(worked, source="区政府公告第3号", by=officer)
    calendar_work.run()
    change.refresh_from_db()
    calendar.apply(change, by=officer)
    calendar_work.run()


ACTS = {
    "发布新版规程": ("申请人", new_version),
    "职权划转给区卫健局": ("申请人", hand_over),
    "公布放假安排": ("申请人", close_a_day),
}
WITHOUT_ROW = set(ACTS)
