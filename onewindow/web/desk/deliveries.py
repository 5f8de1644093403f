"""文书送达: every paper of a case, how it goes to whom, and the proof that it arrived."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.cases import deliveries
from onewindow.cases.actions import outcome, serving
from onewindow.cases.models import Case, Delivery, State
from onewindow.documents import files
from onewindow.kernel import wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import window
from onewindow.web.desk.acts.act import Words, one_of
from onewindow.web.desk.cases import OFFICERS, open_case


class Proof(Words):
    way = one_of("送达方式", dict(Delivery.Way.choices), initial="window")
    on = forms.DateField(
        label="签收、回执或公告的日期（不填即今天）", required=False, widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "日期请写成 2026-03-02 这样。"},
    )  # fmt: skip
    receiver = forms.CharField(label="签收人（不填即受送达人）", required=False, max_length=50)
    relation = forms.CharField(label="签收人与受送达人的关系（别人代收才填）", required=False, max_length=40)
    tracking = forms.CharField(label="邮寄单号", required=False, max_length=50)
    place = forms.CharField(label="地点，或公告发布在哪里", required=False, max_length=200)
    refused = forms.CharField(label="拒收的情况（留置送达）", required=False, max_length=200)
    witnesses = forms.CharField(label="见证人", required=False, max_length=100)
    other_server = forms.CharField(label="另一位送达人", required=False, max_length=50)


@staff_only(*OFFICERS, "supervisor")
def show(request: SignedIn, number: str) -> HttpResponse:
    case = open_case(request, number)
    if request.method != "POST":
        return _page(request, case, Proof())
    form = Proof(request.POST)
    if not form.is_valid():
        return _page(request, case, form, 422)
    try:
        _record(request, case, form.cleaned_data)
    except Conflict as conflict:
        form.add_error(None, conflict.message)
        return _page(request, open_case(request, number), form, 409)
    except (ValueError, files.FileRefused) as problem:
        form.add_error(None, str(problem))
        return _page(request, open_case(request, number), form, 422)
    return redirect("desk-deliveries", number)


def _record(request: SignedIn, case: Case, said: dict[str, Any]) -> None:
    papers = [int(pk) for pk in request.POST.getlist("paper") if wire.whole(pk) is not None]
    proof = request.FILES.get("proof")
    stored = files.store(cast(Any, proof), proof.name or "", request.principal.key) if proof else None
    handing, by = serving.Handing(**said, proof=stored), request.principal
    decided = deliveries.decision(deliveries.ensure(case))
    if request.POST.get("go") == "send" or said["way"] == "notice":
        serving.send(case, by=by, papers=papers, handing=handing)
        messages.success(request, "已登记发出。")
    elif case.state == State.DECIDED and decided and decided.pk in papers:
        outcome.deliver(case, by=by, way=said["way"], handing=handing)
        messages.success(request, "已送达，送达回证已生成。")
    elif case.state == State.DECIDED:
        raise ValueError("决定书还没有送达：请连同决定书一起登记。")
    else:
        serving.serve(case, by=by, papers=papers, handing=handing)
        messages.success(request, "已登记，送达回证已生成。")
    window.note(request, case, "case.delivered", "送达")


def _page(request: SignedIn, case: Case, form: Proof, status: int = 200) -> HttpResponse:
    rows = deliveries.ensure(case)
    form.fields["way"].initial = case.service.get("way", "window")
    ticked = request.POST.getlist("paper") or [str(row.pk) for row in rows if not row.is_effective]
    context = {
        "case": case, "rows": rows, "form": form, "ticked": ticked,
        "chosen": serving.CHOICES.get(case.service.get("way", "")),
        "may": serving.send.transition.possible(case, request.principal),  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "desk/deliveries.html", context, status=status)


@staff_only(*OFFICERS, "supervisor")
def proof(request: SignedIn, number: str, pk: int) -> HttpResponseBase:
    case = open_case(request, number)
    row = get_object_or_404(Delivery.objects.select_related("proof"), pk=pk, case=case)
    if row.proof is None:
        raise Http404
    return files.serve(row.proof)
