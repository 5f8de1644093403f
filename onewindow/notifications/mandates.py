"""What the other side is told when somebody may act for it, or no longer may."""

from __future__ import annotations

from onewindow.accounts.models import Mandate, User
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

LINK = "/my/account/"


def on_entry(entry: Entry) -> None:
    # Rows from before there were grounds are history.
    if not entry.event.startswith("mandate.") or "ground" not in entry.data:
        return
    mandate = Mandate.objects.select_related("agent", "principal_person", "principal_organisation").get(
        pk=entry.data["mandate"]
    )
    if entry.event == "mandate.given" and mandate.proven_how == Mandate.Proof.OWN_WORD:
        return
    if entry.event in {"mandate.proven", "mandate.given"} and mandate.proven_at:
        _tell_principal(mandate, "mandate_proven", entry)
    elif entry.event == "mandate.revoked":
        for user in _users(mandate.agent_id):
            _tell(user, "", "mandate_ended", mandate, entry)
        if mandate.proven_at:
            _tell_principal(mandate, "mandate_ended", entry)


def _tell_principal(mandate: Mandate, template: str, entry: Entry) -> None:
    """The person, by account and phone; for a body its legal representative."""
    person = mandate.principal_person
    users = _users(person.pk) if person else of_body(mandate.principal_organisation_id)
    for user in users:
        if user.person_id != mandate.agent_id:
            _tell(user, "", template, mandate, entry)
    if person and person.phone and not users:
        _tell(None, person.phone, template, mandate, entry)


def _users(person_id: int) -> list[User]:
    return list(User.objects.filter(person_id=person_id, is_active=True).order_by("pk"))


def of_body(organisation_id: int | None) -> list[User]:
    """Accounts of those who stand for the body."""
    legal = Mandate.objects.in_force().filter(ground=Mandate.Ground.LEGAL, principal_organisation=organisation_id)
    return list(User.objects.filter(person__in=legal.values("agent"), is_active=True).order_by("pk"))


def _tell(user: User | None, phone: str, template: str, mandate: Mandate, entry: Entry) -> None:
    facts = {
        "agent": mandate.agent.name[:1] + "**", "ground": mandate.get_ground_display(),
        "principal": mandate.principal_name if mandate.principal_organisation_id else mandate.principal_name[:1] + "**",
    }  # fmt: skip
    notify(user=user, phone=phone, template=template, context=facts, entry=entry.pk, link=LINK)
