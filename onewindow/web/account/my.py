"""The person's own account: identity, devices, password, mandates."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import actions, sessions
from onewindow.accounts.models import Mandate, Organisation, Person, User
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused, password
from onewindow.catalogue.models import Item
from onewindow.kernel import clock, limits
from onewindow.web.account import oidc
from onewindow.web.account.forms import IdentityForm, MandateForm, NewPasswordForm
from onewindow.web.account.guards import SignedIn, safe_next, signed_in, wanted_page

# Names and numbers one account may try in a day: enough for slips, too few to find out who is on record.
TRIES, DAY = 10, timedelta(days=1)
# A cookie taken away later does not become a password.
FRESH_SECONDS = 900


def _count_try(principal: Principal) -> None:
    if not limits.hit(f"identity:{principal.user_id}", limit=TRIES, per=DAY):
        raise ValidationError("今天核对姓名和号码的次数太多。请明天再试，或带身份证到综合窗口办理。")


def _user(principal: Principal) -> User:
    return User.objects.select_related("person").get(pk=principal.user_id)


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def identity(request: SignedIn) -> HttpResponse:
    user, form = _user(request.principal), IdentityForm(request.POST or None)
    following = wanted_page(request)
    if form.is_valid():
        data = form.cleaned_data
        try:
            _count_try(request.principal)
            actions.register_identity(user, data["name"], data["number"], data["document"], by=request.principal)
            messages.success(request, "身份信息已登记，以后办事不用再填。")
            return redirect(safe_next(request, following, "my-account"))
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "person": user.person, "next": following, "documents": Person.Document.choices}
    return render(request, "account/identity.html", context, status=422 if form.is_bound else 200)


@never_cache
@signed_in
def account(request: SignedIn) -> HttpResponse:
    user = _user(request.principal)
    mandates = _mandates(request.principal)
    names = dict(Item.objects.filter(pk__in={code for m in mandates for code in m.scope}).values_list("code", "name"))
    context = {"user": user, "mandates": mandates, "names": names, "ways": oidc.ways(user)}
    return render(request, "account/account.html", context)


def _mandates(principal: Principal) -> list[Mandate]:
    """Given and held by the person; nobody else's are found."""
    if principal.person_id is None:
        return []
    given = Q(principal_person=principal.person_id) | Q(principal_organisation__in=_bodies(principal))
    own = Mandate.objects.filter(given | Q(agent=principal.person_id))
    related = own.select_related("principal_person", "principal_organisation", "agent")
    return list(related.in_force().order_by("-created_at"))


def _bodies(principal: Principal) -> list[Organisation]:
    """Those the person stands for as legal representative 法定代表人: by a mandate without limit, under that name."""
    held = Mandate.objects.in_force().filter(agent=principal.person_id, scope=[], principal_organisation__isnull=False)
    named = held.filter(principal_organisation__legal_representative=F("agent__name"))
    return list(Organisation.objects.filter(mandates_given__in=named).distinct())


@require_POST
@signed_in
def end_sessions(request: SignedIn) -> HttpResponse:
    sessions.end_all(request.principal.user_id, by=request.principal)
    messages.success(request, "已在所有设备上退出。")
    return redirect("sign-in")


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def set_password(request: SignedIn) -> HttpResponse:
    """A new password ends every other session, for its hash is part of each."""
    user = _user(request.principal)
    form = NewPasswordForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            if user.has_usable_password():
                current = form.cleaned_data["current"]
                password.check(user.phone or user.username, current, kind=user.kind, ip=limits.address(request))
            elif clock.now().timestamp() - request.session["since"] > FRESH_SECONDS:
                raise SignInRefused("为了账号安全，请先退出，用短信验证码重新登录后再设置密码。")
            actions.set_password(user, form.cleaned_data["new"], by=request.principal)
            sessions.start(request, user, how="new_password")
            messages.success(request, "密码已设置，其他设备已退出。")
            return redirect("my-account")
        except SignInRefused as refusal:
            form.add_error(None, refusal.message)
    context = {"form": form, "has_password": user.has_usable_password()}
    return render(request, "account/password.html", context, status=422 if form.is_bound else 200)


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def new_mandate(request: SignedIn) -> HttpResponse:
    user = _user(request.principal)
    if user.person is None:
        messages.info(request, "委托他人之前，请先登记您的身份信息。")
        return redirect("my-identity")
    givers: dict[str, Person | Organisation] = {"self": user.person}
    givers |= {f"body-{body.pk}": body for body in _bodies(request.principal)}
    form = MandateForm(request.POST or None, givers={key: each.name for key, each in givers.items()})
    if form.is_valid():
        try:
            _count_try(request.principal)
            _give(givers[form.cleaned_data["giver"] or "self"], form, request.principal)
            messages.success(request, "委托已登记，您可以随时解除。")
            return redirect("my-account")
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "documents": Person.Document.choices}
    return render(request, "account/mandate.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def _give(giver: Person | Organisation, form: MandateForm, by: Principal) -> None:
    data = form.cleaned_data
    agent = actions.person_named_by_other(data["name"], data["number"], data["document"])
    actions.give_mandate(giver, agent, by=by, scope=form.scope, ends=data["ends"])


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def revocation(request: SignedIn, pk: int) -> HttpResponse:
    held = {mandate.pk for mandate in _mandates(request.principal)}
    mandate = get_object_or_404(Mandate.objects.filter(pk__in=held), pk=pk)
    if request.method == "POST":
        actions.revoke_mandate(mandate, by=request.principal)
        messages.success(request, "委托已解除。")
        return redirect("my-account")
    return render(request, "account/revocation.html", {"mandate": mandate})
