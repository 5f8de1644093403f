"""Cases at a given point of their road, brought there by the real actions."""

from __future__ import annotations

from onewindow.accounts.models import Person, Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.cases.actions import drafts, intake, outcome, review
from onewindow.cases.models import Case
from onewindow.catalogue.models import Item
from tests.factories import applications
from tests.factories.catalogue import flagship

GRANNY = {"name": "李秀英", "number": "510125195603128624", "phone": "13880001234"}


def person(**changes: str) -> Person:
    facts = GRANNY | changes
    found = Person.find(facts["number"])
    if found:
        return found
    made = Person.with_number(**facts)
    made.save()
    return made


def citizen(username: str = "li", **changes: str) -> Principal:
    user, _ = User.objects.get_or_create(username=username, defaults={"name": "李秀英", "phone": None})
    user.person = person(**changes)
    user.save()
    return from_user(user)


def officer(username: str, agency: str, *roles: str) -> Principal:
    user, _ = User.objects.get_or_create(username=username, defaults={"name": username, "kind": User.Kind.STAFF})
    for role in roles:
        Post.objects.get_or_create(user=user, role=role, agency_id=agency)
    return from_user(user)


def draft(item: Item | None = None, by: Principal | None = None, **values: object) -> Case:
    by = by or citizen()
    return drafts.open_case(item or flagship(), by=by, person=Person.objects.get(pk=by.person_id), **values)


def submitted(item: Item | None = None) -> Case:
    by = citizen()
    return intake.submit(applications.fill(draft(item), by), by=by)


def accepted(item: Item | None = None) -> Case:
    case = submitted(item)
    return intake.accept(case, by=officer("受理员", case.agency_id, "clerk"))


def decided(item: Item | None = None) -> Case:
    case = accepted(item)
    staff = officer("审批员", case.agency_id, "reviewer", "decider")
    while case.state == "reviewing":
        review.give_opinion(case, by=staff, advice="agree", opinion="符合条件")
    return outcome.grant(case, by=staff)


def finished(item: Item | None = None) -> Case:
    case = decided(item)
    clerk = officer("受理员", case.agency_id, "clerk")
    outcome.deliver(case, by=clerk, way="online")
    return outcome.finish(case, by=clerk)
