"""听证公告: what anybody may read of a hearing, and what nobody learns."""

import re
from datetime import date

import pytest

from onewindow.cases.actions import hearings, intake
from onewindow.cases.models import Proceeding
from tests.cases.conftest import post, submitted
from tests.factories import cases

WHO, STAKE = "李秀英", "拟不予许可，关系到申请人的经营"


@pytest.fixture
def monday(db, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def under(**scrutiny):
    return intake.accept(case := submitted("XDA0106", scrutiny=scrutiny), by=post(case, "clerk"))


def planned(case, found=None, day="2026-03-11", **more):
    leader = cases.officer("赵主持", case.agency_id, "manager")
    hearings.schedule(
        case, by=post(case, "reviewer"), proceeding=found and found.pk, on=date.fromisoformat(day), time="10:00",
        place="政务中心三楼听证室", chair=leader.user_id, clerk="钱记录", **more,
    )  # fmt: skip
    return Proceeding.objects.filter(case=case).last()


def asked(case):
    hearings.tell(case, by=post(case, "reviewer"), matter=STAKE)
    hearings.ask(case, by=cases.citizen(), proceeding=(found := Proceeding.objects.get(case=case)).pk)
    found.refresh_from_db()
    return found


def read(client, path=""):
    return client.get(f"/hearings/{path}").content.decode()


def test_held_by_office_it_stands_there_for_everybody_with_the_name_masked(monday, client):
    assert "现在没有将要举行的听证" in read(client)
    case = under(hearing="required")
    found = planned(case)
    listed, page = read(client), read(client, f"{found.pk}/")
    assert str(case.item) in listed and "政务中心三楼听证室" in listed
    for said in ("李**", "2026年3月11日", "赵主持", "有效身份证件", case.agency.name):
        assert said in page
    assert WHO not in listed + page and case.number not in listed + page
    paper = client.get(f"/hearings/{found.pk}/notice.pdf")
    assert paper["Content-Type"] == "application/pdf" and b"".join(paper).startswith(b"%PDF")


def test_asked_for_it_is_announced_if_need_be_and_says_nothing_of_who_asked_and_why(monday, client):
    quiet, loud = under(), under()
    planned(quiet, asked(quiet))
    assert "将要举行</h2>" in read(client) and str(quiet.item) not in read(client)
    found = planned(loud, asked(loud), announce=True)
    page = read(client, f"{found.pk}/")
    assert str(loud.item) in page and STAKE not in page and WHO not in page
    facts = loud_facts(loud)
    assert [label for label, _ in facts["rows"]] == ["听证时间", "听证地点", "主持人", "记录人"]
    assert facts["applicant"] == "李**" and client.get(f"/hearings/{found.pk}/notice.pdf").status_code == 200
    unsaid = Proceeding.objects.get(case=quiet)
    for path in (f"/hearings/{unsaid.pk}/", f"/hearings/{unsaid.pk}/notice.pdf"):
        assert client.get(path).status_code == 404


def loud_facts(case):
    from onewindow.kernel.models import Entry

    rows = Entry.objects.filter(subject=case.number, event="case.hearing_announced")
    return rows.latest("seq").data["paper"]["facts"]


def test_put_off_it_is_announced_anew_and_the_right_is_kept(monday, client):
    case = under()
    found = planned(case, asked(case), announce=True)
    hearings.put_off(case, by=post(case, "reviewer"), proceeding=found.pk, reason="主持人临时住院")
    found.refresh_from_db()
    assert (found.state, found.on, case.state) == ("asked", date(2026, 3, 30), "reviewing")
    assert "改期，另行公告" in read(client) and "这次听证改期了" in read(client, f"{found.pk}/")
    monday.move_to("2026-03-10 10:00+08:00")
    planned(case, found, "2026-03-20", announce=True)  # the same chair is free again
    page = read(client, f"{found.pk}/")
    assert "2026年3月20日" in page and "2026年3月11日" not in page
    assert loud_facts(case)["number"].endswith("-2") and dict(loud_facts(case)["rows"])["听证时间"].startswith(
        "2026年3月20日"
    )


def test_by_office_and_put_off_it_is_still_to_be_held(monday):
    case = under(hearing="required")
    hearings.put_off(case, by=post(case, "reviewer"), proceeding=planned(case).pk, reason="场地临时停电")
    from onewindow.cases.actions import proceedings

    assert any("举行听证" in text for text in proceedings.obstacles(case, grant=True))
    assert planned(case, None, "2026-03-12").nth == 2


def test_of_an_application_withdrawn_meanwhile_nobody_comes_in_vain(monday, client):
    case = under(hearing="required")
    found = planned(case)
    intake.withdraw(case, by=cases.citizen())
    assert "已取消" in read(client) and "这次听证不举行了" in read(client, f"{found.pk}/")
    chair = cases.officer("赵主持", case.agency_id)
    assert not Proceeding.objects.coming_up(chair).exists()


def test_the_list_asks_as_often_with_many(monday, client, django_assert_num_queries, monkeypatch):
    from onewindow.web.public import hearings as pages

    monkeypatch.setattr(pages, "PAGE", 1)
    for _ in range(3):
        planned(under(hearing="required"))
    monday.move_to("2026-03-12 10:00+08:00")
    client.get("/hearings/")
    with django_assert_num_queries(2):
        first = read(client)
    assert len(re.findall(r"/hearings/[0-9a-f-]{36}/", first)) == 1 and "更早的" in first
