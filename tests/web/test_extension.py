"""延长审批 on the desk: asked for by who reviews, granted by the head once, within the law's days; words kept."""

import pytest

from onewindow.accounts.models import Post
from onewindow.cases.actions import intake
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, submitted
from tests.cast import officer

pytestmark = pytest.mark.django_db
REASON = "需要再次核实现场布局，专家尚未到齐"


@pytest.fixture
def case(db):
    found = submitted("XDA0106")
    return intake.accept(found, by=post(found, "clerk"))


@pytest.fixture
def head(case):
    return officer(Post.Role.HEAD, agency=case.agency_id, name="程立")


@pytest.fixture
def reviewer(case):
    return officer(Post.Role.REVIEWER, agency=case.agency_id, name="杨帆")


def act(member, case, slug, **said):
    case.refresh_from_db()
    return member.client.post(f"/desk/cases/{case.number}/{slug}/", said | {"seen": case.revision})


def extend(member, case, days, slug="extension"):
    return act(member, case, slug, days=days, reason=REASON)


def page(member, case):
    return member.client.get(f"/desk/cases/{case.number}/").content.decode()


@pytest.mark.parametrize(("who", "slug"), [("head", "extension"), ("reviewer", "extension-request")])
def test_too_many_days_are_refused_on_top_and_nothing_typed_is_lost(request, case, who, slug):
    answer = extend(request.getfixturevalue(who), case, 11, slug)
    said = answer.content.decode()
    assert answer.status_code == 422 and REASON in said
    assert f'<a href="#act-{slug}">最多延长 10 个工作日。</a>' in said  # beside the form, and where the page begins


def test_the_head_extends_once_and_the_applicant_reads_why(head, case):
    before = case.statutory_due
    assert extend(head, case, 10).status_code == 302
    case.refresh_from_db()
    assert case.statutory_due > before
    assert "已延长 10 个工作日" in page(head, case)
    assert extend(head, case, 5).status_code in {409, 422}


def test_a_reviewer_extends_nothing_but_asks_and_no_date_moves(reviewer, case):
    before = case.statutory_due
    assert extend(reviewer, case, 5).status_code == 403
    assert extend(reviewer, case, 5, "extension-request").status_code == 302
    case.refresh_from_db()
    assert (case.statutory_due, case.is_extended) == (before, False)
    assert extend(reviewer, case, 6, "extension-request").status_code == 409
    assert "act-extension-request" not in page(reviewer, case)


def test_what_is_asked_stands_on_the_heads_list_and_fills_the_form(head, reviewer, case):
    assert case.number not in head.client.get("/desk/").content.decode().replace(" ", "")
    extend(reviewer, case, 8, "extension-request")
    assert case.number in head.client.get("/desk/").content.decode().replace(" ", "")
    said = page(head, case)
    assert "杨帆提请延长 8 个工作日" in said and 'value="8"' in said
    assert extend(head, case, 8).status_code == 302
    assert Entry.objects.get(subject=case.number, event="case.extended").data["asked_by"] == "杨帆"
    assert case.number not in head.client.get("/desk/").content.decode().replace(" ", "")


def test_the_head_may_say_no_and_it_may_be_asked_again(head, reviewer, case):
    assert act(head, case, "extension-refusal", reason="人手已经补上").status_code == 409
    extend(reviewer, case, 8, "extension-request")
    assert act(reviewer, case, "extension-refusal", reason="人手已经补上").status_code == 403
    assert act(head, case, "extension-refusal", reason="人手已经补上").status_code == 302
    assert "人手已经补上" in page(reviewer, case)
    assert extend(reviewer, case, 9, "extension-request").status_code == 302
