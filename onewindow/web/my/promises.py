"""What the applicant promised: ticking it, bringing the paper later, taking it back, reporting what was mended."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import CreditRecord
from onewindow.cases.actions import gap, later_check, promise
from onewindow.cases.promises import Promised
from onewindow.documents import files, uploads
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case


def read(posted: QueryDict) -> Promised:
    """The ticks of the check page, and of the window's page."""
    return Promised(
        gaps=posted.get("promise-gaps") == "yes",
        licence=posted.get("promise-licence") == "yes",
        proofs=frozenset(posted.getlist("promise-proof")),
    )


@require_POST
@signed_in
def hand_in(request: SignedIn, number: str, key: str) -> HttpResponse:
    case, upload = own_case(request, number), request.FILES.get("file")
    try:
        if upload is None:
            raise ValueError("请先选择要补交的文件。")
        uploads.count(request.principal.key)
        stored = files.store(cast(BinaryIO, upload), upload.name or "", request.principal.key)
        gap.hand_in(case, by=request.principal, material=key, file=stored)
        left = len(case.open_gaps)
        messages.success(request, f"已补交，还差 {left} 份。" if left else "已补交，容缺的材料都齐了。")
    except (files.FileRefused, ValueError) as refusal:
        messages.error(request, str(refusal))
    except Conflict as conflict:
        messages.error(request, conflict.message)
    return redirect("my-case", number)


@require_POST
@signed_in
def withdraw(request: SignedIn, number: str) -> HttpResponse:
    case = own_case(request, number)
    try:
        promise.withdraw_promise(case, by=request.principal)
        messages.success(request, "承诺已撤回，这件事改走一般程序，不用重新申请。")
    except Conflict as conflict:
        messages.error(request, conflict.message)
    return redirect("my-case", number)


@require_POST
@signed_in
def report(request: SignedIn, number: str) -> HttpResponse:
    case, answer = own_case(request, number), request.POST.get("answer", "")
    try:
        later_check.report_correction(case, by=request.principal, answer=answer[:1000])
        messages.success(request, "已报告，工作人员会来复查。")
    except ValueError as refusal:
        return render(request, "my/report.html", {"case": case, "answer": answer, "error": str(refusal)}, status=422)
    except Conflict as conflict:
        messages.error(request, conflict.message)
    return redirect("my-case", number)


@signed_in
def credit(request: SignedIn) -> HttpResponse:
    """我的信用记录: what stands about the person, why, and where it is repaired."""
    records = CreditRecord.objects.of(request.principal.person_id, None).select_related("agency")
    return render(request, "my/credit.html", {"records": records[:50]})
