"""申请书: what the applicant declared, as one sheet to keep or to sign (行政许可法 §29). No organ seals it."""

from __future__ import annotations

from typing import Any

from onewindow.accounts import divisions
from onewindow.cases import notices
from onewindow.cases.actions.intake import DECLARATION
from onewindow.cases.models import Case
from onewindow.documents import papers
from onewindow.kernel import clock, forms


def pdf(case: Case) -> bytes:
    """Made at every look from the case as it stands: after the submission nothing of it changes."""
    return papers.render("application_form", _facts(case))


def _facts(case: Case) -> dict[str, Any]:
    declared = case.submitted_at or case.declared_at
    online = declared is not None and case.channel != Case.Channel.DESK
    sections = forms.display(case.guide.form, case.form, divisions.name)
    return {
        "title": f"{case.guide.name}申请书",
        "item": case.guide.name,
        "organ": case.agency.name,
        "case_number": case.number,
        "applicant": case.applicant_name,
        "applicant_phone": case.applicant_phone,
        "agent": case.mandate.agent.name if case.mandate else "",
        "sections": [{"title": title, "rows": rows} for title, rows in sections],
        "papers": notices.handed_in(case),
        "promise": DECLARATION,
        "signed_by": case.applicant_name if online else "",
        "signed_how": "网上勾选承诺后提交" if online else "",
        "declared_at": f"{declared.astimezone(clock.SHANGHAI):%Y年%-m月%-d日 %H:%M}" if declared else "",
        "date": clock.today().isoformat(),
    }
