"""信用记录: what stands about whom, written down by hand, and repaired; by heads of organs and supervisors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from onewindow.accounts import credit
from onewindow.accounts.models import Agency, CreditRecord, CreditRecordQuerySet, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.cases.actions.wording import wording
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.acts.act import Words, one_of, text

PAGE = 50
KEEPERS = ("head", "supervisor")
VIEWS = {"open": "没有修复的", "all": "全部"}
UNKNOWN = "没有找到这个号码的人或单位：只有办过事的才在这里，请核对号码。"


class RecordForm(Words):
    kind = one_of("谁", {"organisation": "单位", "person": "个人"}, initial="organisation")
    number = forms.CharField(label="统一社会信用代码或身份证号码", max_length=40)
    agency = forms.ChoiceField(label="认定机关")
    happened = text("失信的事实", rows=2, max_length=300)
    basis = forms.CharField(label="依据（文书文号、法条）", max_length=300)
    months = forms.IntegerField(label="有效期（月，0 为修复为止）", min_value=0, max_value=60, initial=12)

    def allow(self, by: Principal) -> RecordForm:
        agencies = Agency.objects.all()
        if not by.has_at(None, "supervisor"):
            agencies = agencies.filter(pk__in=by.agencies(*KEEPERS))
        self.choose("agency", {agency.pk: agency.name for agency in agencies}, keep_single=True)
        return self

    def subject(self) -> dict[str, Any]:
        number = "".join(self.cleaned_data["number"].split()).upper()
        if self.cleaned_data["kind"] == "person":
            return {"person": Person.find(number), "organisation": None}
        return {"person": None, "organisation": Organisation.objects.filter(credit_code=number).first()}


@never_cache
@staff_only(*KEEPERS)
def index(request: SignedIn) -> HttpResponse:
    form = RecordForm(request.POST if request.method == "POST" else None).allow(request.principal)
    if request.method == "POST" and form.is_valid() and (made := _record(request, form)):
        messages.success(request, f"已登记：{made.subject_masked}")
        return redirect("desk-credit")
    view, q = request.GET.get("view", "open"), request.GET.get("q", "").strip()
    records = CreditRecord.objects.kept_by(request.principal).select_related("person", "organisation", "agency")
    records = records if view == "all" else records.open()
    if q:
        records = records.filter(
            Q(organisation__name__contains=q) | Q(person__name=q) | Q(case_number=q.replace(" ", ""))
        )
    rows = list(_after(records, request.GET.get("after", ""))[: PAGE + 1])
    context = {
        "records": rows[:PAGE], "next": rows[PAGE - 1].number if len(rows) > PAGE else "", "form": form,
        "view": view, "views": VIEWS, "q": q,
    }  # fmt: skip
    return render(request, "desk/credit.html", context, status=422 if form.is_bound else 200)


def _after(records: CreditRecordQuerySet, number: str) -> CreditRecordQuerySet:
    last = CreditRecord.objects.filter(pk=number).first() if number else None
    if last is None:
        return records
    return records.filter(Q(recorded_at__lt=last.recorded_at) | Q(recorded_at=last.recorded_at, number__gt=number))


def _record(request: SignedIn, form: RecordForm) -> CreditRecord | None:
    said, subject = form.cleaned_data, form.subject()
    if not any(subject.values()):
        form.add_error("number", UNKNOWN)
        return None
    try:
        return credit.record_by_hand(
            **subject, agency=Agency.objects.get(pk=said["agency"]), happened=wording(said["happened"]),
            basis=wording(said["basis"]), months=said["months"], by=request.principal,
        )  # fmt: skip
    except (ValidationError, ValueError) as refusal:
        form.add_error(None, refusal.messages if isinstance(refusal, ValidationError) else str(refusal))
    except PermissionDenied as refusal:
        form.add_error(None, str(refusal))
    return None


@require_POST
@staff_only(*KEEPERS)
def repair(request: SignedIn, number: str) -> HttpResponse:
    kept = get_object_or_404(CreditRecord.objects.kept_by(request.principal), number=number)
    try:
        credit.repair(kept, wording(request.POST.get("reason", "")[:300]), by=request.principal)
        messages.success(request, f"已修复：{kept.subject_masked}")
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    except ValueError as refusal:
        messages.error(request, str(refusal))
    return redirect("desk-credit")
