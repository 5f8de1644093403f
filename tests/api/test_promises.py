"""Gaps and promises by a program: told, ticked, brought later."""

import pytest

from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from tests.api.conftest import faults, picture
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

DECLARED = {"declared": True}


@pytest.fixture
def case(citizen):
    item = flagship("XDA0106", agency="WJJ")
    by = citizen.principal
    opened = drafts.open_case(item, by=by, person=citizen.person, answers={"route": "ordinary"})
    return fill(opened, by, lacking=True)


def test_a_gap_is_told_promised_and_closed(case, program, clerk):
    told = program.get(f"/cases/{case.number}/promises").json()
    assert [each["material"] for each in told["may_come_later"]] == ["rules"]
    assert (told["licence"], told["barred"], told["lacking"]) == ("", "", [])
    refused = program.post(f"/cases/{case.number}/submission", DECLARED)
    assert refused.status_code == 422 and list(faults(refused)) == ["material:rules"]
    sent = program.post(f"/cases/{case.number}/submission", DECLARED | {"promised": {"gaps": True}})
    assert sent.json()["state"] == "submitted"
    intake.accept(Case.objects.get(pk=case.pk), by=clerk.principal)
    waiting = program.get(f"/cases/{case.number}/promises").json()
    assert [each["material"] for each in waiting["lacking"]] == ["rules"] and waiting["due_on"]
    closed = program.upload(f"/cases/{case.number}/gaps/rules", picture())
    assert closed.status_code == 200 and closed.json()["lacking"] == []
    assert program.upload(f"/cases/{case.number}/gaps/rules", picture()).status_code == 409


def test_what_was_not_promised_cannot_be_taken_back_or_reported(case, program):
    assert program.post(f"/cases/{case.number}/promise-withdrawal", {}).status_code == 409
    answer = {"answer": "已经全部改正完毕"}
    assert program.post(f"/cases/{case.number}/correction-report", answer).status_code == 409
