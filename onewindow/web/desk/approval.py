"""审批表 of a case, for those who handle or supervise it."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpResponse

from onewindow.cases import approval
from onewindow.cases.models import Case
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.cases import OFFICERS, open_case


@staff_only(*OFFICERS, "supervisor")
def show(request: SignedIn, number: str) -> HttpResponse:
    """What officers wrote for one another is not for an officer whose own matter it is."""
    case = open_case(request, number)
    if Case.objects.of_applicant(request.principal).filter(pk=case.pk).exists():
        raise Http404
    name = quote(f"审批表 {case.number}.pdf")
    kept = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Cache-Control": "private, no-store"}
    return HttpResponse(approval.pdf(case), content_type="application/pdf", headers=kept)
