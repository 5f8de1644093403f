"""Keys for programs: shown once, kept as a hash, acting as their user within their scopes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q

from onewindow.accounts import principal as principals
from onewindow.accounts.models import ApiToken, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock, ledger


@dataclass(frozen=True)
class _Known:
    until: float
    token_id: int
    user_id: int
    scopes: frozenset[str]


_cache: dict[str, _Known] = {}


def issue(user: User, name: str, scopes: Iterable[str], days: int, *, by: ledger.Actor) -> str:
    """The secret; it is not stored and cannot be shown again."""
    secret, kept = ApiToken.new_secret(), sorted(scopes)
    token = ApiToken.objects.create(
        name=name, user=user, token_hash=_digest(secret), scopes=kept, expires_at=clock.now() + timedelta(days=days)
    )
    data = {"token": token.pk, "name": name, "scopes": kept, "days": days}
    ledger.record(("user", str(user.pk)), "token.issued", by=by, data=data)
    return secret


def resolve(secret: str) -> Principal | None:
    """The token's user with `scopes` and `token_id` set; no query while both are cached."""
    digest = _digest(secret)
    known = _cache.get(digest)
    if known is None or known.until <= time.monotonic():
        now = clock.now()
        alive = ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)
        token = alive.filter(token_hash=digest).first()
        if token is None:
            return None
        known = _Known(time.monotonic() + principals.TTL, token.pk, token.user_id, frozenset(token.scopes))
        if len(_cache) > 5_000:
            _cache.clear()
        _cache[digest] = known
    principal = principals.load(known.user_id)
    return principal and replace(principal, scopes=known.scopes, token_id=known.token_id)


def revoke(token: ApiToken, *, by: ledger.Actor) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        _cache.pop(token.token_hash, None)
        ledger.record(("user", str(token.user_id)), "token.revoked", by=by, data={"token": token.pk})


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a plain hash cannot be searched.
    return hashlib.sha256(secret.encode()).hexdigest()


def forget_all() -> None:
    _cache.clear()
