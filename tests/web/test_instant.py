"""即办件: one screen at the desk, from the person at the window to the certificate in hand."""

from __future__ import annotations

import pytest
from stdnum.cn import uscc

from onewindow.accounts.models import Division, Person, Post
from onewindow.cases.models import Case, State
from onewindow.documents.models import Certificate
from onewindow.feedback.models import Rating
from onewindow.kernel.models import Entry
from tests.cast import member
from tests.factories.accounts import AgencyFactory, PostFactory, StaffFactory
from tests.factories.catalogue import flagship

NUMBER = "510125195603128624"
FILLED = {
    "applicant-name": "李秀英", "applicant-number": NUMBER, "applicant-phone": "13880001234",
    "age": "70", "household": "sichuan", "who": "self",
    "address.division": "510114001000", "address.detail": "香城大道1号", "pickup": "window",
    "seen-paper": ["id_card", "photo"], "send-once": "page-1", "go-on": "done",
}  # fmt: skip


@pytest.fixture
def chief(db):
    """首席代表: holds every post of the item at the window."""
    user = StaffFactory(name="曾小红")
    for role in (Post.Role.CLERK, Post.Role.REVIEWER, Post.Role.DECIDER):
        PostFactory(user=user, role=role, agency=AgencyFactory(code="WJJ"))
    return member(user)


@pytest.fixture(autouse=True)
def towns(db):
    facts = {"code": "510114001000", "name": "大丰街道办事处", "short_name": "大丰街道"}
    Division.objects.create(set="present", level="town", **facts)


def take(member, **changes):
    flagship()  # as it is, unless the test has published another
    return member.client.post("/desk/new/XDP0096/", {**FILLED, **changes}, follow=True)


def test_done_on_the_spot_with_every_act_on_record(chief):
    response = take(chief)
    case = Case.objects.get()
    assert "已当场办结" in response.content.decode()
    assert (case.state, case.outcome, case.channel) == (State.FINISHED, "granted", "desk")
    events = list(Entry.objects.filter(subject=case.number).order_by("seq").values_list("event", flat=True))
    assert events == [
        "case.opened", "case.submitted", "case.accepted", "case.reviewed", "case.granted", "case.delivered",
        "case.finished",
    ]  # fmt: skip  # no receipt: it is not needed where all is finished on the spot
    certificate = Certificate.objects.get()
    assert certificate.holder == "李秀英"
    assert certificate.facts["lines"] == [["现住址", "新都区大丰街道 香城大道1号"]]
    assert case.person == Person.find(NUMBER)


def test_the_applicant_rates_at_the_window_and_the_clerk_does_not(chief):
    take(chief)
    rating = Rating.objects.get()
    chief.client.post(f"/rate/{rating.token}/", {"stars": "4", "tags": ["办得快"]})
    rating.refresh_from_db()
    assert (rating.stars, rating.gb_code, rating.channel) == (4, 2, "desk")
    entry = Entry.objects.get(event="rating.given")
    assert (entry.actor, entry.data["device"]) == ("system:visitor", chief.principal.key)


def test_the_same_page_sent_twice_makes_one_case(chief):
    take(chief)
    take(chief)
    assert Case.objects.count() == 1
    assert Certificate.objects.count() == 1


def test_a_paper_not_seen_stops_everything_and_loses_nothing(chief):
    page = take(chief, **{"seen-paper": ["id_card"]}).content.decode()
    assert "还缺“近期1寸免冠照片”" in page
    assert 'value="香城大道1号"' in page
    assert Case.objects.count() == 0
    assert Entry.objects.filter(kind="case").count() == 0


def test_a_wrong_number_is_told_digit_by_digit(chief):
    page = take(chief, **{"applicant-number": NUMBER[:-1] + "0"}).content.decode()
    assert "请逐位对照身份证核对" in page and Case.objects.count() == 0


def test_a_clerk_without_the_deciders_post_hands_the_case_on(clerk):
    take(clerk)
    case = Case.objects.get()
    assert case.state == State.REVIEWING
    assert Certificate.objects.count() == 0


def test_other_items_are_taken_in_and_go_their_road(chief):
    take(chief, **{"go-on": "accept"})
    assert Case.objects.get().state == State.RECEIVED


def test_an_item_of_another_agency_does_not_exist_here(other_agency_clerk):
    assert take(other_agency_clerk).status_code == 404


def test_a_wrong_digit_is_told_at_the_box_where_it_was_typed(chief):
    page = take(chief, **{"applicant-number": NUMBER[:-1] + "5"}).content.decode()
    assert 'href="#f-applicant-number"' in page
    assert 'id="f-applicant-number" name="applicant-number" value="510125195603128625" aria-invalid="true"' in page


COMPANY = {"applicant-organisation": "成都香城示例科技有限公司", "applicant-credit_code": "91510114MA6CQ0000T"}


def test_a_company_is_served_at_the_window_by_its_agent(chief):
    flagship(target=["自然人", "法人"])
    take(chief, **COMPANY | {"applicant-credit_code": valid_code()})
    case = Case.objects.get()
    assert case.applicant_name == "成都香城示例科技有限公司"
    assert case.organisation.credit_code == valid_code() and case.person.name == "李秀英"
    assert Certificate.objects.get().organisation == case.organisation


def valid_code():
    body = "91510114MA6CQ0000"
    return body + uscc.calc_check_digit(body)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "请填写单位名称和统一社会信用代码"),
        (COMPANY | {"applicant-credit_code": "91510114MA6CQ00001"}, "统一社会信用代码不对"),
    ],
)
def test_an_item_for_bodies_wants_the_licence(chief, changes, said):
    flagship(target=["法人"])
    assert said in take(chief, **changes).content.decode()
    assert Case.objects.count() == 0
