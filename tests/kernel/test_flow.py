"""Transitions under many hands: exactly one wins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.cases.actions import intake, outcome
from onewindow.cases.models import Case, State
from onewindow.documents.models import Certificate
from onewindow.kernel import flow, ledger
from onewindow.kernel.models import Entry
from tests.factories import cases

THREADS = 8


def at_once(act, number=THREADS):
    """Run `act` in many threads that start together; what each returned or raised."""
    barrier = Barrier(number)

    def run(_):
        try:
            barrier.wait()
            return act()
        except Exception as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_officers_accept_one_case_and_one_wins():
    case = cases.submitted()
    clerk = cases.officer("受理员", "WJJ", "clerk")
    outcomes = at_once(lambda: intake.accept(Case.objects.get(pk=case.pk), by=clerk))
    assert sum(isinstance(result, Case) for result in outcomes) == 1
    assert all(isinstance(result, Case | flow.Conflict) for result in outcomes)
    assert Entry.objects.filter(subject=case.number, event="case.accepted").count() == 1
    assert list(ledger.verify(flow.flowing_models())) == []


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_in_the_statement_more_than_one_would_win(monkeypatch):
    """The control: with the guard taken out of the statement the same race writes the act several times."""
    case = cases.submitted()
    clerk = cases.officer("受理员", "WJJ", "clerk")
    seen = Barrier(THREADS)
    original = flow.append_sql

    def unguarded(moved, params, **row):
        seen.wait()
        guard = " AND revision = %s AND state = ANY(%s) AND kernel_calendar_edition() = ANY(%s)"
        assert guard in moved
        return original(moved.replace(guard, ""), params[:-3], **row)

    monkeypatch.setattr(flow, "append_sql", unguarded)
    outcomes = at_once(lambda: intake.accept(Case.objects.get(pk=case.pk), by=clerk))
    assert sum(isinstance(result, Case) for result in outcomes) > 1
    assert Entry.objects.filter(subject=case.number, event="case.accepted").count() > 1


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_deciders_issue_one_certificate():
    case = cases.accepted()
    staff = cases.officer("审批员", "WJJ", "reviewer", "decider")
    from onewindow.cases.actions import review

    review.give_opinion(case, by=staff, advice="agree", opinion="符合条件")
    outcomes = at_once(lambda: outcome.grant(Case.objects.get(pk=case.pk), by=staff))
    assert sum(isinstance(result, Case) for result in outcomes) == 1
    assert Certificate.objects.filter(case_number=case.number).count() == 1


@pytest.mark.django_db
def test_a_transition_is_one_statement(django_assert_num_queries):
    case = cases.submitted()
    clerk = cases.officer("受理员", "WJJ", "clerk")
    case = Case.objects.select_related("agency", "version").get(pk=case.pk)
    with django_assert_num_queries(1):
        intake.pass_prereview.transition  # noqa: B018 - readable by docs and tests
        intake.refuse_to_accept(case, by=clerk, ground="not_required", reason="依法不需要办理")


@pytest.mark.django_db
def test_a_page_that_is_behind_is_refused_and_nothing_moves():
    case = cases.submitted()
    clerk = cases.officer("受理员", "WJJ", "clerk")
    stale = Case.objects.get(pk=case.pk)
    seen = stale.revision
    intake.receive(case, by=clerk)
    with pytest.raises(flow.Stale):
        intake.refuse_to_accept(stale, by=clerk, seen=seen, ground="not_required", reason="依法不需要办理")
    assert Case.objects.get(pk=case.pk).state == State.RECEIVED


@pytest.mark.django_db
def test_a_wrong_state_says_what_the_state_is():
    case = cases.draft()
    clerk = cases.officer("受理员", "WJJ", "clerk")
    with pytest.raises(flow.WrongState, match="草稿"):
        intake.accept(case, by=clerk)


@pytest.mark.django_db
def test_another_agencys_clerk_may_not_act():
    case = cases.submitted()
    with pytest.raises(PermissionDenied):
        intake.accept(case, by=cases.officer("别局", cases.flagship().agency_id and _other(), "clerk"))
    assert Case.objects.get(pk=case.pk).state == State.SUBMITTED


def _other():
    from tests.factories.catalogue import agency

    return agency("MZJ").pk


@pytest.mark.django_db
def test_two_acts_of_one_row_retry_on_the_fresh_row():
    """An act with no page behind it (a job) reads the row again when only its revision moved."""
    case = cases.submitted()
    behind = Case.objects.get(pk=case.pk)
    clerk = cases.officer("受理员", "WJJ", "clerk")
    intake.receive(case, by=clerk)
    intake.accept(behind, by=clerk)
    assert behind.state == State.REVIEWING
    assert behind.received_at == case.received_at


@pytest.mark.django_db
def test_available_acts_follow_state_and_post():
    case = cases.submitted()
    names = [spec.name for spec in flow.available(case, cases.officer("受理员", "WJJ", "clerk"))]
    intake = {"receive", "accept", "refuse_to_accept", "ask_for_corrections"}
    assert intake <= set(names) and not {"grant", "deny", "deliver", "withdraw"} & set(names)
    own = {spec.name for spec in flow.available(case, cases.citizen())}
    assert "withdraw" in own and not own & (intake | {"grant", "deny", "serve"})
    assert flow.available(case, cases.officer("别局", _other(), "clerk", "reviewer", "decider")) == []
