"""The district's real calendar, and officers for whatever agency a case belongs to."""

import pytest
from django.conf import settings

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import intake, outcome, review
from onewindow.cases.models import Case
from onewindow.kernel import clock
from tests.factories import applications, cases
from tests.factories.catalogue import flagship


@pytest.fixture
def calendar(db):
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    yield
    clock.forget()


@pytest.fixture
def eve(calendar, time_machine):
    """Wednesday 30 September 2026, four in the afternoon: seven days off follow, and Saturday the 10th is worked."""
    time_machine.move_to("2026-09-30 16:00+08:00")
    return time_machine


def whole(code: str = "XDP0096", **changes: object) -> Case:
    """A draft that lacks nothing."""
    return applications.fill(cases.draft(flagship(code, **changes)), cases.citizen())


def submitted(code: str = "XDP0096", **changes: object) -> Case:
    return intake.submit(whole(code, **changes), by=cases.citizen())


def post(case: Case, *roles: str) -> Principal:
    return cases.officer(f"{case.agency_id}-{'-'.join(roles)}", case.agency_id, *roles)


def reviewed(case: Case) -> Case:
    intake.accept(case, by=post(case, "clerk"))
    while case.state == "reviewing":
        review.give_opinion(case, by=post(case, "reviewer"), advice="agree", opinion="符合条件")
    return case


def granted(case: Case) -> Case:
    return outcome.grant(reviewed(case), by=post(case, "decider"))


def denied(case: Case) -> Case:
    return outcome.deny(reviewed(case), by=post(case, "decider"), reason="申请人的年龄未达到规定的条件。")


def rows(case: Case) -> list[str]:
    from onewindow.kernel.models import Entry

    return list(Entry.objects.filter(subject=case.number).order_by("seq").values_list("event", flat=True))
