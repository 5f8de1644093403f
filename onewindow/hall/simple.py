"""Simple items 简易事项: what a passer-by can apply for at a kiosk, where nothing is uploaded and no Chinese is typed.

The rule: for a person, applied for online (网办深度 ≥ 4) and decided here; every question that must be answered is
answered by touching or by digits, or is known of the applicant; and every paper that must be handed in is shared
between agencies or lies in the applicant's own vault already.
"""

from __future__ import annotations

from django.db import connection

from onewindow.accounts.principal import Principal
from onewindow.cases.models import Case, CasePaper
from onewindow.catalogue.checklist import checklist
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item
from onewindow.documents.models import Certificate, File

TOUCHED = frozenset({"choice", "choices", "yes_no", "number", "date", "phone", "person_number"})
MOST_FIELDS = 16
DEPTH = 4
# A first sieve in the database, so that a thousand guides are not read: no required field but by touch or prefilled.
TYPED = """
$.form.pages[*].fields[*] ? ((!exists(@.kind) || @.kind == "text" || @.kind == "long_text" || @.kind == "address"
  || @.kind == "group" || @.kind == "file" || @.kind == "credit_code")
  && (!exists(@.required) || @.required == true) && (!exists(@.shown_when) || @.shown_when == "")
  && (!exists(@.prefill) || !(@.prefill starts with "person.")))
"""
CANDIDATES = """
SELECT i.code FROM catalogue_item i JOIN catalogue_itemversion v ON v.id = i.current_id
WHERE i.complete AND i.online_depth >= %s AND i.target @> '["自然人"]'::jsonb
  AND NOT jsonb_path_exists(v.body, %s::jsonpath)
"""


def answerable(guide: Guide) -> bool:
    """The half of the rule that the guide alone decides."""
    fields = guide.form.walk()
    return (
        guide.complete
        and guide.online.depth >= DEPTH
        and guide.concerns is None
        and not guide.parties
        and (guide.outside is None or guide.outside.procedure != "outside")
        and 0 < len(fields) <= MOST_FIELDS
        and all(
            field.kind in TOUCHED or not field.required or field.shown_when or field.prefill.startswith("person.")
            for field in fields
        )
    )


def items() -> list[Item]:
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [DEPTH, TYPED])
        codes = [code for (code,) in cursor.fetchall()]
    found = Item.objects.select_related("current", "agency").filter(pk__in=codes).order_by("code")
    return [item for item in found if answerable(item.guide)]


def lacking(guide: Guide, principal: Principal) -> list[str]:
    """Papers that would have to be uploaded: neither shared nor in the person's vault; as far as is known unasked."""
    wanted = {
        row.name
        for row in checklist(guide, {}).materials
        if row.material.upload and row.status == "bring" and row.material.necessity != "optional"
    }
    if not wanted:
        return []
    return sorted(wanted - _vault(principal))


def _vault(principal: Principal) -> set[str]:
    if principal.person_id is None:
        return set()
    mine = Case.objects.of_applicant(principal).filter(person_id=principal.person_id, organisation=None)
    kept = CasePaper.objects.filter(case__in=mine, removed_at=None, file__scan=File.Scan.CLEAN)
    own = Certificate.objects.filter(person=principal.person_id, organisation=None, state="valid")
    return {*kept.values_list("title", flat=True), *own.values_list("type_name", flat=True)}
