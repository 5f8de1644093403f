"""撤回: any time before the decision, and nothing handed in is lost."""

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases.actions import intake
from onewindow.cases.models import Case, State
from onewindow.kernel import flow
from onewindow.kernel.models import Entry
from tests.cases.conftest import denied, granted, post, reviewed, rows, submitted, whole
from tests.factories import cases
from tests.factories.applications import fill

pytestmark = pytest.mark.django_db


def prereview():
    return intake.request_prereview(whole(), by=cases.citizen())


def returned():
    case = prereview()
    return intake.return_with_remarks(case, by=post(case, "clerk"), remarks=[{"on": "", "text": "请补全"}])


def passed():
    case = prereview()
    return intake.pass_prereview(case, by=post(case, "clerk"))


def received():
    case = submitted()
    return intake.receive(case, by=post(case, "clerk"))


def reviewing():
    case = submitted()
    return intake.accept(case, by=post(case, "clerk"))


def deciding():
    return reviewed(submitted())


@pytest.mark.parametrize("bring", [whole, prereview, returned, passed, submitted, received, reviewing, deciding])
def test_at_every_state_before_the_decision(bring):
    case, citizen = bring(), cases.citizen()
    papers = case.papers.count()
    formal = case.submitted_at is not None
    intake.withdraw(case, by=citizen, reason="下个月再办")
    assert (case.state, case.due_on) == (State.WITHDRAWN, None)
    assert case.finished_at is not None
    assert case.papers.filter(removed_at__isnull=True).count() == papers > 0
    data = Entry.objects.get(subject=case.number, event="case.withdrawn").data
    assert ("paper" in data) == formal  # nothing formal, nothing to grant
    if formal:
        assert data["paper"]["facts"]["papers"] == [{"name": "近期1寸免冠照片", "count": 1, "form": "电子"}]


@pytest.mark.parametrize("bring", [granted, denied])
def test_not_after_it(bring):
    case = bring(submitted())
    with pytest.raises(flow.WrongState, match="已决定"):
        intake.withdraw(case, by=cases.citizen())


def test_nobody_withdraws_for_another():
    case = submitted()
    for other in (cases.citizen("stranger", name="陈静", number="510125198506210020"), post(case, "clerk", "decider")):
        with pytest.raises(PermissionDenied):
            intake.withdraw(case, by=other, reason="不想等了")
    assert rows(case)[-1] == "case.submitted"


def test_the_window_writes_down_what_a_person_without_account_asks():
    clerk = cases.officer("窗口", cases.flagship().agency_id, "clerk")
    case = cases.drafts.open_case(cases.flagship(), by=clerk, person=cases.person(), channel="desk")
    intake.submit_in_person(fill(case, clerk), by=clerk)
    colleague = cases.officer("同事", "WJJ", "clerk")
    with pytest.raises(ValueError, match="撤回的原因"):
        intake.withdraw(case, by=colleague)
    intake.withdraw(case, by=colleague, reason="申请人当面要求撤回")
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN
