"""当面委托 of a village agent: the neighbour's own phone consents, or a signed paper is photographed."""

from __future__ import annotations

import datetime as dt

from onewindow.accounts.actions import record
from onewindow.accounts.counter import SEEN_LEVEL
from onewindow.accounts.models import Mandate, Person, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock


def answers(person: Person, name: str, phone: str) -> bool:
    """The phone is the person's: of their account, or seen by a window. One the agent merely typed proves nothing."""
    if not phone or person.name != name:
        return False
    if person.verified_level >= SEEN_LEVEL and person.phone == phone:
        return True
    return User.objects.filter(person=person, kind=User.Kind.CITIZEN, is_active=True, phone=phone).exists()


def give(person: Person, *, by: Principal, name: str, item: str, how: Mandate.Proof, ends: dt.date) -> Mandate:
    """To the agent who acts, for one item; in the caller's transaction."""
    assert by.person_id is not None
    mandate = Mandate.objects.create(
        principal_person=person, agent_id=by.person_id, scope=[item], ends=ends, stated_name=name,
        proven_at=clock.now(), proven_how=how, proven_by=by.key,
    )  # fmt: skip
    record(mandate, "mandate.given", by=by, agent=by.person_id, scope=[item], ends=ends.isoformat(), how=how.value)
    return mandate
