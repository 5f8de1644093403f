"""窗口核验绑定: the clerk compares the original with what was asked, and says what was seen."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from onewindow.accounts import acting, actions
from onewindow.accounts.models import Mandate
from onewindow.documents import files
from onewindow.kernel import numbers
from onewindow.web.account.forms import SeenForm
from onewindow.web.account.guards import SignedIn, staff_only


def _asked(reference: str) -> Mandate:
    """By its number only: nobody leafs through who wants to act for whom."""
    found = Mandate.objects.select_related("agent", "principal_person", "principal_organisation")
    return get_object_or_404(found.filter(ground__in=acting.ORIGINALS), reference=numbers.read_share_number(reference))


@never_cache
@staff_only("clerk")
def find(request: SignedIn) -> HttpResponse:
    typed = request.GET.get("q", "")
    reference = numbers.read_share_number(typed)
    if reference and Mandate.objects.filter(reference=reference, ground__in=acting.ORIGINALS).exists():
        return redirect("desk-binding", reference)
    return render(request, "desk/bindings.html", {"q": typed}, status=200)


@never_cache
@staff_only("clerk")
def show(request: SignedIn, reference: str) -> HttpResponse:
    return _page(request, _asked(reference), SeenForm())


def _page(request: SignedIn, mandate: Mandate, form: SeenForm) -> HttpResponse:
    context = {
        "mandate": mandate, "form": form, "proofs": mandate.proofs.all(),
        "originals": acting.ORIGINALS[Mandate.Ground(mandate.ground)],
        "waiting": Mandate.objects.asked().filter(pk=mandate.pk).exists(),
        "in_force": Mandate.objects.in_force().filter(pk=mandate.pk).exists(),
    }  # fmt: skip
    return render(request, "desk/binding.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_only("clerk")
def verify(request: SignedIn, reference: str) -> HttpResponse:
    mandate, form = _asked(reference), SeenForm(request.POST)
    if form.is_valid():
        seen = form.cleaned_data
        try:
            acting.prove_at_window(mandate, seen["name"], seen["number"], paper=seen["paper"], by=request.principal)
            messages.success(request, "已核验，绑定生效。")
            return redirect("desk-binding", mandate.reference)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        except PermissionDenied as refusal:
            form.add_error(None, str(refusal))
    return _page(request, mandate, form)


@require_POST
@staff_only("clerk")
def refuse(request: SignedIn, reference: str) -> HttpResponse:
    """Before it is proven a refusal, afterwards an end at the window's word."""
    mandate = _asked(reference)
    try:
        acting.refuse_at_window(mandate, request.POST.get("reason", ""), by=request.principal)
        messages.success(request, "已结束，申请人会看到原因。")
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    return redirect("desk-binding", mandate.reference)


@staff_only("clerk")
def proof(request: SignedIn, reference: str, pk: str) -> HttpResponseBase:
    """Looked at: on record."""
    mandate = _asked(reference)
    kept = get_object_or_404(mandate.proofs.select_related("file"), pk=pk)
    actions.record(mandate, "mandate.proof_opened", by=request.principal, file=kept.file.sha256)
    return files.serve(kept.file)
