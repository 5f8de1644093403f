"""The person's own account: identity, devices, password, mandates."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import actions, sessions
from onewindow.accounts.models import Person, User
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused, password
from onewindow.kernel import clock, limits
from onewindow.web.account import mandates, oidc
from onewindow.web.account.forms import IdentityForm, NewPasswordForm
from onewindow.web.account.guards import SignedIn, safe_next, signed_in, wanted_page

# A cookie taken away later does not become a password.
FRESH_SECONDS = 900


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
            mandates.count_try(request.principal)
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
    context = {"user": user, "ways": oidc.ways(user)} | mandates.of(request.principal)
    return render(request, "account/account.html", context)


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
