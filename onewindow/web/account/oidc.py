"""Out to a provider and back; the same doors for signing in (citizens, staff) and for binding."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.oidc import Provider
from onewindow.accounts import linking, sessions
from onewindow.accounts.models import ExternalIdentity, OidcAttempt, User
from onewindow.accounts.providers import SignInRefused, oidc
from onewindow.kernel import limits
from onewindow.web.account import staff
from onewindow.web.account.guards import Request, SignedIn, safe_next, signed_in, wanted_page

Purpose = OidcAttempt.Purpose
# Where a purpose comes from, and goes back to when it fails.
ORIGIN = {Purpose.CITIZEN: "sign-in", Purpose.STAFF: "staff-sign-in", Purpose.LINK: "my-account"}


def _provider(key: str) -> Provider:
    found = next((provider for provider in settings.OIDC_PROVIDERS if provider.key == key), None)
    if found is None:
        raise Http404
    return found


@never_cache
@require_POST
def begin(request: Request, key: str) -> HttpResponse:
    """A page that leads on, not a redirect: our policy lets no form end in another house."""
    provider, purpose = _provider(key), request.POST.get("purpose", "")
    door = "staff" if purpose == Purpose.STAFF or (request.principal and request.principal.is_staff) else "citizen"
    if purpose not in ORIGIN or door not in provider.doors:
        raise Http404
    if purpose == Purpose.LINK and request.principal is None:
        return redirect("sign-in")
    user_id = request.principal.user_id if purpose == Purpose.LINK and request.principal else None
    try:
        url, state = oidc.begin(
            provider, purpose, ip=limits.address(request), user_id=user_id, following=wanted_page(request)
        )
    except SignInRefused as refusal:
        return _back(request, Purpose(purpose), refusal)
    request.session["oidc_state"] = state
    context = {"provider": provider, "target": url, "origin": reverse(ORIGIN[Purpose(purpose)])}
    return render(request, "account/leaving.html", context)


@never_cache
@require_GET
def finish(request: Request, key: str) -> HttpResponse:
    provider = _provider(key)
    state = str(request.session.pop("oidc_state", ""))
    known = oidc.purpose_of(request.GET.get("state", ""))
    try:
        attempt, identity = oidc.finish(provider, request.GET.dict(), state)
        if attempt.purpose == Purpose.LINK:
            return _bind(request, attempt, identity)
        if attempt.purpose == Purpose.STAFF:
            return staff.ask_second_factor(request, linking.staff_of(identity), attempt.following, how="oidc+totp")
        sessions.start(request, linking.sign_in(identity), how=f"oidc:{provider.key}")
        return redirect(safe_next(request, attempt.following))
    except SignInRefused as refusal:
        return _back(request, known, refusal)


def _bind(request: Request, attempt: OidcAttempt, identity: oidc.Identity) -> HttpResponse:
    if request.principal is None or request.principal.user_id != attempt.user_id:
        raise SignInRefused(oidc.STALE)
    linking.bind(User.objects.get(pk=attempt.user_id), identity, by=request.principal)
    messages.success(request, f"已绑定{identity.provider.label}，以后可以用它登录。")
    return redirect("my-account")


def _back(request: Request, purpose: Purpose, refusal: SignInRefused) -> HttpResponse:
    messages.error(request, gettext(refusal.message))
    # Who is signed in sees the sentence where they are; the sign-in page would send them home.
    return redirect("my-account" if request.principal else ORIGIN[purpose])


@require_POST
@signed_in
def unbind(request: SignedIn, pk: int) -> HttpResponse:
    link = get_object_or_404(ExternalIdentity, pk=pk, user_id=request.principal.user_id)
    try:
        linking.unbind(link, by=request.principal)
        messages.success(request, "已解除绑定。")
    except SignInRefused as refusal:
        messages.error(request, refusal.message)
    return redirect("my-account")


def ways(user: User) -> list[tuple[Provider, ExternalIdentity | None]]:
    """What the account page offers: every provider open to this kind of user, with the binding if there is one."""
    bound = {link.issuer: link for link in user.external_identities.all()}
    return [(provider, bound.get(provider.issuer)) for provider in oidc.offered(user.kind)]
