"""The staff door: name and password, then a step of the authenticator; the first time it is bound."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onewindow.accounts import demo, sessions
from onewindow.accounts.models import User
from onewindow.accounts.providers import SignInRefused, oidc, password, totp
from onewindow.kernel import clock, limits, secrecy
from onewindow.web.account.forms import CodeForm, PasswordForm
from onewindow.web.account.guards import Request, safe_next, wanted_page, workplace

# Between password and second factor.
PATIENCE_SECONDS = 300


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: Request) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    following = wanted_page(request)
    if request.principal and request.principal.is_staff:
        return redirect(safe_next(request, following, workplace(request.principal)))
    if form.is_valid():
        data, ip = form.cleaned_data, limits.address(request)
        try:
            user = password.check(data["identifier"], data["password"], kind=User.Kind.STAFF, ip=ip)
            return ask_second_factor(request, user, following, how="password+totp")
        except SignInRefused as refusal:
            form.add_error(None, refusal.message)
    context = {"form": form, "next": following, "providers": oidc.offered("staff")}
    return render(request, "account/staff_sign_in.html", context, status=422 if form.is_bound else 200)


def ask_second_factor(request: HttpRequest, user: User, following: str, *, how: str) -> HttpResponse:
    """A password, or a provider's word, is one factor."""
    request.session.flush()
    half = [user.pk, user.get_session_auth_hash(), int(clock.now().timestamp())]
    request.session.update({"half": half, "next": following, "how": how})
    return redirect("staff-totp" if user.totp_cipher else "staff-enrol")


def _half_signed_in(request: HttpRequest) -> User | None:
    """Who has given the password in the last five minutes and whose account has not changed since."""
    user_id, auth_hash, at = request.session.get("half", (0, "", 0))
    if clock.now().timestamp() - at > PATIENCE_SECONDS:
        return None
    user = User.objects.filter(pk=user_id, kind=User.Kind.STAFF, is_active=True).first()
    return user if user and constant_time_compare(auth_hash, user.get_session_auth_hash()) else None


def _finish(request: HttpRequest, user: User) -> HttpResponse:
    following = request.session.get("next", "")
    principal = sessions.start(request, user, how=request.session["how"])
    return redirect(safe_next(request, following, workplace(principal)))


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    user = _half_signed_in(request)
    if user is None:
        return redirect("staff-sign-in")
    if not user.totp_cipher:
        return redirect("staff-enrol")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            totp.verify(user, form.cleaned_data["code"])
            return _finish(request, user)
        except SignInRefused as refusal:
            form.add_error(None, refusal.message)
    context = {"form": form, "demo_code": demo.code_on_screen(user)}
    return render(request, "account/totp.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    user = _half_signed_in(request)
    if user is None:
        return redirect("staff-sign-in")
    if user.totp_cipher:
        return redirect("staff-totp")
    # Sealed: the cookie is signed, not secret.
    sealed = request.session.setdefault("enrol", secrecy.encrypt(totp.new_secret(), purpose="enrol"))
    secret = secrecy.decrypt(sealed, purpose="enrol")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            totp.enrol(user, secret, form.cleaned_data["code"])
            return _finish(request, user)
        except SignInRefused as refusal:
            form.add_error(None, refusal.message)
    qr = mark_safe(totp.qr_svg(user, secret))  # noqa: S308 - drawn here from our own secret
    context = {"form": form, "qr": qr, "secret": secret}
    return render(request, "account/enrol.html", context, status=422 if form.is_bound else 200)
