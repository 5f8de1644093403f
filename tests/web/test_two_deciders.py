"""Two officers decide one case at once, each in an own browser: one wins, the other reads why and keeps the words."""

from __future__ import annotations

import re

import pytest

from onewindow.accounts.models import Post
from onewindow.documents.models import Certificate
from onewindow.kernel.models import Entry
from tests.cases.conftest import reviewed, submitted
from tests.cast import officer
from tests.kernel.test_flow import at_once

REASON = "经核对户籍，申请人的年龄没有达到规定"
PRAISE = "材料齐全，符合规定的条件"


def seen_by(member, case) -> str:
    page = member.client.get(f"/desk/cases/{case.number}/").content.decode()
    return re.search(r'name="seen" value="(\d+)"', page).group(1)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_granted_and_denied_on_the_same_page():
    case = reviewed(submitted())
    zhao, qian = (officer(Post.Role.DECIDER, agency=case.agency_id, name=name) for name in ("赵决定", "钱决定"))
    said = {
        zhao.user.pk: ("grant", {"opinion": PRAISE}, zhao), qian.user.pk: ("denial", {"reason": REASON}, qian),
    }  # fmt: skip
    read = {pk: seen_by(member, case) for pk, (_, _, member) in said.items()}
    assert len(set(read.values())) == 1
    waiting = list(said.items())

    def decide():
        pk, (act, words, member) = waiting.pop()
        answer = member.client.post(f"/desk/cases/{case.number}/{act}/", words | {"seen": read[pk]})
        return answer.status_code, act, words, answer.content.decode()

    results = sorted(at_once(decide, 2), key=lambda result: result[0])
    assert [status for status, *_ in results] == [302, 409]
    _, won, _, _ = results[0]
    _, lost, _words, page = results[1]
    case.refresh_from_db()
    assert case.outcome == {"grant": "granted", "denial": "denied"}[won]
    assert Entry.objects.filter(subject=case.number, event__in=["case.granted", "case.denied"]).count() == 1
    assert Certificate.objects.filter(case_number=case.number).count() == (won == "grant")
    assert "有了新的进展" in page or "已决定" in page
    assert {"grant": PRAISE, "denial": REASON}[lost] in page, "打过的字还在"
