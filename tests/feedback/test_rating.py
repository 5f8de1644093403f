"""好差评: one rating a service, by the one who was served, or none at all."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from onewindow.feedback import actions, invitations
from onewindow.feedback.models import Rating
from onewindow.kernel import flow, ledger
from onewindow.kernel.models import Entry
from tests.factories import cases
from tests.kernel.test_flow import at_once

pytestmark = pytest.mark.django_db
VISITOR = ledger.System("visitor", "群众")


@pytest.fixture
def rating() -> Rating:
    return Rating.objects.create(case=cases.finished())


def rate(rating, stars=5, tags=(), text="", by=VISITOR):
    return actions.rate(rating, stars=stars, tags=tags, text=text, channel="link", by=by)


@pytest.mark.parametrize(("stars", "code"), [(5, 1), (4, 2), (3, 3), (2, 4), (1, 5)])
def test_stars_and_the_national_code_run_in_opposite_directions(rating, stars, code):
    assert rate(rating, stars).gb_code == code
    entry = Entry.objects.get(kind="rating", subject=rating.case.number)
    assert (entry.event, entry.data["stars"], entry.data["gb_code"]) == ("rating.given", stars, code)
    assert list(ledger.verify(flow.flowing_models())) == []


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_level_that_does_not_exist(rating, stars):
    with pytest.raises(ValueError, match="满意程度"):
        rate(rating, stars)
    assert not Entry.objects.filter(kind="rating").exists()


def test_silence_stays_silence(rating):
    """No default after some days: 51号文 wants true and voluntary ratings."""
    assert (rating.stars, rating.gb_code, rating.rated_at, str(rating)[-3:]) == (None, None, None, "未评价")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.update(stars=3)


def test_tags_belong_to_the_level_and_count_once(rating):
    tags = ["跑了多趟", "态度好", "跑了多趟", "自编的"]
    assert rate(rating, 2, tags).tags == ["跑了多趟"]


def test_what_was_written_is_kept_out_of_the_ledger(rating):
    rate(rating, 1, text="  窗口的小刘说不清楚  " + "啊" * 600)
    assert rating.text.startswith("窗口的小刘说不清楚") and len(rating.text) == 500
    assert "小刘" not in str(Entry.objects.get(kind="rating").data)


def test_the_second_answer_is_refused_and_changes_nothing(rating):
    rate(rating, 5)
    with pytest.raises(actions.AlreadyRated):
        rate(Rating.objects.get(), 1)
    assert Rating.objects.get().stars == 5


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_eight_answers_one_counts(rating):
    results = at_once(lambda: rate(Rating.objects.get(), 4))
    assert sum(isinstance(result, Rating) for result in results) == 1, results
    assert all(isinstance(result, Rating | actions.AlreadyRated) for result in results)
    assert Entry.objects.filter(event="rating.given").count() == 1


@pytest.mark.parametrize("role", ["clerk", "reviewer", "decider", "manager"])
def test_nobody_rates_the_work_of_the_own_agency(rating, role):
    with pytest.raises(PermissionDenied, match="不能代替群众评价"):
        rate(rating, by=cases.officer("职员", "WJJ", role))
    assert Rating.objects.get().rated_at is None


def test_the_person_who_was_served_may(rating):
    assert rate(rating, 3, by=cases.citizen()).stars == 3


def test_only_a_finished_case_invites_and_only_once():
    case = cases.finished()
    for entry in [*ledger.timeline("case", case.number), *ledger.timeline("case", case.number)]:
        invitations.on_entry(entry)
    assert Rating.objects.get().case == case
    assert len(Rating.objects.get().token) >= 16
