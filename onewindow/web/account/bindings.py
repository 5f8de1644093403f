"""绑定: asking to act for a child, a parent or a firm, and following it until it is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import acting
from onewindow.accounts.models import Mandate, Person
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused
from onewindow.documents import files, typesetting, uploads
from onewindow.documents.models import MandateProof
from onewindow.kernel import clock, limits
from onewindow.notifications import tasks
from onewindow.web.account.forms import ChildForm, CodeForm, ElderForm, FirmForm, Plain
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.account.mandates import count_try, person_of

Ground = Mandate.Ground


@dataclass(frozen=True)
class Kind:
    title: str
    lead: str
    form: type[Plain]
    ask: Callable[..., Mandate]


def _child(person: Person, data: dict[str, Any], by: Principal) -> Mandate:
    return acting.ask_for_child(person, data["name"], data["number"], relation=data["relation"], by=by)


def _elder(person: Person, data: dict[str, Any], by: Principal) -> Mandate:
    return acting.ask_for_elder(person, by=by, **data)


def _firm(person: Person, data: dict[str, Any], by: Principal) -> Mandate:
    return acting.ask_for_firm(person, data["name"], data["number"], by=by)


KINDS = {
    Ground.GUARDIAN: Kind(
        "替孩子办事",
        "您是孩子的监护人，窗口核对户口簿或出生医学证明后生效。孩子满 18 周岁的当天自动结束。", ChildForm, _child,
    ),
    Ground.KIN: Kind(
        "替父母办事",
        "要老人自己同意：用手机验证码，或者登录后点一下，或者带委托书到窗口。老人随时可以结束。", ElderForm, _elder,
    ),
    Ground.LEGAL: Kind(
        "代表单位",
        "您是法定代表人或负责人，窗口核对营业执照原件后生效。生效后您可以再指定经办人。", FirmForm, _firm,
    ),
}  # fmt: skip


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def new(request: SignedIn, ground: str) -> HttpResponse:
    kind, person = KINDS.get(cast(Ground, ground)), person_of(request)
    if kind is None:
        raise Http404
    if person is None:
        messages.info(request, "请先登记您自己的身份信息。")
        return redirect("my-identity")
    form = kind.form(request.POST or None)
    if form.is_valid():
        try:
            count_try(request.principal)
            mandate = kind.ask(person, form.cleaned_data, request.principal)
            if mandate.ground == Ground.KIN:
                _send_code(mandate)
            return redirect("my-binding", mandate.reference)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    latest = clock.today() + timedelta(days=365)
    context = {"form": form, "kind": kind, "latest": latest.isoformat()}
    return render(request, "account/binding_new.html", context, status=422 if form.is_bound else 200)


def own(request: SignedIn, reference: str) -> Mandate:
    """Who asked sees what became of it, proven and ended too."""
    related = Mandate.objects.select_related("agent", "principal_person", "principal_organisation")
    mine = related.filter(agent_id=request.principal.person_id, ground__in=KINDS)
    return get_object_or_404(mine.exclude(agent_id=None), reference=reference)


@never_cache
@signed_in
def show(request: SignedIn, reference: str) -> HttpResponse:
    return _page(request, own(request, reference), CodeForm())


def _page(request: SignedIn, mandate: Mandate, form: CodeForm) -> HttpResponse:
    context = {
        "mandate": mandate, "form": form, "kind": KINDS[Ground(mandate.ground)], "proofs": mandate.proofs.all(),
        "qr": typesetting.qr_svg(mandate.reference or "", scalable=True),
        "originals": acting.ORIGINALS[Ground(mandate.ground)],
        "reason": acting.reason_of_end(mandate),
        "waiting": Mandate.objects.asked().filter(pk=mandate.pk).exists(),
        "in_force": Mandate.objects.in_force().filter(pk=mandate.pk).exists(),
    }  # fmt: skip
    return render(request, "account/binding.html", context, status=422 if form.is_bound else 200)


def _send_code(mandate: Mandate) -> bool:
    """The same answer whoever the number belongs to; the worker decides whether anything is sent."""
    minute = limits.hit(f"consent:{mandate.pk}", limit=1, per=timedelta(minutes=1))
    if minute and limits.hit(f"consent-day:{mandate.pk}", limit=5, per=timedelta(days=1)):
        tasks.ask_consent.defer(mandate_id=mandate.pk)
        return True
    return False


@require_POST
@signed_in
def send_code(request: SignedIn, reference: str) -> HttpResponse:
    mandate = own(request, reference)
    if mandate.ground != Ground.KIN or mandate.proven_at or mandate.revoked_at:
        raise Http404
    if _send_code(mandate):
        messages.success(request, "已重新发送。如果老人的姓名、号码和手机都与登记的一致，一会儿就会收到。")
    else:
        messages.error(request, "一分钟只能发一次、一天最多五次，请稍后再试，或到窗口核验。")
    return redirect("my-binding", reference)


@require_POST
@signed_in
def consent(request: SignedIn, reference: str) -> HttpResponse:
    mandate, form = own(request, reference), CodeForm(request.POST)
    if form.is_valid():
        try:
            acting.prove_by_code(mandate, form.cleaned_data["code"], by=request.principal)
            messages.success(request, "老人已同意，绑定生效。")
            return redirect("my-binding", reference)
        except SignInRefused as refusal:
            form.add_error("code", refusal.message)
        except ValidationError as refusal:
            form.add_error("code", refusal)
    return _page(request, mandate, form)


@require_POST
@signed_in
def add_proof(request: SignedIn, reference: str) -> HttpResponse:
    """A photograph speeds the window up; the original decides."""
    mandate, upload = own(request, reference), request.FILES.get("file")
    try:
        if upload is None:
            raise files.FileRefused("请先选择照片或文件。")
        if mandate.proven_at or mandate.revoked_at or mandate.proofs.count() >= 6:
            raise files.FileRefused("不能再加了：最多六份，核验后不能改。")
        uploads.count(request.principal.key)
        stored = files.store(cast(BinaryIO, upload), upload.name or "", request.principal.key)
        MandateProof.objects.create(mandate=mandate, file=stored)
        messages.success(request, "已收到。")
    except files.FileRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("my-binding", reference)


@signed_in
def proof(request: SignedIn, reference: str, pk: str) -> HttpResponseBase:
    return files.serve(get_object_or_404(own(request, reference).proofs.select_related("file"), pk=pk).file)
