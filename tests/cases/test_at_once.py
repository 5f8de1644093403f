"""Every act of a case by eight people at once: one wins, one row is written, and the others learn of it."""

import pytest

from onewindow.cases.actions import intake, outcome, review
from onewindow.cases.models import Case
from onewindow.documents.models import Certificate
from onewindow.kernel import flow, ledger
from onewindow.kernel.models import Entry
from tests.cases.conftest import denied, granted, post, reviewed, submitted, whole
from tests.factories import cases
from tests.kernel.test_flow import at_once

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def prereview():
    return intake.request_prereview(whole(), by=cases.citizen())


def reviewing():
    case = submitted()
    return intake.accept(case, by=post(case, "clerk"))


def decided():
    return granted(submitted())


def delivered():
    case = decided()
    return outcome.deliver(case, by=post(case, "clerk"), way="online")


REMARK = [{"on": "material:photo", "text": "照片太暗"}]
ACTS = [
    (whole, intake.request_prereview, {}),
    (prereview, intake.return_with_remarks, {"remarks": REMARK}),
    (prereview, intake.pass_prereview, {}),
    (whole, intake.submit, {}),
    (submitted, intake.receive, {}),
    (submitted, intake.accept, {}),
    (submitted, intake.refuse_to_accept, {"ground": "not_required", "reason": "依法不需要办理"}),
    (reviewing, intake.withdraw, {}),
    (reviewing, review.give_opinion, {"advice": "agree", "opinion": "符合条件"}),
    (lambda: reviewed(submitted()), outcome.grant, {}),
    (lambda: reviewed(submitted()), outcome.deny, {"reason": "年龄未达到规定的条件"}),
    (lambda: denied(submitted()), outcome.deliver, {"way": "window"}),
    (delivered, outcome.finish, {}),
]


def actor(case, act):
    own = act in {intake.request_prereview, intake.submit, intake.withdraw}
    return cases.citizen() if own else post(case, "clerk", "reviewer", "decider")


@pytest.mark.parametrize(("bring", "act", "said"), ACTS, ids=[act.__name__ for _, act, _ in ACTS])
def test_one_of_eight_wins(bring, act, said):
    case = bring()
    by = actor(case, act)
    results = at_once(lambda: act(Case.objects.get(pk=case.pk), by=by, **said))
    assert sum(isinstance(result, Case) for result in results) == 1, results
    assert all(isinstance(result, Case | flow.Conflict) for result in results), results
    assert Entry.objects.filter(subject=case.number, event=act.transition.event).count() == 1
    assert list(ledger.verify(flow.flowing_models())) == []


@pytest.mark.parametrize("round", range(3))
def test_granted_denied_and_withdrawn_at_once_is_one_of_them(round):
    case = reviewed(submitted())
    officer, citizen = post(case, "decider"), cases.citizen()
    acts = [
        lambda c: outcome.grant(c, by=officer),
        lambda c: outcome.deny(c, by=officer, reason="年龄未达到规定的条件"),
        lambda c: intake.withdraw(c, by=citizen),
    ] * 3
    results = at_once(lambda: acts.pop()(Case.objects.get(pk=case.pk)))
    assert sum(isinstance(result, Case) for result in results) == 1, results
    case.refresh_from_db()
    assert Certificate.objects.filter(case_number=case.number).count() == (case.outcome == "granted")
    assert list(ledger.verify(flow.flowing_models())) == []
