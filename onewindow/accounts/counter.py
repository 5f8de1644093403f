"""Persons and bodies met at a window: the clerk has the card or the licence in hand."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as WrongNumber

from onewindow.accounts.actions import checked_number, find_or_create_person
from onewindow.accounts.models import Organisation, Person

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


def organisation_at_window(name: str, credit_code: str) -> Organisation:
    """Find or add the body whose licence is on the counter; ValueError says what to check."""
    if not name or not credit_code:
        raise ValueError("请填写单位名称和统一社会信用代码。")
    try:
        code = uscc.validate(credit_code.upper())
    except WrongNumber as wrong:
        raise ValueError("统一社会信用代码不对，请对照营业执照逐位核对。") from wrong
    found, _ = Organisation.objects.get_or_create(credit_code=code, defaults={"name": name})
    if found.name != name:
        raise ValueError(f"这个信用代码登记的名称是“{found.name}”，与填写的不一致，请核对。")
    return found
