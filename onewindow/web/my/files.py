"""Files and papers of a case, for whoever may see the case."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from onewindow.cases import application as sheet
from onewindow.cases import notices, timeline
from onewindow.cases.actions import opening
from onewindow.cases.models import Case, CasePaper
from onewindow.documents import files, papers
from onewindow.kernel import ledger
from onewindow.kernel.models import Entry
from onewindow.web.account.guards import SignedIn, signed_in


def _case(request: SignedIn, number: str, *, filling: bool = False) -> Case:
    cases = Case.objects.select_related("version", "agency", "site", "mandate__agent")
    seen = cases.open_to(request.principal)
    return get_object_or_404(seen | cases.fillable_by(request.principal) if filling else seen, number=number)


@signed_in
def case_file(request: SignedIn, number: str, paper: str) -> HttpResponseBase:
    case = _case(request, number, filling=True)
    kept = get_object_or_404(CasePaper.objects.select_related("file"), pk=paper, case=case, file__isnull=False)
    assert kept.file is not None
    if request.principal.is_staff:
        ledger.record(
            case, "case.file_opened", by=request.principal, data={"material": kept.material, "file": kept.file.sha256}
        )
    return files.serve(kept.file)


@signed_in
def document(request: SignedIn, number: str, entry: int) -> HttpResponseBase:
    """The paper of an act as PDF, made from the sealed facts the first time somebody looks."""
    case = _case(request, number)
    row = get_object_or_404(Entry, pk=entry, kind="case", subject=case.number)
    if row.event in timeline.INNER and Case.objects.of_applicant(request.principal).filter(pk=case.pk).exists():
        raise Http404
    paper = notices.paper_of(row)
    if paper is None:
        raise Http404
    opening.open_paper(case, row, by=request.principal)
    return files.serve(papers.paper_pdf(paper))


@signed_in
def application(request: SignedIn, number: str) -> HttpResponse:
    """申请书, from what was filled in."""
    case = _case(request, number)
    name = quote(f"{case.guide.name}申请书 {case.number}.pdf")
    kept = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Cache-Control": "private, no-store"}
    return HttpResponse(sheet.pdf(case), content_type="application/pdf", headers=kept)


@signed_in
def certificate(request: SignedIn, number: str) -> HttpResponseBase:
    case = _case(request, number)
    found = timeline.certificate(case)
    if found is None:
        raise Http404
    return files.serve(papers.certificate_pdf(found))
