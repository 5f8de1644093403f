"""The case as its two readers see it: the applicant what was told and got, the officer what to judge by."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onewindow.cases.actions import drafts, intake, outcome
from onewindow.cases.models import Case, State
from onewindow.cases.timeline import SHOWN
from onewindow.kernel import ledger
from tests.cases.conftest import post as officer_of
from tests.cases.conftest import reviewed
from tests.factories.applications import fill
from tests.factories.catalogue import flagship


def sent(citizen, code: str = "XDP0096", **answers: object) -> Case:
    case = drafts.open_case(flagship(code), by=citizen.principal, person=citizen.person, answers=answers)
    return intake.submit(fill(case, citizen.principal), by=citizen.principal)


def page(member, address: str) -> str:
    return member.client.get(address).content.decode()


def test_what_a_question_was_answered_is_not_asked_again(citizen):
    answers = {"paid_elsewhere": False}
    case = drafts.open_case(flagship("XDP0052"), by=citizen.principal, person=citizen.person, answers=answers)
    assert 'name="paid_elsewhere" value="no" checked' in page(citizen, f"/my/cases/{case.number}/form/2/")


def test_the_officer_sees_the_answers_and_what_they_make_of_the_conditions(clerk, citizen):
    case = sent(citizen, age=82)
    seen = page(clerk, f"/desk/cases/{case.number}/")
    assert "<dd>82岁</dd>" in seen
    assert "年满60周岁" in seen and "按所填符合" in seen


def test_the_applicant_keeps_what_was_filled_in_and_can_print_it(citizen):
    case = sent(citizen)
    seen = page(citizen, f"/my/cases/{case.number}/")
    assert "我填的申请" in seen and "香城大道1号" in seen
    sheet = citizen.client.get(f"/cases/{case.number}/application/")
    assert sheet["Content-Type"] == "application/pdf" and sheet.content.startswith(b"%PDF-")
    assert citizen.person.number.encode() not in sheet.content


def test_who_is_granted_an_allowance_reads_what_comes_next(citizen):
    case = reviewed(sent(citizen, "XDP0052"))
    assert "准予：" not in page(citizen, f"/my/cases/{case.number}/")
    outcome.grant(case, by=officer_of(case, "decider"))
    seen = page(citizen, f"/my/cases/{case.number}/")
    assert "准予：高龄津贴" in seen and "按月打到老人本人的社会保障卡" in seen


def test_words_for_an_act_that_is_gone_are_shown_beside_the_conflict(clerk, citizen):
    case = sent(citizen)
    behind = case.revision
    intake.accept(case, by=clerk.principal)
    data = {"seen": behind, "ground": "other_organ", "reason": "应由民政部门办理这件事", "right_organ": "区民政局"}
    response = clerk.client.post(f"/desk/cases/{case.number}/refusal/", data)
    assert response.status_code == 409
    seen = response.content.decode()
    assert "您刚才写的" in seen and "应由民政部门办理这件事" in seen and "区民政局" in seen
    assert "您刚才写的" not in page(clerk, f"/desk/cases/{case.number}/")


@pytest.mark.parametrize(("reason", "state"), [("", State.RECEIVED), ("老人说改天再来办", State.WITHDRAWN)])
def test_the_window_withdraws_at_the_applicants_word(clerk, citizen, reason, state):
    by_hand = {"by": clerk.principal, "person": citizen.person, "channel": "desk"}
    case = intake.submit_in_person(fill(drafts.open_case(flagship(), **by_hand), clerk.principal), by=clerk.principal)
    assert "确定撤回申请" in page(clerk, f"/desk/cases/{case.number}/")
    clerk.client.post(f"/desk/cases/{case.number}/withdrawal/", {"seen": case.revision, "reason": reason})
    case.refresh_from_db()
    assert case.state == state


def test_the_window_does_not_withdraw_what_came_online(clerk, citizen):
    assert "确定撤回申请" not in page(clerk, f"/desk/cases/{sent(citizen).number}/")


def queries(member, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert member.client.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize("reader", ["clerk", "citizen"])
def test_a_long_story_begins_with_its_newest_and_costs_no_more_queries(reader, clerk, citizen):
    case = sent(citizen)
    member, door = (clerk, "desk") if reader == "clerk" else (citizen, "my")
    address = f"/{door}/cases/{case.number}/"
    page(member, address)
    short = queries(member, address)
    assert "看全部经过" not in page(member, address)
    for n in range(300):
        ledger.record(case, "case.calendar_moved", by=ledger.System(), data={"words": f"第{n}次变更。"})
    assert queries(member, address) == short <= 12
    seen = page(member, address)
    assert seen.count("次变更。") == SHOWN
    assert seen.index("第299次变更。") < seen.index("第298次变更。")
    assert "?story=all#story" in seen
    whole = page(member, address + "?story=all")
    assert whole.count("次变更。") == 300 and "看全部经过" not in whole
