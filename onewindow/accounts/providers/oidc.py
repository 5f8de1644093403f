"""Sign-in by another house: OpenID Connect, authorization code with PKCE (RFC 7636), state and nonce.

Authlib speaks the protocol and joserfc checks the signature; what has gone out is an `OidcAttempt`, good once
(docs/decisions/0003-sign-in.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_noop
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from requests import RequestException

from config.oidc import Provider
from onewindow.accounts.actions import checked_number
from onewindow.accounts.models import OidcAttempt, Person
from onewindow.accounts.providers import SignInRefused, oidc_metadata
from onewindow.kernel import clock, ledger, limits, secrecy

LIFETIME = timedelta(minutes=10)
# Seconds two clocks may differ.
LEEWAY = 60
TIMEOUT = 5.0
# Keys are public: a shared secret (HS256) or no signature at all is never accepted.
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
# From here a number counts as checked against the population base (docs: assurance levels as in Guangdong).
SURE = 3
DOOR = ledger.System("sign-in", "登录")
STALE = gettext_noop("这次登录已经用过、过了十分钟，或者不是从这个浏览器开始的。请重新登录。")
CANCELLED = gettext_noop("您取消了登录，没有建立账号，也没有绑定。")
REFUSED = gettext_noop("对方没有让您登录。请重新登录，或改用其他方式。")
AWAY = gettext_noop("统一身份认证暂时连不上。请稍后再试，或改用其他方式登录。")
EXPIRED = gettext_noop("对方给的登录信息已经过期。请重新登录。")
UNPROVEN = gettext_noop("对方给的登录信息无法核实，没有登录。请重新登录；还是不行，请告诉大厅咨询台。")
TOO_OFTEN = gettext_noop("这个网络尝试登录的次数太多，请 15 分钟后再试。")


@dataclass(frozen=True)
class Identity:
    """What the provider vouches for. Without `number` the person is not known, only the account."""

    provider: Provider
    subject: str
    level: int = 0
    name: str = ""
    number: str = ""
    phone: str = ""

    @property
    def subject_index(self) -> str:
        """Some houses use the personal number as subject."""
        return secrecy.index(f"{self.provider.issuer}\0{self.subject}", purpose="oidc")


def offered(door: str) -> list[Provider]:
    return [provider for provider in settings.OIDC_PROVIDERS if door in provider.doors]


def redirect_uri(provider: Provider) -> str:
    return f"{settings.PUBLIC_URL}/sign-in/oidc/{provider.key}/return/"


def begin(
    provider: Provider, purpose: str, *, ip: str, user_id: int | None = None, following: str = ""
) -> tuple[str, str]:
    """Where to send the browser, and the state it must bring back in its own cookie."""
    if not limits.hit(f"oidc-ip:{ip}", limit=100, per=timedelta(minutes=15)):
        raise SignInRefused(TOO_OFTEN)
    try:
        address = oidc_metadata.load(provider)["authorization_endpoint"]
    except oidc_metadata.Unreachable as failure:
        _refuse(provider, AWAY, "away", failure)
    OidcAttempt.objects.filter(created_at__lt=clock.now() - timedelta(days=1)).delete()
    kept = {"verifier": generate_token(64), "nonce": generate_token(32)}
    url, state = _session(provider).create_authorization_url(
        address, state=generate_token(32), code_verifier=kept["verifier"], nonce=kept["nonce"]
    )
    OidcAttempt.objects.create(
        state_hash=_hash(state), provider=provider.key, purpose=purpose, user_id=user_id, following=following,
        sealed=secrecy.encrypt(json.dumps(kept), purpose="oidc"),
    )  # fmt: skip
    return url, state


def finish(provider: Provider, answer: Mapping[str, str], browser_state: str) -> tuple[OidcAttempt, Identity]:
    """The provider's answer in the browser's address, exchanged and checked."""
    attempt = take(provider, answer.get("state", ""), browser_state)
    if error := answer.get("error"):
        _refuse(provider, CANCELLED if error == "access_denied" else REFUSED, error[:40])
    # RFC 9207: an answer that names its issuer must name the right one.
    if answer.get("iss", provider.issuer) != provider.issuer or not answer.get("code"):
        _refuse(provider, UNPROVEN, "iss")
    kept = json.loads(secrecy.decrypt(attempt.sealed, purpose="oidc"))
    try:
        token = _session(provider).fetch_token(
            oidc_metadata.load(provider)["token_endpoint"], code=answer["code"], code_verifier=kept["verifier"],
            grant_type="authorization_code", timeout=TIMEOUT,
        )  # fmt: skip
        claims = _checked(provider, token, kept["nonce"])
        return attempt, _identity(provider, claims | _userinfo(provider, token, claims))
    except ExpiredTokenError as fault:
        _refuse(provider, EXPIRED, "expired", fault)
    except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as fault:
        _refuse(provider, UNPROVEN, type(fault).__name__, fault)
    except (RequestException, oidc_metadata.Unreachable) as failure:
        _refuse(provider, AWAY, "away", failure)


def take(provider: Provider, state: str, browser_state: str) -> OidcAttempt:
    """Of two who bring one state back, one wins; a state from another browser is no state (login CSRF)."""
    fresh = OidcAttempt.objects.filter(
        state_hash=_hash(state), provider=provider.key, used_at__isnull=True, created_at__gt=clock.now() - LIFETIME
    )
    own = bool(state) and constant_time_compare(state, browser_state)
    if not own or not fresh.update(used_at=clock.now()):
        _refuse(provider, STALE, "state")
    return OidcAttempt.objects.get(state_hash=_hash(state))


def purpose_of(state: str) -> OidcAttempt.Purpose:
    """Where a failed attempt leads back to; a door, no secret."""
    found = OidcAttempt.objects.filter(state_hash=_hash(state)).values_list("purpose", flat=True).first()
    return OidcAttempt.Purpose(found or "citizen")


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _session(provider: Provider) -> OAuth2Session:
    methods = oidc_metadata.load(provider).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in methods
    return OAuth2Session(
        provider.client_id, provider.client_secret, scope=provider.scopes, redirect_uri=redirect_uri(provider),
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
    )  # fmt: skip


def _checked(provider: Provider, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    """The ID token's claims: signature by a published key, issuer, audience, time, nonce (OIDC Core 3.1.3.7)."""
    keys = oidc_metadata.keys(provider)
    try:
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        # Keys are changed now and then: read them once more before saying no.
        decoded = jwt.decode(token["id_token"], oidc_metadata.keys(provider, anew=True), algorithms=ALGORITHMS)
    registry = jwt.JWTClaimsRegistry(
        now=lambda: int(clock.now().timestamp()), leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer}, aud={"essential": True, "value": provider.client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )  # fmt: skip
    registry.validate(decoded.claims)
    claims = dict(decoded.claims)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise ValueError("azp")
    return claims


