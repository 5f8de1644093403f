"""The desk: what waits for whom, and acts that are refused without losing a word."""

from __future__ import annotations

import html
import re

import pytest

from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case, State
from onewindow.kernel.models import Entry
from tests.factories import cases
from tests.factories.applications import fill
from tests.factories.catalogue import flagship


@pytest.fixture
def filed(citizen) -> Case:
    """An online application waiting for the clerk."""
    case = drafts.open_case(flagship(), by=citizen.principal, person=citizen.person, answers={"age": 70})
    return intake.request_prereview(fill(case, citizen.principal), by=citizen.principal)


def post(member, case, act, **data):
    return member.client.post(f"/desk/cases/{case.number}/{act}/", {"seen": case.revision, **data}, follow=True)


def test_the_list_shows_what_waits_for_this_post(clerk, reviewer, other_agency_clerk, filed):
    assert filed.number[:4] in clerk.client.get("/desk/").content.decode()
    for member in (reviewer, other_agency_clerk):
        assert "现在没有等您办的件" in member.client.get("/desk/").content.decode()


def test_the_list_is_by_due_date_and_pages_by_key(clerk, monkeypatch):
    from onewindow.web.desk import worklist

    monkeypatch.setattr(worklist, "PAGE", 2)
    numbers = [cases.submitted().number for _ in range(5)]
    seen, url = [], "/desk/"
    while url:
        page = clerk.client.get(url).content.decode()
        seen += re.findall(r'class="desk-open" href="/desk/cases/(\d+)/"', page)
        following = re.search(r'href="(\?[^"]*after=[^"]+)">下一页', page)
        url = f"/desk/{html.unescape(following.group(1))}" if following else ""
    assert seen == numbers


def test_the_list_costs_the_same_however_long_it_is(clerk, django_assert_max_num_queries):
    for _ in range(12):
        cases.submitted()
    clerk.client.get("/desk/")
    with django_assert_max_num_queries(3):
        clerk.client.get("/desk/")


def test_remarks_stand_at_their_field_and_are_told_at_once(clerk, citizen, filed):
    data = {"remark.form:phone": "请留能打通的手机号", "remark.material:photo": "照片要浅色背景", "general": ""}
    response = post(clerk, filed, "prereview-return", **data)
    assert "已办：退回修改" in response.content.decode()
    filed.refresh_from_db()
    assert [(remark["on"], remark["fixed"]) for remark in filed.remarks] == [
        ("form:phone", False), ("material:photo", False)
    ]  # fmt: skip
    page = citizen.client.get(f"/my/cases/{filed.number}/form/1/").content.decode()
    assert "请留能打通的手机号" in page
    assert "浅色背景" in citizen.client.get(f"/my/cases/{filed.number}/materials/").content.decode()


def test_returning_without_a_remark_is_refused(clerk, filed):
    response = post(clerk, filed, "prereview-return", general=" ")
    assert response.status_code == 422
    assert "请至少写一条预审意见" in response.content.decode()


def test_a_stale_act_is_refused_with_the_fresh_page_and_the_words_kept(clerk, filed, citizen):
    case = intake.pass_prereview(filed, by=clerk.principal)
    intake.submit(case, by=citizen.principal)
    behind = case.revision
    intake.receive(case, by=clerk.principal)
    data = {"seen": behind, "ground": "other_organ", "reason": "应由民政部门办理这件事", "right_organ": "区民政局"}
    response = clerk.client.post(f"/desk/cases/{case.number}/refusal/", data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "有了新的进展" in page
    assert "应由民政部门办理这件事" in page and "区民政局" in page
    assert f'name="seen" value="{case.revision}"' in page
    case.refresh_from_db()
    assert case.state == State.RECEIVED


def test_a_refusal_names_the_right_organ(clerk):
    case = cases.submitted()
    response = post(clerk, case, "refusal", ground="other_organ", reason="不归本局管理", right_organ="")
    assert response.status_code == 422
    assert "应当向哪个机关申请" in response.content.decode()
    post(clerk, case, "refusal", ground="other_organ", reason="不归本局管理", right_organ="区民政局")
    case.refresh_from_db()
    assert case.state == State.REFUSED
    facts = Entry.objects.get(subject=case.number, event="case.refused").data["paper"]["facts"]
    assert facts["right_organ"] == "区民政局"
    assert "复议" in facts["remedies"]["reconsideration"]


def test_two_people_at_one_file_see_each_other(clerk, reviewer, filed):
    clerk.client.get(f"/desk/cases/{filed.number}/")
    assert "刘敏" in reviewer.client.get(f"/desk/cases/{filed.number}/").content.decode()
    fragment = clerk.client.get(f"/desk/cases/{filed.number}/presence/", {"seen": filed.revision}).content.decode()
    assert "杨帆" in fragment and "刚有新进展" not in fragment
    fragment = clerk.client.get(f"/desk/cases/{filed.number}/presence/", {"seen": 0}).content.decode()
    assert "刚有新进展" in fragment


def test_the_full_number_needs_a_reason_and_leaves_two_rows(clerk, citizen, filed):
    number = citizen.person.number
    page = clerk.client.get(f"/desk/cases/{filed.number}/").content.decode()
    assert number not in page and citizen.person.number_masked in page
    refused = clerk.client.post(f"/desk/cases/{filed.number}/number/", {"reason": "看"}, follow=True).content.decode()
    assert number not in refused
    shown = clerk.client.post(f"/desk/cases/{filed.number}/number/", {"reason": "核对社保信息"}).content.decode()
    assert number.replace(" ", "") in shown.replace(" ", "")
    events = set(Entry.objects.values_list("event", flat=True))
    assert {"person.number_viewed", "case.number_viewed"} <= events


def test_an_act_the_post_does_not_hold_is_refused(reviewer):
    case = cases.submitted()
    assert post(reviewer, case, "acceptance").status_code == 403
    case.refresh_from_db()
    assert case.state == State.SUBMITTED


def test_a_double_click_accepts_once(clerk):
    case = cases.submitted()
    assert post(clerk, case, "acceptance").status_code == 200
    assert post(clerk, case, "acceptance").status_code == 409
    assert Entry.objects.filter(subject=case.number, event="case.accepted").count() == 1


def test_the_derivation_of_a_date_is_one_click_away(clerk):
    case = cases.accepted()
    page = clerk.client.get(f"/desk/cases/{case.number}/clock/statutory/").content.decode()
    assert "第 5 个工作日" in page or "第5个工作日" in page
    assert clerk.client.get(f"/desk/cases/{case.number}/clock/nonsense/").status_code == 404
