"""Persons met at a window: the clerk has the card in hand."""

from __future__ import annotations

from onewindow.accounts.actions import checked_number, find_or_create_person
from onewindow.accounts.models import Person

SEEN_AT_WINDOW = "窗口核验证件"
# Checked against the document in person.
SEEN_LEVEL = 4


def person_at_window(name: str, number: str, phone: str, document: str = Person.Document.RESIDENT_ID) -> Person:
    """Find or add the person whose document is on the counter; ValidationError when the number cannot be right."""
    if not name.strip():
        raise ValueError("请填写申请人姓名。")
    person, _ = find_or_create_person(name, checked_number(number, document), document, source=SEEN_AT_WINDOW)
    if person.verified_level < SEEN_LEVEL:
        person.name, person.verified_by, person.verified_level = name.strip(), SEEN_AT_WINDOW, SEEN_LEVEL
    person.phone = phone or person.phone
    person.save(update_fields=["name", "phone", "verified_by", "verified_level"])
    return person
