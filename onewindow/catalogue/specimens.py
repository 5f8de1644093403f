"""结果样本 (R12): what the certificate or document of an item will look like, made from its guide; bears no seal."""

from __future__ import annotations

from onewindow.catalogue.guide import Guide
from onewindow.documents.typesetting import render
from onewindow.kernel import clock

# Results the system makes itself; a benefit is paid and a record is kept, neither has a paper.
WITH_SPECIMEN = frozenset({"certificate", "document"})
SHOWN = "（示例）"


def has_specimen(guide: Guide) -> bool:
    return bool(guide.result.name) and guide.result.kind in WITH_SPECIMEN


def specimen(guide: Guide, organ: str) -> bytes:
    """Every line the certificate has, with the name of the question it is filled from in place of an answer."""
    labels = {field.key: field.label for field in guide.form.walk()}
    lines = [[label, f"{labels.get(key, key)}{SHOWN}"] for label, key in guide.result.shows.items()]
    today, months = clock.today(), guide.result.valid_months
    until = clock.add_months(today, months).isoformat() if months else ""
    facts = {
        "title": guide.result.name, "number": "样本", "identifier": "样本，没有标识", "holder": f"某某{SHOWN}",
        "organ": organ, "lines": lines, "item": guide.name, "note": guide.result.note, "issued_on": today.isoformat(),
        "valid_from": today.isoformat(), "valid_until": until, "specimen": True, "verify_url": "",
    }  # fmt: skip
    return render("specimen", facts)
