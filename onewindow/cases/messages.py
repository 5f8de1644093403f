"""What the applicant is told when something happens to the case; the texts are data (data/xindu/notices.yaml)."""

from __future__ import annotations

from datetime import date
from typing import Any

from onewindow.accounts.models import Mandate, User
from onewindow.cases.models import Case
from onewindow.kernel import secrecy
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify
from onewindow.notifications.mandates import of_body

# Ledger event → notice template.
TOLD = {
    "case.prereview_returned": "prereview_returned",
    "case.prereview_passed": "prereview_passed",
    "case.received": "received",
    "case.correction_asked": "correction_asked",
    "case.correction_reminded": "correction_reminded",
    "case.lapsed": "lapsed",
    "case.accepted": "accepted",
    "case.deemed_accepted": "accepted",
    "case.paused": "paused",
    "case.resumed": "resumed",
    "case.visit_arranged": "visit_arranged",
    "case.hearing_told": "hearing_told",
    "case.hearing_scheduled": "hearing_scheduled",
    "case.proceeding_cancelled": "proceeding_cancelled",
    "case.hearing_put_off": "proceeding_cancelled",
    "case.extended": "extended",
    "case.terminated": "terminated",
    "case.refused": "refused",
    "case.granted": "granted",
    "case.denied": "denied",
    "case.delivered": "delivered",
    "case.withdrawn": "withdrawn",
    "case.passed_on": "passed_on",
    "case.told_outside": "told_outside",
    "case.finished_outside": "finished_outside",
    "case.version_moved": "version_moved",
    "case.forwarded": "forwarded",
    "case.upper_noted": "upper_noted",
    "case.deemed_renewed": "deemed_renewed",
    "case.change_proposed": "change_proposed",
    "case.certificate_revoked": "certificate_revoked",
    "case.certificate_recalled": "certificate_recalled",
    "case.certificate_withdrawn": "certificate_withdrawn",
    "case.certificate_cancelled": "certificate_cancelled",
    "case.gap_reminded": "gap_reminded",
    "case.gap_filled": "gap_filled",
    "case.gap_lapsed": "gap_lapsed",
    "case.later_checked": "later_checked",
    "case.correction_ordered": "correction_ordered",
    "case.correction_overdue": "correction_overdue",
    "case.transferred": "transferred",
    "case.calendar_moved": "calendar_moved",
}


# Acts of an agent the principal is told of as well.
BY_AGENT = frozenset({
    "case.corrected", "case.withdrawn", "case.delivery_chosen", "case.change_consented", "case.change_refused",
})  # fmt: skip


def _tell_agent(entry: Entry) -> None:
    case = Case.objects.select_related("item", "mandate__agent").get(number=entry.subject)
    assert case.mandate is not None
    context = {"item": str(case.item), "number": case.number}
    for user in User.objects.filter(person_id=case.mandate.agent_id, is_active=True):
        notify(user=user, template="agent_stopped", context=context, subject=case.number, entry=entry.pk)


def on_entry(entry: Entry) -> None:
    if entry.event == "case.submitted":
        _tell_principal(entry, "filed_for_you")
    elif entry.event in BY_AGENT:
        _tell_principal(entry, "acted_for_you")
    elif entry.event == "case.agent_stopped":
        _tell_agent(entry)
    template = TOLD.get(entry.event)
    if template is None or entry.data.get("late") or entry.data.get("quiet"):
        return
    case = Case.objects.select_related("filed_by", "item").get(number=entry.subject)
    user, phone = recipient(case)
    notify(
        user=user,
        phone=phone,
        template=template,
        context={
            "item": str(case.item),
            "number": case.number,
            "due_on": _due(entry),
            "before": _day(entry.data.get("told_before", "")),
            "system": case.outside.get("name", ""),
        },
        subject=case.number,
        entry=entry.pk,
        link=f"/my/cases/{case.number}/",
    )


def _tell_principal(entry: Entry, template: str) -> None:
    """Somebody filed for them: the person, or who stands for the body, unless that is who filed."""
    parties = Case.objects.select_related("item", "filed_by", "person", "organisation", "mandate__agent")
    case = parties.get(number=entry.subject)
    if case.mandate is None or (template != "filed_for_you" and entry.actor != f"user:{case.filed_by_id}"):
        return
    users = of_body(case.organisation_id) if case.organisation_id else []
    if case.organisation_id is None and case.person_id:
        users = list(User.objects.filter(person_id=case.person_id, is_active=True).order_by("pk"))
    facts = {
        "agent": secrecy.mask_name(case.mandate.agent.name), "principal": case.applicant_masked,
        "item": str(case.item), "number": case.number,
    }  # fmt: skip
    shared: dict[str, Any] = {"template": template, "context": facts, "subject": case.number, "entry": entry.pk}
    for user in users:
        if user.pk != case.filed_by_id:
            notify(user=user, link=f"/my/cases/{case.number}/", **shared)
    if not users and case.person and case.person.phone:
        notify(phone=case.person.phone, **shared)


def _due(entry: Entry) -> str:
    """The day the pages name too: the promised one where it comes before the statutory."""
    facts = entry.data.get("paper", {}).get("facts", {})
    answer = facts.get("answer_by") or facts.get("correct_by") or ("" if facts else entry.data.get("due_on"))
    first = answer or min(filter(None, [facts.get("due_on"), facts.get("promised_on")]), default="")
    return _day(first)


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-m月%-d日}" if text else ""


def recipient(case: Case) -> tuple[User | None, str]:
    """Account and phone of who is told: who filed it, while that is theirs to know, else the person's own account.

    A clerk filed for the window, a program for its user, an agent only while the mandate 委托 is in force.
    """
    filer = case.filed_by
    stopped = case.agent_stopped_at is not None
    ended = stopped or (
        case.mandate_id is not None and not Mandate.objects.in_force().filter(pk=case.mandate_id).exists()
    )
    if case.channel != Case.Channel.DESK and filer.person_id and not ended:
        return filer, case.applicant_phone
    own = User.objects.filter(person_id=case.person_id, is_active=True).first() if case.person_id else None
    return own, "" if ended and case.applicant_phone == filer.phone else case.applicant_phone
