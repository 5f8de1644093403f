"""延长审批 on the desk: by the head only, within the law's days, with the words kept when it is refused."""

import pytest

from onewindow.accounts.models import Post
from onewindow.cases.actions import intake
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


def extend(member, case, days):
    address = f"/desk/cases/{case.number}/extension/"
    return member.client.post(address, {"days": days, "reason": REASON, "seen": case.revision})


def test_too_many_days_are_refused_and_nothing_typed_is_lost(head, case):
    answer = extend(head, case, 11)
    page = answer.content.decode()
    assert answer.status_code == 422 and "最多延长 10 个工作日" in page and REASON in page


def test_the_head_extends_once_and_the_applicant_reads_why(head, case):
    before = case.statutory_due
    assert extend(head, case, 10).status_code == 302
    case.refresh_from_db()
    assert case.statutory_due > before
    assert "已延长 10 个工作日" in head.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert extend(head, case, 5).status_code in {409, 422}


def test_a_reviewer_extends_nothing(case):
    reviewer = officer(Post.Role.REVIEWER, agency=case.agency_id, name="杨帆")
    assert extend(reviewer, case, 5).status_code == 403
