"""不得再次申请: where lives are at stake, who hid facts or handed in false papers may not ask for the same licence
again for a year (行政许可法 §78), who got it by fraud for three (§79).

`Case.barred` of the case it was found in: {"at", "until", "article", "lifted_at", "lifted_why"}.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from onewindow.cases.models import Case
from onewindow.kernel import clock

MONTHS = {"第七十八条": 12, "第七十九条": 36}
CONCEALED, FRAUD = MONTHS
FOUND = {CONCEALED: "隐瞒有关情况或者提供虚假材料", FRAUD: "以欺骗、贿赂等不正当手段取得许可"}


def put(case: Case, article: str) -> str:
    """With the decision that found it; until when, as ISO text, or "" where the law bars nobody."""
    if not is_vital(case):
        return ""
    until = clock.add_months(clock.today(), MONTHS[article]).isoformat()
    case.barred = {"at": clock.now().isoformat(), "until": until, "article": article, "lifted_at": "", "lifted_why": ""}
    return until


def standing(case: Case) -> Case | None:
    """The case whose bar this application meets: one asked for before it was found goes on."""
    if not is_vital(case) or not (case.organisation_id or case.person_id):
        return None
    mine = Q(organisation=case.organisation_id) if case.organisation_id else Q(person=case.person_id, organisation=None)
    others = Case.objects.filter(mine).exclude(barred={}).exclude(pk=case.pk).select_related("version", "agency")
    return next((other for other in others.order_by("-id") if _meets(case, other)), None)


def holds(case: Case) -> bool:
    """What was found in this case still bars its applicant."""
    bar = case.barred
    return bool(bar) and not bar["lifted_at"] and clock.today() < date.fromisoformat(bar["until"])


def _meets(case: Case, other: Case) -> bool:
    asked, bar = case.submitted_at or clock.now(), other.barred
    within = datetime.fromisoformat(bar["at"]) <= asked and clock.day_of(asked) < date.fromisoformat(bar["until"])
    return within and not bar["lifted_at"] and _same_licence(case, other)


def _same_licence(case: Case, other: Case) -> bool:
    """Whichever item it goes by: new, changed, renewed."""
    wanted, had = (each.guide.result for each in (case, other))
    return case.item_id == other.item_id or (wanted.kind == had.kind == "certificate" and wanted.name == had.name)


def is_vital(case: Case) -> bool:
    return case.guide.kind == "行政许可" and case.guide.vital


def why(found: Case) -> str:
    """For the applicant and the clerk alike."""
    bar, agency = found.barred, found.agency
    phone = f"（电话 {agency.phone}）" if agency.phone else ""
    return (
        f"{agency.name}在办件 {found.number} 里认定申请人{FOUND[bar['article']]}，依照《行政许可法》{bar['article']}，"
        f"{date.fromisoformat(bar['until']):%Y 年 %-m 月 %-d 日}以前不得再次申请这项许可。"
        f"有疑问请联系{agency.name}{phone}。"
    )
