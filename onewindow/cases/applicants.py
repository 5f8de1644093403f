"""For whom a signed-in person may apply: for oneself, and for those whose mandate 委托 covers the item."""

from __future__ import annotations

from dataclasses import dataclass

from onewindow.accounts.models import Mandate, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.catalogue.models import Item

WORDS = {"entrusted": "受委托代办", "kin": "亲属代办", "guardian": "监护人代办"}


@dataclass(frozen=True)
class Applicant:
    """One choice; `key` is what the form sends: self, or mandate:<id>."""

    key: str
    label: str
    number: str
    person: Person | None = None
    organisation: Organisation | None = None
    mandate: Mandate | None = None

    @property
    def principal_key(self) -> str:
        """As web.my.acting keeps it: whom one stands for, under whichever mandate."""
        if self.mandate is None:
            return "self"
        return f"organisation-{self.organisation.pk}" if self.organisation else f"person-{self.person.pk}"  # type: ignore[union-attr]


def choices(principal: Principal, item: Item) -> list[Applicant]:
    """Only those the item serves 服务对象: 自然人, 法人."""
    if principal.person_id is None:
        return []
    served = set(item.target) or {"自然人", "法人"}
    found = []
    if "自然人" in served:
        person = Person.objects.get(pk=principal.person_id)
        found.append(Applicant("self", f"我自己（{person.name}）", person.number_masked, person=person))
    held = Mandate.objects.in_force().filter(agent_id=principal.person_id)
    for mandate in held.select_related("principal_person", "principal_organisation").order_by("id"):
        applicant = _under(mandate)
        if mandate.covers(item.code) and ("法人" if applicant.organisation else "自然人") in served:
            found.append(applicant)
    return found


def _under(mandate: Mandate) -> Applicant:
    organisation, person = mandate.principal_organisation, mandate.principal_person
    key = f"mandate:{mandate.pk}"
    if organisation:
        return Applicant(key, organisation.name, organisation.credit_code, organisation=organisation, mandate=mandate)
    assert person is not None
    return Applicant(
        key, f"{person.name}（{WORDS[mandate.ground]}）", person.number_masked, person=person, mandate=mandate
    )
