"""清单: keeping "my checklist", ticking what lies ready, and the facts of the leaflet printed from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from onewindow.catalogue.checklist import Checklist, checklist, read_answers
from onewindow.catalogue.guide import Guide, Question
from onewindow.catalogue.models import Item, ItemVersion, SavedList
from onewindow.kernel import clock

# A list nobody has opened for so long is forgotten.
KEPT = timedelta(days=180)


def keep(item: Item, answers: Mapping[str, Any], *, owner_id: int | None) -> SavedList:
    assert item.current is not None
    return SavedList.objects.create(item=item, version=item.current, answers=dict(answers), owner_id=owner_id)


def open_list(number: str) -> SavedList | None:
    """The list, and the note that somebody still uses it (at most one write a day)."""
    lists = SavedList.objects.select_related("item__agency", "item__current", "version")
    found = lists.filter(pk=number).first() if number else None
    if found and found.opened_on != clock.today():
        SavedList.objects.filter(pk=number).update(opened_on=clock.today())
    return found


@transaction.atomic
def tick(number: str, material: str, *, ready: bool) -> SavedList:
    """Two of a family tick at once: the row is locked, so that neither undoes the other."""
    found = SavedList.objects.select_for_update().get(pk=number)
    others = [key for key in found.ticked if key != material]
    found.ticked = [*others, material] if ready else others
    found.save(update_fields=["ticked"])
    return found


@transaction.atomic
def renew(number: str) -> SavedList:
    """The same answers under the guide as it is now; ticks of papers that are still asked for stay."""
    found = SavedList.objects.select_for_update(of=("self",)).select_related("item__current").get(pk=number)
    current = found.item.current
    assert current is not None
    found.version, found.answers = current, read_answers(current.guide, found.answers)
    asked = {material.key for material in current.guide.materials}
    found.ticked = [key for key in found.ticked if key in asked]
    found.save(update_fields=["version", "answers", "ticked"])
    return found


def sweep() -> int:
    return SavedList.objects.filter(opened_on__lt=clock.today() - KEPT).delete()[0]


def leaflet(version: ItemVersion, organ: str, answers: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What the leaflet 办事明白纸 says, in the language the version speaks; `url` goes into its QR code."""
    guide = version.guide
    listed = checklist(guide, answers)
    return {
        "title": guide.name_en if version.spoken else guide.short_name or guide.name,
        "language": "en" if version.spoken else "zh",
        "chinese": guide.short_name or guide.name,
        "code": guide.code,
        "version": version.number,
        "organ": organ,
        "summary": guide.summary,
        "complete": guide.complete,
        "answers": _said(guide, answers),
        "conditions": [row.text for row in listed.conditions],
        "materials": _papers(listed),
        "spared": [row.name for row in listed.having("not_needed")] if answers else [],
        "steps": [{"name": step.name, "by": step.performer} for step in guide.steps],
        "result": guide.result.name,
        "places": [{"name": place.name, "hours": place.hours} for place in guide.contacts.places],
        "consult": guide.contacts.consult,
        "complain": guide.contacts.complain,
        "basis": [str(cite) for cite in guide.basis],
        "printed_on": clock.today().isoformat(),
        "verify_url": url,
    }


def _papers(listed: Checklist) -> list[dict[str, Any]]:
    return [
        {
            "key": row.key, "name": row.name, "status": row.status, "form": row.material.form,
            "count": max(row.material.originals, row.material.copies, 1),
            "why": row.why, "where": row.where or row.material.issuer, "standard": row.material.standard,
        }
        for row in listed.materials
        if row.status != "not_needed"
    ]  # fmt: skip


def _said(guide: Guide, answers: Mapping[str, Any]) -> list[str]:
    said = []
    for question in guide.questions:
        if question.key not in answers:
            continue
        value = answers[question.key]
        if question.kind == "choice":
            value = next(choice.label for choice in question.choices if choice.value == value)
        elif question.kind == "yes_no":
            value = gettext("是") if value else gettext("否")
        said.append(f"{question.ask} {value}{_unit(question)}")
    return said


def _unit(question: Question) -> str:
    unit = question.unit if question.kind == "number" else ""
    return f" {unit}" if unit.isascii() and unit else unit