def _userinfo(provider: Provider, token: Mapping[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """Only where the ID token lacks something we map. It must speak of the same subject (OIDC Core 5.3.2)."""
    address = oidc_metadata.load(provider).get("userinfo_endpoint")
    if not address or all(claim in claims for claim in provider.claims.values()):
        return {}
    reply = OAuth2Session(token=dict(token)).get(address, timeout=TIMEOUT)
    reply.raise_for_status()
    said = reply.json()
    if said.get("sub") != claims["sub"]:
        raise ValueError("sub")
    # What was signed is not replaced by what was not.
    return {key: value for key, value in said.items() if key not in claims}


def _identity(provider: Provider, claims: dict[str, Any]) -> Identity:
    said = {what: claims.get(claim) for what, claim in provider.claims.items()}
    level = provider.level_of(said["level"] or "")
    name = str(said["name"] or "").strip()[:80]
    phone = "".join(str(said["phone"] or "").split()).removeprefix("+86").replace("-", "")
    trusted = said["phone_verified"] is True and len(phone) == 11 and phone.isascii() and phone.isdigit()
    return Identity(
        provider, str(claims["sub"]), level, name,
        _number(str(said["number"] or "")) if level >= SURE and name else "", phone if trusted else "",
    )  # fmt: skip


def _number(text: str) -> str:
    """Nothing when it cannot be a resident's number (GB 11643)."""
    try:
        return checked_number(text, Person.Document.RESIDENT_ID)
    except ValidationError:
        return ""


def _refuse(provider: Provider, message: str, why: str, cause: Exception | None = None) -> NoReturn:
    data = {"how": f"oidc:{provider.key}", "why": why}
    ledger.record(("user", "unknown"), "user.sign_in_failed", by=DOOR, data=data)
    raise SignInRefused(message) from cause
