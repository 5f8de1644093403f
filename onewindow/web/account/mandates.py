"""委托: giving one, accepting one, ending one; and what the account page lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import acting, actions
from onewindow.accounts.models import Mandate, MandateQuerySet, Organisation, Person
from onewindow.accounts.principal import Principal
from onewindow.catalogue.models import Item
from onewindow.kernel import limits
from onewindow.web.account.forms import MandateForm
from onewindow.web.account.guards import SignedIn, signed_in

# Names and numbers one account may try in a day: enough for slips, too few to find out who is on record.
TRIES, DAY = 10, timedelta(days=1)


def count_try(principal: Principal) -> None:
    if not limits.hit(f"identity:{principal.user_id}", limit=TRIES, per=DAY):
        raise ValidationError("今天核对姓名和号码的次数太多。请明天再试，或带身份证到综合窗口办理。")


def of(principal: Principal) -> dict[str, Any]:
    """In force on either side, waiting for others, waiting for me; nobody else's are found."""
    lists: dict[str, list[Mandate]] = {"mandates": [], "waiting": [], "to_accept": []}
    if principal.person_id is not None:
        open_ones = Mandate.objects.select_related("principal_person", "principal_organisation", "agent")
        open_ones = open_ones.order_by("-created_at", "-pk")
        lists = {
            "mandates": list(open_ones.concerning(principal.person_id)),
            "waiting": list(open_ones.asked_by(principal.person_id)),
            "to_accept": list(open_ones.for_acceptance(principal.person_id)),
        }
    codes = {code for mandates in lists.values() for mandate in mandates for code in mandate.scope}
    return lists | {"names": dict(Item.objects.filter(pk__in=codes).values_list("code", "name"))}


def open_to(principal: Principal) -> MandateQuerySet:
    """The one door: what the account page lists."""
    if principal.person_id is None:
        return Mandate.objects.none()
    me: int = principal.person_id
    all_of = Mandate.objects
    lists = (all_of.concerning(me), all_of.asked_by(me), all_of.for_acceptance(me))
    found = Q()
    for each in lists:
        found |= Q(pk__in=each.values("pk"))
    return all_of.filter(found).select_related("principal_person", "principal_organisation", "agent")


def person_of(request: SignedIn) -> Person | None:
    return Person.objects.filter(users=request.principal.user_id).first()


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    person = person_of(request)
    if person is None:
        messages.info(request, "委托他人之前，请先登记您的身份信息。")
        return redirect("my-identity")
    givers: dict[str, Person | Organisation] = {"self": person}
    givers |= {f"body-{body.pk}": body for body in Mandate.objects.bodies(person.pk)}
    form = MandateForm(request.POST or None, givers={key: each.name for key, each in givers.items()})
    if form.is_valid():
        try:
            count_try(request.principal)
            _give(givers[form.cleaned_data["giver"] or "self"], form, request.principal)
            messages.success(request, "已登记，等对方登录后在“我的账号”里接受。您随时可以收回。")
            return redirect("my-account")
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "documents": Person.Document.choices}
    return render(request, "account/mandate.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def _give(giver: Person | Organisation, form: MandateForm, by: Principal) -> None:
    data = form.cleaned_data
    agent = actions.person_named_by_other(data["name"], data["number"], data["document"])
    actions.give_mandate(giver, agent, by=by, scope=form.scope, ends=data["ends"], offered_to=data["name"])


@require_POST
@signed_in
def accept(request: SignedIn, pk: int) -> HttpResponse:
    mandate = get_object_or_404(open_to(request.principal), pk=pk)
    try:
        acting.accept(mandate, by=request.principal)
        messages.success(request, "已接受，现在起有效。")
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    return redirect("my-account")


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def revoke(request: SignedIn, pk: int) -> HttpResponse:
    """Asked once more, except where one click is promised: who is acted for ends it from the list."""
    mandate = get_object_or_404(open_to(request.principal), pk=pk)
    if mandate.ground == Mandate.Ground.LEGAL and mandate.proven_at:
        raise Http404  # with the licence, at the window
    if request.method == "POST":
        actions.revoke_mandate(mandate, by=request.principal)
        messages.success(request, "已结束，从现在起不能再代办。")
        return redirect("my-account")
    return render(request, "account/revocation.html", {"mandate": mandate})
