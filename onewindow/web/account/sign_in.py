"""The citizen's door: a code to the phone, or phone and password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onewindow.accounts import sessions
from onewindow.accounts.models import User
from onewindow.accounts.providers import SignInRefused, oidc, password, phone_code
from onewindow.kernel import limits
from onewindow.notifications import actions as notifications
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.web.account.forms import CodeForm, PasswordForm, PhoneForm
from onewindow.web.account.guards import Request, safe_next, wanted_page

UNDELIVERED = gettext_noop("短信暂时发不出去。请一分钟后再试，或改用密码登录。")


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: Request) -> HttpResponse:
    """Asks for the phone and sends the code; `?method=password` is the other tab."""
    by_password = request.GET.get("method") == "password"
    form = (PasswordForm if by_password else PhoneForm)(request.POST or None)
    following = wanted_page(request)
    if request.principal:
        return redirect(safe_next(request, following))
    if form.is_valid():
        try:
            return (_by_password if by_password else _send_code)(request, form.cleaned_data, following)
        except SignInRefused as refusal:
            form.add_error(None, gettext(refusal.message))
        except DeliveryFailed:
            form.add_error(None, gettext(UNDELIVERED))
    context = {
        "form": form, "by_password": by_password, "next": following, "providers": oidc.offered("citizen"),
    }  # fmt: skip
    return render(request, "account/sign_in.html", context, status=422 if form.is_bound else 200)


def _by_password(request: HttpRequest, data: dict[str, str], following: str) -> HttpResponse:
    user = password.check(data["identifier"], data["password"], kind=User.Kind.CITIZEN, ip=limits.address(request))
    sessions.start(request, user, how="password")
    return redirect(safe_next(request, following))


def _send_code(request: HttpRequest, data: dict[str, str], following: str) -> HttpResponse:
    sent = phone_code.send_code(data["phone"], limits.address(request))
    notifications.send_code(data["phone"], sent.code)
    request.session.update({"code_phone": data["phone"], "next": following})
    return redirect("sign-in-code")


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    phone, following = request.session.get("code_phone"), request.session.get("next", "")
    if not phone:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            user = phone_code.verify(phone, form.cleaned_data["code"])
            sessions.start(request, user, how="phone_code")
            return redirect(safe_next(request, following))
        except SignInRefused as refusal:
            form.add_error(None, gettext(refusal.message))
    context = {"form": form, "phone": phone, "next": following, "sms": notifications.sandbox_code(phone)}
    return render(request, "account/code.html", context, status=422 if form.is_bound else 200)


@require_POST
def sign_out(request: Request) -> HttpResponse:
    if request.principal:
        sessions.end(request, request.principal)
        messages.success(request, gettext("已退出登录。"))
    return redirect("home")
